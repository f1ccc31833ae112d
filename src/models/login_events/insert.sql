insert into login_events (
    server_id, at, outcome, user_name, is_unknown_user, address, host, port, method, fingerprint, pid, terminal, ended_at,
    is_over, times, told_by, is_ours
)
select $1, given.*
from unnest(
    $2::timestamptz[], $3::text[], $4::text[], $5::boolean[], $6::inet[], $7::text[], $8::integer[], $9::text[], $10::text[],
    $11::integer[], $12::text[], $13::timestamptz[], $14::boolean[], $15::integer[], $16::text[], $17::boolean[]
) as given
