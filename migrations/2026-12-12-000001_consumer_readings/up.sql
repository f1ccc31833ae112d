-- What used processor and memory most on a server, from time to time: a spike of the past can be explained.
create table consumer_readings (
    server_id bigint not null references servers on delete cascade,
    -- When the processes were listed.
    at timestamptz not null,
    -- How long before that the processor time was counted from; 0 where the server itself told the mean of a moment.
    span_seconds real not null,
    -- Most first: pid, name, user, percent of one core, bytes. No command lines, which may hold secrets.
    by_cpu jsonb not null,
    by_memory jsonb not null,
    primary key (server_id, at)
);
-- For what is too old.
create index consumer_readings_at on consumer_readings (at);
