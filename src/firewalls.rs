//! Firewalls of servers: whether a port is open, and changes that undo themselves unless they are kept.

pub mod changes;
pub mod question;
mod removal;
mod rule;

pub use removal::{key_of, remove};
pub use rule::{Entered, NewRule, add, places_for_rules};
