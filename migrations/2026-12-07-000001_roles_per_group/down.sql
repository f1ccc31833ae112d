alter table users drop column withheld;
drop table user_group_roles;
