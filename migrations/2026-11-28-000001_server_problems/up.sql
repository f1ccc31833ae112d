-- Why a server is not up: a code with its values, to be said in the reader's language. The sentences that were stored
-- before were English; the next contact finds the reason again.
alter table server_states
    drop column reason_code,
    drop column reason,
    drop column next_step,
    add column problem jsonb;
