-- A run that its scenario's owner may not have any more has not failed: it was refused (Z04).
alter table runs drop constraint runs_state_check;
alter table runs add constraint runs_state_check check (state in ('waiting', 'queued', 'running', 'delivering', 'succeeded',
    'partly', 'failed', 'refused', 'stopped', 'skipped', 'missed', 'unknown'));
