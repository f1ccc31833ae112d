-- People, sessions, tokens; servers and how to reach them.
-- Identity columns everywhere; states are text with a CHECK, so that a new state is one line here and one in Rust.

create table groups (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
    note text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table users (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9._-]{0,62}$'),
    password_hash text not null,
    role text not null check (role in ('viewer', 'operator', 'administrator')),
    -- False: only the servers of the groups in user_groups.
    all_groups boolean not null default true,
    disabled_at timestamptz,
    theme text not null default 'system' check (theme in ('system', 'light', 'dark')),
    language text check (language in ('en', 'ko')),
    time_zone text,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table user_groups (
    user_id bigint not null references users on delete cascade,
    group_id bigint not null references groups on delete cascade,
    primary key (user_id, group_id)
);

-- Only SHA-256 of what the browser or the program holds is stored (A05).
create table sessions (
    id_hash bytea primary key,
    user_id bigint not null references users on delete cascade,
    csrf_token text not null,
    created_at timestamptz not null,
    seen_at timestamptz not null,
    -- When the password was last proved (A11).
    proved_at timestamptz not null,
    address inet not null,
    user_agent text not null default ''
);
create index sessions_of_user on sessions (user_id);

create table setup_tokens (
    token_hash bytea primary key,
    expires_at timestamptz not null
);

create table sign_in_failures (
    id bigint generated always as identity primary key,
    account text not null,
    address inet not null,
    failed_at timestamptz not null
);
create index sign_in_failures_lately on sign_in_failures (address, failed_at);

create table api_tokens (
    id bigint generated always as identity primary key,
    name text not null unique,
    token_hash bytea not null unique,
    -- The person it acts for; a token ends with its owner (A08). Null: created on the command line.
    user_id bigint references users on delete cascade,
    role text not null check (role in ('viewer', 'operator', 'administrator')),
    all_groups boolean not null default true,
    expires_at timestamptz,
    revoked_at timestamptz,
    used_at timestamptz,
    created_at timestamptz not null default now()
);

create table api_token_groups (
    api_token_id bigint not null references api_tokens on delete cascade,
    group_id bigint not null references groups on delete cascade,
    primary key (api_token_id, group_id)
);

-- Wrapped by the key file (S01); `id` is stored beside each sealed value, for rotation.
create table data_keys (
    id bigint generated always as identity primary key,
    wrapped bytea not null,
    created_at timestamptz not null default now()
);

create table credentials (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$'),
    user_name text not null,
    kind text not null check (kind in ('password', 'private_key')),
    -- Sealed (S01), bound to table, column, row id (S02). Null: none stored.
    password bytea,
    private_key bytea,
    passphrase bytea,
    sudo_password bytea,
    -- How to become root: not at all, sudo without a password, or sudo with the stored one.
    privilege text not null default 'sudo' check (privilege in ('none', 'sudo', 'sudo_password')),
    -- What people see of a private key: `SHA256:…` of its public half.
    fingerprint text,
    key_algorithm text,
    -- Grows with every change of a secret or the user name; part of the connection's identity (H03).
    version bigint not null default 1,
    secret_changed_at timestamptz,
    note text not null default '',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table servers (
    id bigint generated always as identity primary key,
    name text not null unique check (name ~ '^[a-z0-9][a-z0-9.-]{0,62}$' and name not in ('all', 'new', 'options')),
    address text not null,
    port integer not null default 22 check (port between 1 and 65535),
    credential_id bigint references credentials on delete restrict,
    jump_server_id bigint references servers on delete restrict,
    labels jsonb not null default '{}',
    note text not null default '',
    -- False: zero packets.
    enabled boolean not null default true,
    sampling_seconds integer not null default 10 check (sampling_seconds between 1 and 3600),
    -- SHA-1 key exchange, CBC and the like, allowed for this server alone (H05).
    legacy_algorithms boolean not null default false,
    -- Grows with every change of address, port, credential, jump server or algorithms (H03).
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    check (jump_server_id <> id)
);
create index servers_by_credential on servers (credential_id);

create table server_groups (
    server_id bigint not null references servers on delete cascade,
    group_id bigint not null references groups on delete cascade,
    primary key (server_id, group_id)
);
create index server_groups_by_group on server_groups (group_id);

create table host_keys (
    id bigint generated always as identity primary key,
    server_id bigint not null references servers on delete cascade,
    -- `ssh-ed25519`
    algorithm text not null,
    -- The key as in known_hosts, without its comment.
    public_key text not null,
    -- `SHA256:…`
    fingerprint text not null,
    state text not null check (state in ('trusted', 'presented')),
    seen_at timestamptz not null,
    approved_at timestamptz,
    approved_by text,
    unique (server_id, public_key)
);

create table platforms (
    server_id bigint primary key references servers on delete cascade,
    os text not null,
    distro text not null default '',
    -- `ID_LIKE` of os-release, in its order.
    distro_like text[] not null default '{}',
    version text not null default '',
    arch text not null default '',
    pretty_name text not null default '',
    kernel text not null default '',
    hostname text not null default '',
    capabilities text[] not null default '{}',
    cores integer,
    cpu_model text not null default '',
    memory_bytes bigint,
    boot_id text not null default '',
    booted_at timestamptz,
    time_zone text not null default '',
    virtualisation text not null default '',
    detected_at timestamptz not null
);

-- What is true of a server now, as the last contact left it.
create table server_states (
    server_id bigint primary key references servers on delete cascade,
    state text not null check (state in ('unknown', 'up', 'unreachable', 'refused', 'paused')),
    since timestamptz not null,
    checked_at timestamptz not null,
    seen_at timestamptz,
    -- `RemoteError::code` and its English sentence, with the next step.
    reason_code text not null default '',
    reason text not null default '',
    next_step text not null default ''
);

-- Commands added in the admin area; the built-in ones are in src/commands/catalog.
create table commands (
    id bigint generated always as identity primary key,
    command_type text not null,
    name text not null,
    -- The `on:` of a catalogue stanza.
    platform jsonb not null,
    script text not null,
    format text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (command_type, name)
);

-- Settings that an administrator may change while hannun runs (retention, intervals).
create table settings (
    name text primary key,
    value jsonb not null,
    updated_at timestamptz not null default now()
);
