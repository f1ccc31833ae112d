drop table audit_events, audit_head;
drop function refuse_audit_change;
