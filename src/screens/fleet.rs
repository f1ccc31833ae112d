//! The first page: every server at one glance.

pub mod filter;
pub mod machine;
pub mod page;
