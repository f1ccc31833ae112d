drop table execution_output;
drop table executions;
drop table artifacts;
