select method as word, sum(times)::bigint as count
from login_events
where address = $1 and server_id = any ($2) and method <> ''
group by method
order by count desc, word
limit 8
