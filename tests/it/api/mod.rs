//! The JSON API, as programs use it.

mod accounts;
mod audit_events;
mod channels;
mod checks;
mod commands;
mod credentials;
mod cron;
mod directories;
mod document;
mod firewall;
mod groups;
mod host_key;
mod idempotency;
mod imports;
mod inventory;
mod live_lists;
mod logins;
mod logs;
mod metrics;
pub(crate) mod program;
mod scenario_trials;
mod scenarios;
mod scheduler;
mod scope;
mod servers;
mod tokens;
