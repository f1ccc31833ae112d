//! The command line, as the built program: exit status, what goes where, and what it leaves in the database.

mod apply;
mod audit;
mod backup;
mod doctor;
mod hannun;
mod help;
mod import;
mod keys;
mod migrate;
mod people;
mod serve;
mod servers;
