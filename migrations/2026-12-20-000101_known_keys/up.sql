-- Whose public keys are: as files of authorised keys said when somebody looked at the accounts of a server last.
create table known_keys (
    server_id bigint not null references servers on delete cascade,
    -- Whoever has the key may sign in as this user.
    user_name text not null,
    -- SHA256:…
    fingerprint text not null,
    -- What is written about it in the file; anybody's text.
    comment text not null,
    seen_at timestamptz not null,
    primary key (server_id, user_name, fingerprint)
);
create index known_keys_fingerprint on known_keys (fingerprint);
