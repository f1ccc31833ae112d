-- One command on many servers: who asked for what, where, in which order. What becomes of it on each server is an execution.
create table fan_outs (
    id bigint generated always as identity primary key,
    -- Of the saved one that it was begun from.
    name text not null default '',
    words text not null,
    -- Declared names, kinds and values: they reach the command through its environment, and no shell text is made of them.
    parameters jsonb not null default '[]',
    as_root boolean not null,
    time_limit_seconds integer not null check (time_limit_seconds between 1 and 86400),
    -- Where, as it was said: names, group:NAME, label:KEY=VALUE or all.
    servers text[] not null,
    -- How many servers at a time; null: all of them.
    batch_size integer check (batch_size >= 1),
    pause_seconds integer not null default 0 check (pause_seconds between 0 and 86400),
    -- After so many failures no more begin; null: however many.
    stop_after integer check (stop_after >= 1),
    -- One server alone goes first; where it fails, no other begins.
    canary boolean not null default false,
    -- Whoever asked works on it: nobody else goes on with it.
    is_attended boolean not null default false,
    -- Those on which that one failed.
    retry_of bigint references fan_outs on delete set null,
    -- With whose rights, of the moment in which each server's turn comes (Z04).
    user_id bigint references users on delete set null,
    api_token_id bigint references api_tokens on delete set null,
    actor_kind text not null,
    actor text not null,
    address inet,
    state text not null default 'queued' check (state in ('queued', 'running', 'succeeded', 'partly', 'failed', 'stopped')),
    -- Grows with each claim; a worker that carries an old one is refused (J02).
    token bigint not null default 0,
    lease_until timestamptz,
    -- Between two batches.
    pause_until timestamptz,
    stop_asked_by text,
    queued_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    -- Why no more began: a sentence with its values.
    why jsonb
);
create index fan_outs_open on fan_outs (lease_until) where ended_at is null;
create index fan_outs_ended on fan_outs (ended_at);
create index fan_outs_of_user on fan_outs (user_id);
create index fan_outs_of_token on fan_outs (api_token_id);
create index fan_outs_retry_of on fan_outs (retry_of);

-- Its servers, each with its turn. The execution is written together with the step from waiting to begun: never twice (J03).
create table fan_out_members (
    fan_out_id bigint not null references fan_outs on delete cascade,
    server_id bigint not null references servers on delete cascade,
    -- Which batch.
    wave integer not null,
    state text not null default 'waiting' check (state in ('waiting', 'begun', 'refused', 'left')),
    execution_id bigint unique references executions on delete set null,
    -- Why it did not begin.
    why jsonb,
    -- SHA-256 of what it printed: which of them printed the same.
    digest bytea,
    primary key (fan_out_id, server_id)
);
create index fan_out_members_of_server on fan_out_members (server_id);

-- Those that a person keeps: command, parameters, servers, order.
create table saved_fan_outs (
    id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    name text not null,
    wish jsonb not null,
    created_at timestamptz not null,
    unique (user_id, name)
);
