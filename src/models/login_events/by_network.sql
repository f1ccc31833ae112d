with per_address as (
    select network(set_masklen(address, case family(address) when 4 then 24 else 48 end)) as net, address,
        sum(times) as tried, max(at) as last_at, min(at) as first_at
    from login_events
    where server_id = $1 and outcome = $2 and at >= $3 and at < $4 and address is not null
        and ($5 = '' or host(address) like $5 or user_name ilike $5 and (not is_unknown_user or $6))
    group by 1, 2
)
select text(net) as key, false as is_hidden, false as is_unknown_user, sum(tried)::bigint as tried, max(last_at) as last_at,
    min(first_at) as first_at, count(*) as others, (array_agg(host(address) order by tried desc, last_at desc))[1:3] as top
from per_address
group by net
order by tried desc, last_at desc
limit $7
