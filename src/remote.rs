//! Talking to servers: SSH and nothing else. Knows no screen, no database and no meaning of any command.
//!
//! One kept connection per server with few channels on it ([`Pool`]); a script is sent through standard input and its
//! answer is read with a deadline and a cap ([`Pool::run`]); metrics come from one ticked channel ([`Ticker`]).
//!
//! Connections are made with `russh` itself and not with `async-ssh2-tokio`, which sits on the same `russh` and gives the
//! same channels, because the latter's `Client` cannot keep what we promise: its handler accepts every channel that a
//! server opens to us (H07), it says neither which key was presented (H02) nor at which stage connecting stopped (H06), it
//! resolves names on the calling thread, and names behind a jump server on this side of it.

mod acting;
mod added_commands;
mod algorithms;
pub(crate) mod allowance;
mod anew;
mod breaker;
mod budget;
pub mod capabilities;
mod channel;
mod check;
mod connect;
mod connection;
mod credential;
pub mod detached;
mod endpoint;
mod exec;
mod failure;
mod flow;
mod gate;
pub mod host;
mod host_keys;
pub mod hosts;
mod lane;
mod leash;
pub mod many;
pub(crate) mod names;
pub(crate) mod permits;
mod pipe;
mod pool;
mod privilege;
pub mod reach;
mod ready;
mod request;
mod rights;
pub mod running;
mod sign_in;
mod stop;
pub mod terminal;
mod ticker;
pub mod trial;
pub mod trouble;
mod turns;
mod ways;
mod weigh;

pub use check::{StageOutcome, StageReport, TestReport};
pub use credential::{KeyDescription, KeyProblem, describe_private_key};
pub use endpoint::{Auth, Endpoint, PinnedKey, check_address, check_user_name};
pub use flow::{ChangeFlow, Flow};
pub use host_keys::{PresentedKey, describe_host_key};
pub use pipe::Pipe;
pub use pool::Pool;
pub use request::{Answer, Request, new_token};
pub use ticker::Ticker;
