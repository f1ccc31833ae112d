alter table executions drop column delivery_id, drop column delivery_place, drop column variables;
