-- Commands that administrators add go live at once in every process, whoever writes them: the number grows with each change,
-- and every process looks at it.
create function commands_changed() returns trigger language plpgsql as $$
begin
    insert into settings (name, value) values ('commands.version', '1')
    on conflict (name) do update set value = to_jsonb((settings.value #>> '{}')::bigint + 1), updated_at = now();
    return null;
end $$;
create trigger commands_changed after insert or update or delete or truncate on commands
    for each statement execute function commands_changed();

-- How trying a script on a server went, by what was tried: only the very script that worked is said to have worked.
create table trials (
    -- SHA-256 of what the script is for, its format and its text.
    fingerprint text primary key,
    server text not null,
    tried_by text not null,
    outcome text not null check (outcome in ('worked', 'failed')),
    why text not null default '',
    took_ms bigint not null,
    tried_at timestamptz not null
);
create index trials_of_age on trials (tried_at);

-- What `sudo` lets hannun do on a server, as it was last asked.
create table root_rights (
    server_id bigint primary key references servers on delete cascade,
    -- Who was asked about, and how that user was to become root; otherwise other rights may hold.
    user_name text not null,
    privilege text not null check (privilege in ('none', 'already', 'sudo', 'sudo_password')),
    -- Every command is allowed.
    everything boolean not null,
    -- [{"line": "ss -Htulpne", "path": "/usr/bin/ss", "allowed": true}]
    commands jsonb not null,
    asked_at timestamptz not null
);
