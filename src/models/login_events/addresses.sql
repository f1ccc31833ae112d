with per_name as (
    select address, host, user_name, is_unknown_user, is_ours, sum(times) as tried, max(at) as last_at
    from login_events
    where server_id = $1 and outcome = $2 and at >= $3 and at < $4
        and ($5 = '' or host(address) like $5 or host ilike $5
            or user_name ilike $5 and (not is_unknown_user or $6))
    group by address, host, user_name, is_unknown_user, is_ours
),
per_address as (
    select address, host, sum(tried)::bigint as tried, max(last_at) as last_at, count(distinct user_name) as names,
        bool_or(is_ours) as is_ours,
        coalesce((array_agg(user_name order by tried desc, user_name) filter (where not is_unknown_user or $6))[1:3], '{}')
            as top
    from per_name
    group by address, host
    order by tried desc, last_at desc
    limit $7
)
select found.address, found.host, found.tried, found.last_at, found.names, found.is_ours, found.top,
    seen.first_at, coalesce(seen.servers, 1) as servers
from per_address found
left join lateral (
    select min(at) as first_at, count(distinct server_id) as servers
    from login_events
    where login_events.address = found.address and login_events.server_id = any ($8)
) seen on found.address is not null
order by found.tried desc, found.last_at desc
