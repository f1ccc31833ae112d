//! One server at one glance.

pub mod facts;
pub mod ladder;
