alter table servers drop column allow;
alter table groups drop column allow;
alter table commands drop column managed_by;
alter table servers drop column managed_by;
alter table groups drop column managed_by;
alter table credentials drop column managed_by;
drop table inventory_files;
