-- Another role on the servers of a group than everywhere else, weaker or stronger. Administration is not about servers.
create table user_group_roles (
    user_id bigint not null references users on delete cascade,
    group_id bigint not null references groups on delete cascade,
    role text not null check (role in ('viewer', 'operator')),
    primary key (user_id, group_id)
);
create index user_group_roles_by_group on user_group_roles (group_id);

-- What somebody may not do although the role would let them: words of `models::permission`.
alter table users add column withheld text[] not null default '{}';
