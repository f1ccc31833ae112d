//! What tests share: databases, servers, browsers.

pub(crate) mod browser;
pub(crate) mod database;
pub(crate) mod skip;
