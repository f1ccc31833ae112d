with due as (
    select reading.server_id
    from login_readings reading
    join servers on servers.id = reading.server_id and servers.enabled
    join server_states state on state.server_id = reading.server_id and state.state = 'up'
    where (reading.due_at <= $1
            -- Farther off than any reading is due: the clock was set back since.
            or reading.due_at > $1 + interval '1 day')
        and (reading.lease_until is null or reading.lease_until < $1
            -- Farther off than two leases: it was taken before the clock was set back.
            or reading.lease_until > $2 + ($2 - $1))
    order by reading.due_at
    limit $3
    for update of reading skip locked
)
update login_readings reading set token = reading.token + 1, lease_until = $2
from due where reading.server_id = due.server_id
returning reading.server_id, reading.token
