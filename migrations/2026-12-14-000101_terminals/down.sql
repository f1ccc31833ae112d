drop table terminal_tickets;
drop table terminal_recordings;
drop table terminals;
