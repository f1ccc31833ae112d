drop table check_turns;
drop table check_results;
drop table check_groups;
drop table checks;
