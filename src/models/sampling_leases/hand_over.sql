update sampling_leases lease
set holder = given.holder, token = lease.token + 1, taken_at = clock_timestamp()
from unnest($2::bigint[], $3::bigint[]) as given (server_id, holder)
where lease.server_id = given.server_id and lease.holder = $1
