drop table saved_fan_outs;
drop table fan_out_members;
drop table fan_outs;
