-- Why a command of somebody's own was asked for, where a scenario did that, and what it is told of what was read.
alter table executions
    -- The delivery that asked, and which of its commands this is: none is asked for twice (J03).
    add column delivery_id bigint references deliveries on delete set null,
    add column delivery_place integer,
    -- Variables of the environment that it runs in: a list of pairs of name and value.
    add column variables jsonb not null default '[]',
    add constraint executions_delivery_key unique (delivery_id, delivery_place);
