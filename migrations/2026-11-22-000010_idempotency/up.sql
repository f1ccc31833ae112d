-- Answers of the API that are given again when a request is repeated with its Idempotency-Key; rows live for a day.

create table idempotency_keys (
    -- SHA-256 of the bearer token and the key: neither is stored.
    id bytea primary key,
    -- SHA-256 of the bearer token and the request. The token makes it no use for guessing a body that holds a password.
    request_digest bytea not null,
    -- Null while the request is being worked on.
    status integer,
    -- Content type and body, sealed with a key that only the bearer token gives.
    answer bytea,
    created_at timestamptz not null
);
create index idempotency_keys_by_age on idempotency_keys (created_at);
