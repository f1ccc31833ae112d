select user_name as word, sum(times)::bigint as count
from login_events
where address = $1 and server_id = any ($2) and (not is_unknown_user or server_id = any ($3))
group by user_name
order by count desc, word
limit $4
