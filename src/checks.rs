//! Checks of an administrator's own: which run where, when, and what their answers mean.
//!
//! The table of results is the schedule too. Any number of processes may run checks: a server's turn is taken by one of them.

pub mod plan;
pub mod runner;
pub mod schedule;

pub use runner::Runner;
