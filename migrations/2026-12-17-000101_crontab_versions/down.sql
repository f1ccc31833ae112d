drop table crontab_runs;
drop table crontab_versions;
