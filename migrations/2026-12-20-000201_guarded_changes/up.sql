-- Changes that undo themselves on their server unless they are kept over a new connection: of firewalls, and of keys.
create table guarded_changes (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    kind text not null check (kind in ('firewall', 'keys')),
    -- By which the server knows it; its undoing there is named by it.
    token text not null unique check (token ~ '\A[0-9a-f]{8,64}\Z'),
    -- Whose command makes it (`ufw`), or whose keys they are.
    owner text not null,
    -- The file; empty for a firewall, of which a server has one.
    place text not null default '',
    -- Whether root makes it, or whoever signs in.
    by_root boolean not null,
    -- What is done, in one line, for people.
    line text not null,
    asked_by text not null,
    state text not null default 'asked'
        check (state in ('asked', 'armed', 'kept', 'undone', 'undo_failed', 'failed', 'unknown')),
    -- The last that went wrong, for people.
    why text not null default '',
    asked_at timestamptz not null,
    undoes_at timestamptz not null,
    -- When somebody last asked the server what became of it, once its time was over.
    looked_at timestamptz,
    ended_at timestamptz
);
create index guarded_changes_of_server on guarded_changes (server_id, kind, id desc);
-- One at a time may wait in each place.
create unique index guarded_changes_waiting on guarded_changes (server_id, kind, place) where state in ('asked', 'armed');

insert into guarded_changes
    (server_id, kind, token, owner, by_root, line, asked_by, state, why, asked_at, undoes_at, ended_at)
    select server_id, 'firewall', token, owner, true, line, asked_by, state, why, asked_at, undoes_at, ended_at
    from firewall_changes order by id;
drop table firewall_changes;
