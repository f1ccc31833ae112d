-- Servers that were asked to restart or to shut down, and what was seen of it.
create table power_requests (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    deed text not null check (deed in ('restart', 'shut_down')),
    asked_by text not null,
    -- The boot in which it was asked, and how long that had lasted by then, seconds.
    boot_before text not null,
    uptime_before double precision not null,
    -- The boot in which it came back.
    boot_after text not null default '',
    state text not null default 'asked'
        check (state in ('asked', 'going', 'away', 'back', 'off', 'failed', 'unknown')),
    -- Why it ended as it did: a sentence with its values.
    why jsonb,
    asked_at timestamptz not null,
    -- Since when it does not, or did not, answer.
    away_at timestamptz,
    -- When it answered again, and when it had begun to boot by then.
    back_at timestamptz,
    booted_at timestamptz,
    ended_at timestamptz,
    -- Grows with each claim; a watcher that carries an old one is refused.
    token bigint not null default 0,
    lease_until timestamptz
);
create index power_requests_of_server on power_requests (server_id, id desc);
-- One request of a server at a time.
create unique index power_requests_open on power_requests (server_id) where ended_at is null;
