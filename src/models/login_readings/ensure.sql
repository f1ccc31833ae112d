insert into login_readings (server_id, due_at)
select servers.id, $1 + servers.id % 60 * interval '1 second'
from servers
where servers.enabled
    and not exists (select from login_readings known where known.server_id = servers.id)
on conflict do nothing
