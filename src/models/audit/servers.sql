-- The different words of one column by a loose walk through its index, instead of reading every event.
with recursive words as (
    (select server as word from audit_events order by server limit 1)
    union all
    select (select server from audit_events where server > words.word order by server limit 1) from words where words.word is not null
)
select word from words where word <> '' limit $1
