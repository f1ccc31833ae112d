//! The doorway, the tables, the roles, and the private server.

mod doorway;
mod left_behind;
mod migrations;
mod private_server;
mod roles;
mod schema;
