drop table login_readings;
drop table login_events;
