-- Work that comes round. The queue itself is apalis' own schema; it carries names and tokens only.

create table recurring_jobs (
    name text primary key,
    every_seconds integer not null check (every_seconds > 0),
    next_at timestamptz not null,
    -- idle → queued → running → idle, each step by compare-and-set on the growing token; a result with an old token is
    -- refused (J02). A lease that ran out while queued or running makes the run `unknown` and the job idle again (J05).
    state text not null default 'idle' check (state in ('idle', 'queued', 'running')),
    token bigint not null default 0,
    lease_until timestamptz,
    started_at timestamptz,
    finished_at timestamptz,
    took_ms bigint,
    outcome text not null default '' check (outcome in ('', 'succeeded', 'failed', 'unknown')),
    error text not null default '',
    check ((state = 'idle') = (lease_until is null))
);
