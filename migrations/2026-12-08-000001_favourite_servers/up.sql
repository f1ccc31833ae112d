-- Servers that a person starred: the selector and the palette offer them before the others.
create table favourite_servers (
    user_id bigint not null references users on delete cascade,
    server_id bigint not null references servers on delete cascade,
    primary key (user_id, server_id)
);
-- For the cascade of a deleted server.
create index favourite_servers_server_id_idx on favourite_servers (server_id);
