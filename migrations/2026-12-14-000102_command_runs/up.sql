-- Commands of people's own are executions too: what they wrote, and in which order several of them run.
alter table executions
    -- What was written; none for commands of ours.
    add column words text,
    -- The first of those that were asked for together, and which of them this is.
    add column batch bigint references executions on delete cascade,
    add column position integer not null default 0,
    -- The next one runs although this one failed.
    add column goes_on boolean not null default false,
    add column time_limit_seconds integer;
create index executions_words_idx on executions (server_id, id desc) where words is not null;
create index executions_batch_idx on executions (batch, position) where batch is not null;

-- Commands that a person keeps.
create table saved_commands (
    id bigint generated always as identity primary key,
    user_id bigint not null references users on delete cascade,
    name text not null,
    words text not null,
    as_root boolean not null,
    created_at timestamptz not null,
    unique (user_id, name)
);
