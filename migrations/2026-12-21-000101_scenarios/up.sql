-- Scenarios: what somebody wants to be read when, and who is to be told what. The queue carries ids only; all that happens is here.

-- Where messages go, kept once and chosen by name. Addresses of webhooks are secrets: who has one can write there.
create table channels (
    id bigint generated always as identity primary key,
    name text not null unique,
    kind text not null,
    -- What is no secret, by the fields that the kind declares.
    settings jsonb not null default '{}',
    -- The address or whatever else is secret, as a JSON object. Sealed; empty only while the row is being written.
    secrets bytea not null default '',
    -- When the next message may go: no receiver is written to more often than it takes (O06).
    free_at timestamptz,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create table scenarios (
    id bigint generated always as identity primary key,
    name text not null unique,
    -- With whose rights it reads and acts. Nobody who owns a scenario can be removed.
    owner_id bigint not null references users on delete restrict,
    -- When, in which time zone; see the kinds of schedules.
    schedule jsonb not null,
    -- What is read: a kind of source, and its fields.
    source text not null,
    source_settings jsonb not null default '{}',
    -- Where: names, group:NAME, label:KEY=VALUE or all.
    servers text[] not null default '{}',
    enabled boolean not null default true,
    -- A slot that comes late by more than this was missed, seconds; null: half of the time to the next one, 5 min at most.
    grace_seconds integer check (grace_seconds > 0),
    -- What becomes of missed slots: one run for all of them, or none.
    missed text not null default 'coalesce' check (missed in ('coalesce', 'skip')),
    -- What becomes of a slot that comes while a run goes on.
    overlap text not null default 'skip' check (overlap in ('skip', 'queue', 'parallel')),
    parallel_most integer not null default 1 check (parallel_most between 1 and 10),
    -- The slot that comes next, and when it is run: later than the slot where chance puts it off. Null: nothing comes.
    next_slot timestamptz,
    next_run_at timestamptz,
    -- Grows with each change: who saves over somebody else's is told.
    version bigint not null default 1,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);
create index scenarios_due on scenarios (next_run_at) where enabled;
create index scenarios_of_owner on scenarios (owner_id);

-- In their order. What a message says, and when it is sent.
create table scenario_destinations (
    id bigint generated always as identity primary key,
    scenario_id bigint not null references scenarios on delete cascade,
    position integer not null,
    kind text not null,
    settings jsonb not null default '{}',
    channel_id bigint references channels on delete restrict,
    condition jsonb not null default '{"kind": "always"}',
    -- Rather not told than told twice: where nobody knows whether a message went, it is not sent again (J04).
    at_most_once boolean not null default false,
    unique (scenario_id, position)
);
create index scenario_destinations_of_channel on scenario_destinations (channel_id);

-- One firing of a scenario. It is there from the moment its slot is due (J01).
create table runs (
    id bigint generated always as identity primary key,
    scenario_id bigint not null references scenarios on delete cascade,
    -- Its slot; null where a person started it.
    scheduled_for timestamptz,
    -- cron, date, interval or person, and who that was.
    cause text not null check (cause in ('cron', 'date', 'interval', 'person')),
    started_by text not null default '',
    is_late boolean not null default false,
    -- Older slots that nobody ran.
    missed jsonb not null default '[]',
    state text not null check (state in ('waiting', 'queued', 'running', 'delivering', 'succeeded', 'partly', 'failed',
        'stopped', 'skipped', 'missed', 'unknown')),
    -- Grows with each claim; a worker that carries an old one is refused (J02).
    token bigint not null default 0,
    -- How often it was begun: what ends its worker is not begun for ever (J03).
    tries integer not null default 0,
    lease_until timestamptz,
    stop_asked_by text,
    queued_at timestamptz not null,
    started_at timestamptz,
    ended_at timestamptz,
    took_ms bigint,
    -- What was read of each server, or why that failed.
    readings jsonb not null default '[]',
    -- Why it ended as it did: a sentence with its values.
    why jsonb,
    -- No slot is run twice (J02).
    unique (scenario_id, scheduled_for)
);
create index runs_of_scenario on runs (scenario_id, id desc);
create index runs_open on runs (lease_until) where ended_at is null;
create index runs_ended on runs (ended_at);

-- What one destination of a run was to be told: one row, however often it is tried (O06).
create table deliveries (
    id bigint generated always as identity primary key,
    -- The same in every try, for the receiver.
    key text not null unique,
    run_id bigint not null references runs on delete cascade,
    -- The destination may change or go; what it was stands here.
    destination_id bigint references scenario_destinations on delete set null,
    position integer not null,
    kind text not null,
    channel_id bigint references channels on delete set null,
    settings jsonb not null,
    at_most_once boolean not null,
    -- What is sent, made once: a later try says the same.
    message jsonb not null,
    state text not null check (state in ('pending', 'sending', 'delivered', 'failed', 'not_wanted', 'stopped', 'unknown')),
    token bigint not null default 0,
    lease_until timestamptz,
    tries integer not null default 0,
    -- When it is tried again.
    next_try_at timestamptz,
    -- After this it is not tried again (O06).
    give_up_at timestamptz not null,
    -- A try before may have arrived without our knowing (J04).
    may_repeat boolean not null default false,
    status integer,
    -- The beginning of the last answer, for administrators (O04).
    said text not null default '',
    why jsonb,
    took_ms bigint,
    ended_at timestamptz,
    unique (run_id, position)
);
create index deliveries_due on deliveries (next_try_at) where state = 'pending';
create index deliveries_held on deliveries (lease_until) where state = 'sending';
create index deliveries_of_channel on deliveries (channel_id);
create index deliveries_of_destination on deliveries (destination_id);
