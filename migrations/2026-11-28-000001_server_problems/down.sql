alter table server_states
    drop column problem,
    add column reason_code text not null default '',
    add column reason text not null default '',
    add column next_step text not null default '';
