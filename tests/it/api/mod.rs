//! The JSON API, as programs use it.

mod audit_events;
mod checks;
mod commands;
mod credentials;
mod directories;
mod document;
mod firewall;
mod groups;
mod host_key;
mod idempotency;
mod imports;
mod inventory;
mod live_lists;
mod metrics;
pub(crate) mod program;
mod scope;
mod servers;
mod tokens;
