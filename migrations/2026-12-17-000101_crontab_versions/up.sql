-- What stood in crontabs before hannun replaced it, so that it can be put back.
create table crontab_versions (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    -- user:root, /etc/cron.d/backup
    place text not null,
    -- All of it, sealed: commands of crontabs hold passwords (S01).
    content bytea not null,
    -- SHA-256 of what is sealed.
    digest text not null,
    size_bytes bigint not null,
    -- What was done to it then, and by whom.
    what text not null,
    replaced_by text not null,
    replaced_at timestamptz not null
);
create index crontab_versions_place_idx on crontab_versions (server_id, place, id desc);

-- What a line of a crontab is run with, between the moment at which somebody asked for it and its start. Sealed as well.
create table crontab_runs (
    execution_id bigint primary key references executions on delete cascade,
    content bytea not null
);
