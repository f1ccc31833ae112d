drop index audit_events_of_action;
drop index audit_events_of_object;
