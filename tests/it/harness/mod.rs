//! What tests share: databases, servers, browsers.

pub(crate) mod alone;
pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod events;
pub(crate) mod fake_host;
pub(crate) mod hosts;
pub(crate) mod known;
pub(crate) mod members;
pub(crate) mod mmdb;
pub(crate) mod outage;
pub(crate) mod page;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod recurring;
pub(crate) mod relay;
pub(crate) mod running;
pub(crate) mod scenarios;
pub(crate) mod skip;
pub(crate) mod smtp;
pub(crate) mod socket;
pub(crate) mod ssh;
pub(crate) mod sshd;

/// How long a test waits for what is to happen: many tests share few processors, and only one that fails waits so long.
pub(crate) const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);
