//! Who is behind an address: what kind of address it is, what files know of its network, and, for a person who looks at it, what
//! name servers and a service on the internet say. Nothing else lets an address out of this machine.

pub mod database;
pub mod kept;
pub mod lookups;
pub mod names;
pub mod service;

pub use database::{Databases, Network};
pub use lookups::{Lookups, Outside};
pub use names::ReverseName;

pub use crate::outbound::Kind;
