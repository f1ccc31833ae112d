with due as (
    select servers.id
    from servers
    join server_states state on state.server_id = servers.id and state.state = 'up'
    left join service_counts count on count.server_id = servers.id
    where servers.enabled
        and (count.due_at is null or count.due_at <= $1
            -- Farther off than anything is due: the clock was set back since.
            or count.due_at > $1 + interval '1 day')
    order by count.due_at nulls first
    limit $3
)
insert into service_counts as known (server_id, due_at)
select id, $2 from due
on conflict (server_id) do update set due_at = excluded.due_at
-- Another process may have taken it since.
where known.due_at <= $1 or known.due_at > $1 + interval '1 day'
returning server_id
