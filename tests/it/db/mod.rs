//! The doorway, the tables, the roles, and the private server.

mod doorway;
mod migrations;
mod roles;
mod schema;
