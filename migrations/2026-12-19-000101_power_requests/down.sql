drop table power_requests;
