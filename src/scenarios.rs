//! Scenarios: one source is read at set times, and destinations are told of it. What was due is never lost, and nobody is told twice
//! of it without being told so.

pub mod channels;
pub mod condition;
pub mod destinations;
pub mod fields;
pub mod fire;
pub mod keep;
pub mod outlook;
pub mod pause;
pub mod reading;
pub mod schedule;
pub mod sources;
pub mod template;
pub mod wish;
pub mod work;

pub use fire::RunScenarios;
pub use wish::Wish;
pub use work::{Scenarios, TryDeliveries};
