-- Numbers over time. A point first lands in metric_inbox (one row per server and 10 seconds, all its series side by side).
-- When an hour is over it is packed from there into metric_blocks: one row per series and period, many points in arrays,
-- written once. Coarser tiers are rolled up from finer blocks, also a whole period at a time.

create table series (
    id integer generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    -- `cpu.user`; the catalogue of metrics is in code
    metric text not null,
    -- `sda`, `/var`, `eth0`, `3` (a core); empty for the whole server
    device text not null default '',
    -- The last hour that has points of it; moved on when the hour is packed.
    seen_at timestamptz not null default now(),
    unique (server_id, metric, device)
);

create table metric_inbox (
    server_id bigint not null,
    -- The beginning of the 10 s window that the values are about.
    at timestamptz not null,
    series_ids integer[] not null,
    means real[] not null,
    -- Empty where all of them are the means: one sample in the window.
    minimums real[] not null,
    maximums real[] not null
);
create index metric_inbox_of_server on metric_inbox (server_id, at);
-- Rows live for about an hour: empty space is found again soon enough only if vacuum comes often.
alter table metric_inbox set (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_insert_scale_factor = 1);

-- tier: seconds between points (10, 60, 600, 3600). A point that is missing is NaN.
create table metric_blocks (
    tier integer not null check (tier in (10, 60, 600, 3600)),
    series_id integer not null,
    -- The time of the first point; point i is at starts_at + i * tier seconds.
    starts_at timestamptz not null,
    -- Shorter than the period where its end is missing.
    means real[] not null,
    -- Empty where all of them are the means.
    minimums real[] not null,
    maximums real[] not null,
    -- 10 s windows behind each point; empty where no point has less than all of them.
    weights smallint[] not null,
    primary key (tier, series_id, starts_at)
) partition by list (tier);
create table metric_blocks_10 partition of metric_blocks for values in (10) partition by range (starts_at);
create table metric_blocks_60 partition of metric_blocks for values in (60) partition by range (starts_at);
create table metric_blocks_600 partition of metric_blocks for values in (600) partition by range (starts_at);
create table metric_blocks_3600 partition of metric_blocks for values in (3600) partition by range (starts_at);

-- How far each rolled-up tier is: all points before `done_until` are in blocks, and of the next block those of the servers
-- up to `after_server`. Moved on in the same transaction that writes the blocks.
create table metric_progress (
    tier integer primary key check (tier in (60, 600, 3600)),
    done_until timestamptz not null,
    after_server bigint not null default 0
);

-- Partitions are made and dropped by the owner, on behalf of the application role.
create function ensure_metric_partition(tier integer, starts timestamptz, ends timestamptz) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    parent text := format('metric_blocks_%s', tier);
    child text := format('metric_blocks_%s_%s', tier, to_char(starts at time zone 'UTC', 'YYYYMMDD'));
begin
    if tier not in (10, 60, 600, 3600) then
        raise exception '% is not a tier of metrics', tier;
    end if;
    if to_regclass(child) is not null then
        return;
    end if;
    perform pg_advisory_xact_lock(hashtext('hannun:partitions'));
    if to_regclass(child) is null then
        execute format('create table %I partition of %I for values from (%L) to (%L)', child, parent, starts, ends);
    end if;
end $$;

-- Drops the partitions of a tier that end at `before` or earlier; gives how many.
create function drop_metric_partitions(tier integer, before timestamptz) returns integer
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    child record;
    dropped integer := 0;
begin
    if tier not in (10, 60, 600, 3600) then
        raise exception '% is not a tier of metrics', tier;
    end if;
    for child in
        select c.relname as name, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz as ends
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = format('metric_blocks_%s', tier)::regclass
    loop
        if child.ends <= before then
            execute format('drop table %I', child.name);
            dropped := dropped + 1;
        end if;
    end loop;
    return dropped;
end $$;
