-- Changes of firewalls: each undoes itself on its server unless it is kept over a new connection.
create table firewall_changes (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    -- By which the server knows it; its undoing there is named by it.
    token text not null unique check (token ~ '\A[0-9a-f]{8,64}\Z'),
    owner text not null,
    -- The command that its owner was given, for people.
    line text not null,
    asked_by text not null,
    state text not null default 'asked'
        check (state in ('asked', 'armed', 'kept', 'undone', 'undo_failed', 'failed', 'unknown')),
    -- The last that went wrong, for people.
    why text not null default '',
    asked_at timestamptz not null,
    undoes_at timestamptz not null,
    ended_at timestamptz
);
create index firewall_changes_of_server on firewall_changes (server_id, id desc);
-- One change of a server at a time may wait to be kept.
create unique index firewall_changes_waiting on firewall_changes (server_id) where state in ('asked', 'armed');

insert into firewall_changes
    (server_id, token, owner, line, asked_by, state, why, asked_at, undoes_at, ended_at)
    select server_id, token, owner, line, asked_by, state, why, asked_at, undoes_at, ended_at
    from guarded_changes where kind = 'firewall' order by id;
drop table guarded_changes;
