select extract(isodow from at at time zone $6)::integer as weekday, extract(hour from at at time zone $6)::integer as hour,
    sum(times)::bigint as count
from login_events
where server_id = any ($1) and outcome = $2 and ($3 is null or address = $3) and at >= $4 and at < $5
group by 1, 2
