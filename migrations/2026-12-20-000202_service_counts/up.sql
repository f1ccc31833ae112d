-- How many services of each server had failed when it was asked last, whoever asked.
create table service_counts (
    server_id bigint primary key references servers on delete cascade,
    -- Null until it was counted.
    failed bigint,
    counted_at timestamptz,
    -- When it is counted again by itself.
    due_at timestamptz not null
);
create index service_counts_due on service_counts (due_at);
