drop table consumer_readings;
