drop table root_rights;
drop table trials;
drop trigger commands_changed on commands;
drop function commands_changed();
delete from settings where name = 'commands.version';
