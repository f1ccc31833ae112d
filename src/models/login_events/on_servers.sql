select servers.name,
    coalesce(sum(times) filter (where outcome = 'failed'), 0)::bigint as failed,
    coalesce(sum(times) filter (where outcome = 'accepted'), 0)::bigint as accepted,
    min(at) as first_at, max(at) as last_at, bool_or(is_ours) as is_ours
from login_events
join servers on servers.id = login_events.server_id
where login_events.address = $1 and server_id = any ($2)
group by servers.name
order by sum(times) desc, servers.name
