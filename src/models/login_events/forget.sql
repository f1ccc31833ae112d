delete from login_events
where id = any (array (select id from login_events where at < $1 limit $2))
