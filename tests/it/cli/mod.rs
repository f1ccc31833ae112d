//! The command line, as the built program: exit status, what goes where, and what it leaves in the database.

mod audit;
mod hannun;
mod help;
mod keys;
mod people;
mod serve;
mod servers;
