//! What to say to a server and how to read its answer. Pure: no I/O, no async.

pub mod metrics;
pub mod script;
