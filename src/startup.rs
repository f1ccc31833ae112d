//! Builds the application, the HTTP server and the workers; stops them gracefully.

pub mod demo_server;
