with per_address as (
    select case when is_unknown_user and not $6 then null else user_name end as name, is_unknown_user, address, host,
        sum(times) as tried, max(at) as last_at, min(at) as first_at
    from login_events
    where server_id = $1 and outcome = $2 and at >= $3 and at < $4
        and ($5 = '' or host(address) like $5 or host ilike $5
            or user_name ilike $5 and (not is_unknown_user or $6))
    group by 1, 2, 3, 4
)
select coalesce(name, '') as key, name is null as is_hidden, is_unknown_user, sum(tried)::bigint as tried, max(last_at) as last_at,
    min(first_at) as first_at, count(*) as others,
    (array_agg(coalesce(host(address), host) order by tried desc, last_at desc))[1:3] as top
from per_address
group by name, is_unknown_user
order by tried desc, last_at desc
limit $7
