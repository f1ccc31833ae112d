with wanted as (
    select distinct server_id, metric, device
    from unnest($1::bigint[], $2::text[], $3::text[]) as given (server_id, metric, device)
),
missing as (
    select wanted.*, row_number() over (partition by server_id order by metric, device) as place
    from wanted
    join servers on servers.id = wanted.server_id
    left join series using (server_id, metric, device)
    where series.id is null
),
added as (
    insert into series (server_id, metric, device)
    select server_id, metric, device
    from missing
    where place + (select count(*) from series where series.server_id = missing.server_id) <= $4
    order by server_id, metric, device
    -- Another process may be adding it at this moment, which this statement cannot see: its row is given back all the same,
    -- or what waits for the id would be written without it.
    on conflict (server_id, metric, device) do update set metric = excluded.metric
    returning id, server_id, metric, device
)
select id, server_id, metric, device from added
union all
select id, server_id, metric, device from series join wanted using (server_id, metric, device)
