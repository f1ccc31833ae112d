-- Numbers over time. A point first lands in metric_inbox (one row per server and moment, all its series side by side),
-- and is packed from there into metric_blocks: one row per series and period, many points in arrays.

create table series (
    id integer generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    -- `cpu.user`; the catalogue of metrics is in code
    metric text not null,
    -- `sda1`, `/var`, `eth0`, `3` (a core); empty for the whole server
    device text not null default '',
    unique (server_id, metric, device)
);

create table metric_inbox (
    server_id bigint not null,
    -- The end of the 10 s window that the values are about.
    at timestamptz not null,
    series_ids integer[] not null,
    means real[] not null,
    minimums real[] not null,
    maximums real[] not null
) partition by range (at);

-- tier: seconds between points (10, 60, 600, 3600). A point that is missing is NaN in all three arrays.
create table metric_blocks (
    tier integer not null check (tier in (10, 60, 600, 3600)),
    series_id integer not null,
    -- The time of the first point; point i is at starts_at + i * tier seconds.
    starts_at timestamptz not null,
    means real[] not null,
    minimums real[] not null,
    maximums real[] not null
) partition by list (tier);
create table metric_blocks_10 partition of metric_blocks for values in (10) partition by range (starts_at);
create table metric_blocks_60 partition of metric_blocks for values in (60) partition by range (starts_at);
create table metric_blocks_600 partition of metric_blocks for values in (600) partition by range (starts_at);
create table metric_blocks_3600 partition of metric_blocks for values in (3600) partition by range (starts_at);
create index metric_blocks_of_series on metric_blocks (series_id, starts_at);
create index metric_inbox_of_server on metric_inbox (server_id, at);

-- How far each tier is packed: all points before `done_until` are in blocks.
create table metric_progress (
    tier integer primary key,
    done_until timestamptz not null
);

-- Partitions are made and dropped by the owner, on behalf of the application role.
create function ensure_metric_partition(parent regclass, starts timestamptz, ends timestamptz) returns void
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    child text := format('%s_%s', parent::text, to_char(starts at time zone 'UTC', 'YYYYMMDD'));
begin
    if parent::text not in ('metric_inbox', 'metric_blocks_10', 'metric_blocks_60', 'metric_blocks_600', 'metric_blocks_3600') then
        raise exception '% is not a table of metrics', parent;
    end if;
    perform pg_advisory_xact_lock(hashtext('hannun:partitions'));
    if to_regclass(child) is null then
        execute format('create table %I partition of %s for values from (%L) to (%L)', child, parent, starts, ends);
    end if;
end $$;

create function drop_metric_partitions(parent regclass, before timestamptz) returns integer
    language plpgsql security definer set search_path = public, pg_temp as $$
declare
    child record;
    dropped integer := 0;
begin
    if parent::text not in ('metric_inbox', 'metric_blocks_10', 'metric_blocks_60', 'metric_blocks_600', 'metric_blocks_3600') then
        raise exception '% is not a table of metrics', parent;
    end if;
    for child in
        select c.oid::regclass as name, (regexp_match(pg_get_expr(c.relpartbound, c.oid), 'TO \(''([^'']+)''\)'))[1]::timestamptz as ends
        from pg_inherits i join pg_class c on c.oid = i.inhrelid where i.inhparent = parent
    loop
        if child.ends <= before then
            execute format('drop table %s', child.name);
            dropped := dropped + 1;
        end if;
    end loop;
    return dropped;
end $$;
