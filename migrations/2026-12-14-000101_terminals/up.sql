-- Interactive shells on servers: who had one, from where, as whom, and how it ended.
create table terminals (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    user_id bigint references users on delete set null,
    -- The name stays when the person goes.
    actor text not null,
    address inet,
    -- The user on the server.
    run_as text not null,
    -- A random word of the process that holds it: only that one can attach a browser to it.
    holder text not null,
    begun_at timestamptz not null,
    -- The holder's last sign of life.
    seen_at timestamptz not null,
    ended_at timestamptz,
    -- Why it ended: a sentence with its values.
    why jsonb,
    -- Who asked for its end.
    end_asked_by text,
    output_bytes bigint not null default 0,
    -- What is recorded of the output: whole, or only its beginning because there was too much.
    recording text not null default 'whole' check (recording in ('whole', 'cut')),
    recorded_bytes bigint not null default 0
);
create index terminals_server_id_idx on terminals (server_id, id desc);
create index terminals_user_id_idx on terminals (user_id);
create index terminals_live_idx on terminals (id) where ended_at is null;

-- What terminals showed, never what was typed: sealed pieces in order (T04, S01).
create table terminal_recordings (
    terminal_id bigint not null references terminals on delete cascade,
    number integer not null,
    -- When its first piece came, since the terminal began.
    from_ms bigint not null,
    sealed bytea not null,
    primary key (terminal_id, number)
);

-- A browser's right to attach to a terminal, once, within a minute (W02). Only SHA-256 of it is stored.
create table terminal_tickets (
    hash bytea primary key,
    terminal_id bigint not null references terminals on delete cascade,
    -- The signed-in browser that it was given to.
    session_hash bytea not null,
    expires_at timestamptz not null
);
create index terminal_tickets_terminal_id_idx on terminal_tickets (terminal_id);
