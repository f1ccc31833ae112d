-- The different words of one column by a loose walk through its index, instead of reading every event.
with recursive words as (
    (select action as word from audit_events order by action limit 1)
    union all
    select (select action from audit_events where action > words.word order by action limit 1) from words where words.word is not null
)
select word from words where word <> '' limit $1
