//! The house rules: who may know whom, how large a room is, what we build on.

mod dependencies;
mod layers;
pub(crate) mod sizes;
