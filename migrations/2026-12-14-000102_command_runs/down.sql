drop table saved_commands;
drop index executions_batch_idx;
drop index executions_words_idx;
delete from executions where words is not null;
alter table executions
    drop column words,
    drop column batch,
    drop column position,
    drop column goes_on,
    drop column time_limit_seconds;
