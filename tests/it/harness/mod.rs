//! What tests share: databases, servers, browsers.

pub(crate) mod alone;
pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod fake_host;
pub(crate) mod hosts;
pub(crate) mod known;
pub(crate) mod members;
pub(crate) mod outage;
pub(crate) mod page;
pub(crate) mod program;
pub(crate) mod raw;
pub(crate) mod relay;
pub(crate) mod running;
pub(crate) mod skip;
pub(crate) mod ssh;
pub(crate) mod sshd;
