drop index executions_ended_at_idx;
drop table artifact_inspections;
alter table executions drop column file_place;
alter table executions add column heard_at timestamptz;
