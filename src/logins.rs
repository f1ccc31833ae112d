//! Who signs in to servers: read little by little, put together from all that tells of it, and kept.
//!
//! The table of readings is the schedule too. Any number of processes may read: a server's turn is taken by one of them.

pub mod addresses;
pub mod keys;
pub mod merge;
pub mod reader;
pub mod runner;

pub use reader::Reader;
pub use runner::Runner;
