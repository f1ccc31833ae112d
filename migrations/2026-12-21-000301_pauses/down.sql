drop index runs_by_time;
drop table pauses;
