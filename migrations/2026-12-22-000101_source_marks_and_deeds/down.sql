drop table run_deeds;
drop table source_marks;
