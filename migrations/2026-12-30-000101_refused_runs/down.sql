update runs set state = 'failed' where state = 'refused';
alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check check (state in ('waiting', 'queued', 'running', 'delivering', 'succeeded',
    'partly', 'failed', 'stopped', 'skipped', 'missed', 'unknown'));
