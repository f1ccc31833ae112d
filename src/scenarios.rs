//! Scenarios: one source is read at set times, and destinations are told of it. What was due is never lost, and nobody is told twice
//! of it without being told so.

pub mod back_test;
mod carry;
pub mod channels;
pub mod condition;
pub mod destinations;
pub mod fields;
pub mod file;
pub mod fire;
pub mod import;
pub mod keep;
pub mod outlook;
pub mod pause;
pub mod reading;
pub mod rights;
pub mod schedule;
pub mod sources;
pub mod template;
pub mod trial;
pub mod unsaved;
pub mod wish;
pub mod work;

pub use fire::RunScenarios;
pub use unsaved::Unsaved;
pub use wish::Wish;
pub use work::{Scenarios, TryDeliveries};
