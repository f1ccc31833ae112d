-- Who signed in to servers, and who tried to. Kept here from the first reading on, so that what a server forgets is known.
create table login_events (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    at timestamptz not null,
    outcome text not null check (outcome in ('accepted', 'failed')),
    -- Somebody's own text. Where the server has no such user it may be a password, typed in the wrong place.
    user_name text not null,
    is_unknown_user boolean not null,
    address inet,
    -- What the server wrote where it wrote no address.
    host text not null,
    port integer,
    method text not null,
    -- SHA256:…
    fingerprint text not null,
    pid integer,
    terminal text not null,
    ended_at timestamptz,
    -- The session is over, also where nobody said when.
    is_over boolean not null,
    -- How many times, where the server shortened its log.
    times integer not null,
    -- A message about one attempt, one about a connection, or a record of wtmp or btmp.
    told_by text not null check (told_by in ('attempt', 'connection', 'record')),
    -- It was hannun itself.
    is_ours boolean not null
);
create index login_events_of_server on login_events (server_id, at desc, id desc);
create index login_events_of_address on login_events (address, at) where address is not null;
create index login_events_open on login_events (server_id) where outcome = 'accepted' and not is_over;
-- For what is too old.
create index login_events_at on login_events (at);

-- How far the logs of each server were read, and when that is due again. One process at a time reads those of a server.
create table login_readings (
    server_id bigint primary key references servers on delete cascade,
    token bigint not null default 0,
    lease_until timestamptz,
    due_at timestamptz not null,
    place jsonb not null default '{}',
    read_at timestamptz,
    -- How the last reading that worked is known.
    line text not null default '',
    took_ms bigint not null default 0,
    -- Why the last one did not work.
    error text not null default ''
);
create index login_readings_due on login_readings (due_at);
