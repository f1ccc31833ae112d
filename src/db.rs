//! PostgreSQL through Diesel: the doorway, the schema, and the private server. Diesel lives here and in `models`.

pub mod schema;
