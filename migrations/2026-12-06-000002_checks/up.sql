-- Checks of an administrator's own: a script whose answer is a number, a table or a text.
create table checks (
    id bigint generated always as identity primary key,
    -- Part of the name under which its numbers are kept (`check.queue`), so it never changes.
    name text not null unique check (name ~ '\A[a-z0-9][a-z0-9.-]{0,47}\Z'),
    answer text not null check (answer in ('number', 'table', 'text')),
    script text not null,
    unit text not null check (unit in ('count', 'percent', 'bytes', 'bytes_per_second', 'per_second', 'milliseconds')),
    -- What a count counts: `jobs`.
    unit_word text not null default '',
    warning double precision,
    critical double precision,
    direction text not null check (direction in ('above', 'below')),
    interval_seconds integer not null check (interval_seconds between 10 and 86400),
    timeout_seconds integer not null check (timeout_seconds between 1 and 60),
    -- The `on:` of a catalogue stanza.
    platform jsonb not null default '{}',
    -- Every one of these must be a server's too.
    labels jsonb not null default '{}',
    -- Every server, also those in no group; else those of check_groups, which may be none at all.
    all_groups boolean not null,
    enabled boolean not null default true,
    note text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table check_groups (
    check_id bigint not null references checks on delete cascade,
    group_id bigint not null references groups on delete cascade,
    primary key (check_id, group_id)
);

-- Which check runs on which server, when it is due, and how it last went there.
create table check_results (
    check_id bigint not null references checks on delete cascade,
    server_id bigint not null references servers on delete cascade,
    due_at timestamptz not null,
    state text not null default 'waiting' check (state in ('waiting', 'good', 'warning', 'critical', 'failed')),
    since timestamptz not null default now(),
    ran_at timestamptz,
    took_ms bigint,
    value double precision,
    -- Headings, rows or text of the last answer.
    reading jsonb,
    error text not null default '',
    primary key (check_id, server_id)
);
create index check_results_of_server on check_results (server_id, due_at);

-- One process at a time runs the checks of a server, one after the other.
create table check_turns (
    server_id bigint primary key references servers on delete cascade,
    token bigint not null default 0,
    lease_until timestamptz
);
