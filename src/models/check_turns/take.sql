with due as (
    select turn.server_id
    from check_turns turn
    join server_states state on state.server_id = turn.server_id and state.state = 'up'
    join lateral (
        select min(result.due_at) as due_at from check_results result where result.server_id = turn.server_id
    ) first on first.due_at <= $1
    where turn.lease_until is null or turn.lease_until < $1
        -- Farther off than two leases: it was taken before the clock was set back. One that runs ahead a little is borne with.
        or turn.lease_until > $2 + ($2 - $1)
    order by first.due_at
    limit $3
    for update of turn skip locked
)
update check_turns turn set token = turn.token + 1, lease_until = $2
from due where turn.server_id = due.server_id
returning turn.server_id, turn.token
