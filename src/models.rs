//! Tables as Rust: one file per family. Row, `New…`, `…Changes`, questions, deeds.

pub mod actor;
pub mod api_tokens;
pub mod audit;
pub mod commands;
pub mod credentials;
pub mod data_keys;
pub mod groups;
pub mod host_keys;
pub mod idempotency;
pub mod ids;
pub mod metric_points;
pub mod names;
pub mod password;
pub mod platforms;
pub mod queue_entry;
pub mod recurring_jobs;
pub mod series;
pub mod server_states;
pub mod servers;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
pub mod sign_in;
pub mod tokens;
pub mod users;
