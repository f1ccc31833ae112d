alter table channels
    -- Which secrets there are, by the fields that the kind declares: nothing is opened to be shown.
    add column secret_names text[] not null default '{}',
    add column secrets_changed_at timestamptz;
