insert into live_samples (server_id, holder, batch, content)
select lease.server_id, lease.holder, $2, given.content
from unnest($3::bigint[], $4::bigint[], $5::bytea[]) as given (server_id, token, content)
join sampling_leases lease using (server_id, token)
where lease.holder = $1
order by lease.server_id
on conflict (server_id) do update
set holder = excluded.holder, batch = excluded.batch, content = excluded.content
