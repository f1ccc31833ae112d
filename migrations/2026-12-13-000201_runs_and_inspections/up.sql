-- The random part of the name of the folder that a run's file is copied to: anybody on the server can see that folder, so it is not
-- the run's own word. Each copy gets another one.
alter table executions add column file_place text not null default '';

-- Nobody read it.
alter table executions drop column heard_at;

-- What a server's own tool found inside an uploaded file: it counts on that server alone.
create table artifact_inspections (
    artifact_id bigint not null references artifacts on delete cascade,
    server_id bigint not null references servers on delete cascade,
    -- Fields, scripts, files and what was found of its signature.
    content jsonb not null,
    inspected_at timestamptz not null,
    primary key (artifact_id, server_id)
);
create index artifact_inspections_server_id_idx on artifact_inspections (server_id);

-- What one server had told of a file counted for all of them until now: it is asked again where it is needed.
update artifacts
set header = case kind when 'rpm' then header - 'seen_by' - 'signature_said' || '{"scripts": null, "files": []}'
        else jsonb_build_object('signature', header -> 'signature') end,
    name = case kind when 'rpm' then name else '' end,
    version = case kind when 'rpm' then version else '' end,
    architecture = case kind when 'rpm' then architecture else '' end
where header ->> 'seen_by' is not null;

-- For what is too old.
create index executions_ended_at_idx on executions (ended_at);
