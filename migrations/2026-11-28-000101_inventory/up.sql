-- Servers as code: which file what is known came from, and how far hannun may go on a server at all.

-- A file as it was applied last, without a secret: secrets stand in it by reference only.
create table inventory_files (
    name text primary key check (name ~ '^[^[:cntrl:]/]{1,128}$'),
    text text not null,
    applied_at timestamptz not null,
    applied_by text not null
);

-- What came from a file is changed by applying the file again, not by hand. Null: by hand.
alter table credentials add column managed_by text references inventory_files (name) on update cascade;
alter table groups add column managed_by text references inventory_files (name) on update cascade;
alter table servers add column managed_by text references inventory_files (name) on update cascade;
alter table commands add column managed_by text references inventory_files (name) on update cascade;

-- The narrowest of a server and its groups counts.
alter table groups add column allow text not null default 'terminal'
    check (allow in ('watch', 'read-files', 'change', 'terminal'));
alter table servers add column allow text not null default 'terminal'
    check (allow in ('watch', 'read-files', 'change', 'terminal'));
