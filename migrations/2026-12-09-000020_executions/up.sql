-- Package files that people uploaded. The file itself lies in the data directory, under a random name (F07).
create table artifacts (
    id bigint generated always as identity primary key,
    -- As it was uploaded, with what is no text replaced.
    file_name text not null,
    -- In the folder of artifacts; nobody chose it.
    stored_name text not null unique,
    kind text not null check (kind in ('rpm', 'deb', 'apk')),
    size_bytes bigint not null check (size_bytes >= 0),
    sha256 text not null,
    -- What its header says; empty where only the server's own tool can look inside.
    name text not null default '',
    version text not null default '',
    architecture text not null default '',
    -- Summary, signature, scripts and files, as far as they are known, and who found them.
    header jsonb not null,
    uploaded_by text not null,
    uploaded_at timestamptz not null
);

-- Commands that run by themselves on a server: who asked for what, how far it is, how it ended.
create table executions (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    command_type text not null,
    -- The command's name in the catalogue, and what was sent.
    command text not null,
    line text not null,
    script text not null,
    as_root boolean not null,
    run_as text not null,
    -- What it is done to: a package's name, or a file's.
    target text not null,
    artifact_id bigint references artifacts on delete set null,
    -- Somebody said yes to a package that nobody vouches for (F08).
    unsigned boolean not null default false,
    actor_kind text not null,
    actor text not null,
    address inet,
    asked_number bigint not null,
    -- The random part of the name of its folder on the server.
    place text not null unique,
    state text not null default 'queued'
        check (state in ('queued', 'copying', 'starting', 'running', 'succeeded', 'partly', 'failed', 'stopped', 'unknown')),
    -- Grows with each claim; a worker that carries an old one is refused.
    token bigint not null default 0,
    lease_until timestamptz,
    queued_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    -- When the server last told of it.
    heard_at timestamptz,
    exit_status integer,
    -- Why it ended as it did: a sentence with its values.
    why jsonb,
    -- What the command left for us to read, as text.
    answer text not null default '',
    log_bytes bigint not null default 0,
    stop_asked_by text
);
create index executions_server_id_idx on executions (server_id, id desc);
create index executions_artifact_id_idx on executions (artifact_id);
create index executions_open_idx on executions (lease_until) where ended_at is null;

-- What they printed, as it came; of a long one the beginning is dropped.
create table execution_output (
    execution_id bigint not null references executions on delete cascade,
    at_byte bigint not null,
    at timestamptz not null,
    bytes bytea not null,
    primary key (execution_id, at_byte)
);
