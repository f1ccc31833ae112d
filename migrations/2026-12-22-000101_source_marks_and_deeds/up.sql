-- How far a source has read on a server: a file that grows is read on from there by the next run.
create table source_marks (
    scenario_id bigint not null references scenarios on delete cascade,
    server_id bigint not null references servers on delete cascade,
    -- In the words of the source; what it was about before is no mark for it.
    mark jsonb not null,
    -- Grows with each move: a run that began at an older mark does not move it.
    moves bigint not null default 1,
    -- The run whose reading ends there.
    run_id bigint references runs on delete set null,
    moved_at timestamptz not null,
    primary key (scenario_id, server_id)
);
create index source_marks_of_server on source_marks (server_id);
create index source_marks_of_run on source_marks (run_id);

-- What a run has done on a server to read it: whoever takes the run up after a crash does not do it again (J03).
create table run_deeds (
    run_id bigint not null references runs on delete cascade,
    server_id bigint not null references servers on delete cascade,
    execution_id bigint not null references executions on delete cascade,
    done_at timestamptz not null,
    primary key (run_id, server_id)
);
create index run_deeds_of_server on run_deeds (server_id);
create index run_deeds_of_execution on run_deeds (execution_id);
