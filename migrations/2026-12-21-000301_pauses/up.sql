-- While a pause stands no scenario fires by its schedule: somebody wanted that, or all of this was restored from a backup (R09). What was
-- due meanwhile was missed (J06).
create table pauses (
    id bigint generated always as identity primary key,
    started_by text not null,
    started_at timestamptz not null,
    why text not null,
    ended_by text,
    ended_at timestamptz
);
-- One stands at a time.
create unique index pauses_standing on pauses ((ended_at is null)) where ended_at is null;

-- When runs were, for lists and pictures of a span of time.
create index runs_by_time on runs ((coalesce(started_at, queued_at)));
