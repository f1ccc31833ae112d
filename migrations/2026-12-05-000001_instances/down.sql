drop table live_samples;
drop table sampling_leases;
drop table instances;
