-- The audit log: gap-free numbers, each entry's hash covers the one before (L02). Nobody updates or deletes.

create table audit_events (
    number bigint primary key,
    at timestamptz not null,
    -- user, token, system, or nobody (a failed sign-in)
    actor_kind text not null check (actor_kind in ('user', 'token', 'system', 'nobody')),
    actor text not null,
    address inet,
    action text not null,
    server text not null default '',
    target text not null default '',
    run_as text not null default '',
    outcome text not null check (outcome in ('asked', 'succeeded', 'failed', 'refused', 'unknown')),
    details jsonb not null default '{}',
    -- An outcome names the number of its "asked".
    asked_number bigint,
    previous_hash bytea not null,
    hash bytea not null
);
create index audit_events_of_server on audit_events (server, number);
create index audit_events_of_actor on audit_events (actor, number);

-- One row: the chain's head. Locked while an entry is added, which makes numbers gap-free.
create table audit_head (
    id integer primary key default 1 check (id = 1),
    number bigint not null,
    hash bytea not null
);
insert into audit_head (number, hash) values (0, '\x');

create function refuse_audit_change() returns trigger language plpgsql as $$
begin
    raise exception 'audit events are never changed or deleted';
end $$;

create trigger audit_events_are_final before update or delete on audit_events
    for each row execute function refuse_audit_change();
create trigger audit_events_are_not_emptied before truncate on audit_events
    for each statement execute function refuse_audit_change();
