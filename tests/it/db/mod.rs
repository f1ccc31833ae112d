//! The doorway, the tables, the roles, and the private server.

mod doorway;
mod migrations;
mod private_server;
mod roles;
mod schema;
