//! Firewalls of servers: whether a port is open, and what changes of their rules would be.

pub mod question;
mod removal;
mod rule;
mod ways;

pub use removal::{key_of, remove, remove_at};
pub use rule::{Entered, NewRule, add, keeps_comments, places_for_rules, why_unchangeable};
pub use ways::verdicts;
