insert into sampling_leases as lease (server_id, holder)
select servers.id, $1
from servers
where servers.id = any($2) and exists (select from instances where id = $1 and lives_until > clock_timestamp())
order by servers.id
on conflict (server_id) do update
set holder = excluded.holder, token = lease.token + 1, taken_at = clock_timestamp()
where not exists (select from instances where id = lease.holder and lives_until > clock_timestamp())
