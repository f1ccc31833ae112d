select least(width_bucket(extract(epoch from at), extract(epoch from $4), extract(epoch from $5), $6), $6) - 1 as at,
    sum(times)::bigint as count
from login_events
where server_id = any ($1) and outcome = $2 and ($3 is null or address = $3) and at >= $4 and at < $5
group by 1
order by 1
