drop table recurring_jobs;
