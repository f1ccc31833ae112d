drop table favourite_servers;
