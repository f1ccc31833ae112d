-- Work that comes round. The queue itself is apalis' own schema; it carries names and ids only.

create table recurring_jobs (
    name text primary key,
    every_seconds integer not null check (every_seconds > 0),
    next_at timestamptz not null,
    -- Claimed by compare-and-set with a growing token; a result with an old token is refused (J02).
    state text not null default 'idle' check (state in ('idle', 'queued', 'running')),
    token bigint not null default 0,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    took_ms bigint,
    outcome text not null default '',
    error text not null default ''
);
