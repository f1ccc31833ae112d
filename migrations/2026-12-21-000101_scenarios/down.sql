drop table deliveries;
drop table runs;
drop table scenario_destinations;
drop table scenarios;
drop table channels;
