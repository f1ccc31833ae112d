//! What tests share: databases, servers, browsers.

pub(crate) mod app;
pub(crate) mod browser;
pub(crate) mod client;
pub(crate) mod database;
pub(crate) mod page;
pub(crate) mod skip;
