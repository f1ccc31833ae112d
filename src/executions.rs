//! Commands of people's own: asked for on one server or many, several one after another, each with its output, its exit status
//! and its time. They run attached: what runs ends with the connection that it runs on, and nothing is left on the server.

pub mod ask;
pub mod fan_out;
pub mod given;
pub mod run;
pub mod selector;

pub use ask::{Sequence, Wish, ask, stop};
pub use fan_out::{FanOutWish, FanOuts, RunFanOut};
pub use run::Commands;
pub use selector::Selector;
