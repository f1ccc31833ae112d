-- Any number of hannun processes share a database. Each of them is an instance; who samples which server is a lease.

create table instances (
    -- Random, new at each start of a process.
    id bigint primary key,
    -- Where it runs, for people.
    host text not null,
    process_id integer not null,
    version text not null,
    -- It answers browsers and programs: somebody may look at live values through it.
    serves boolean not null,
    -- It samples servers.
    samples boolean not null,
    started_at timestamptz not null default clock_timestamp(),
    seen_at timestamptz not null,
    -- By this database's clock: until then it counts as living, and everything that it leases is its own.
    lives_until timestamptz not null,
    -- Until when somebody looks at live values through it, and at which servers in particular.
    looks_until timestamptz,
    looks_at bigint[] not null default '{}'
);

-- Who samples which server. A lease holds as long as its holder lives, so one sign of life renews all of them.
create table sampling_leases (
    server_id bigint primary key references servers on delete cascade,
    -- An instance; one that ended, or that is gone, holds nothing.
    holder bigint not null,
    -- Grows with each change of the holder: what carries an old one is refused (J02).
    token bigint not null default 1,
    taken_at timestamptz not null default clock_timestamp(),
    -- Grows when a person wants the server tried now.
    tries bigint not null default 0
);

-- The latest values of each server, told by the instance that samples it to those that show it. Rewritten each second at
-- most and worth nothing after a crash: so without a log, inline, and with room for the next version on the same page.
create unlogged table live_samples (
    server_id bigint primary key references servers on delete cascade,
    holder bigint not null,
    -- Grows with each batch of this holder: a reader asks for what is newer than it has.
    batch bigint not null,
    content bytea not null
) with (fillfactor = 50, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.1);
alter table live_samples alter column content set storage external;
