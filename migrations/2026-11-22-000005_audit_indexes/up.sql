-- What one row of the administration went through, and the words that people narrow the log by.
create index audit_events_of_object on audit_events ((details ->> 'object'), number) where details ? 'object';
create index audit_events_of_action on audit_events (action, number);
