//! Tables as Rust: one file per family. Row, `New…`, `…Changes`, questions, deeds.

pub mod actor;
pub mod ids;
pub mod metric_points;
pub mod queue_entry;
pub mod recurring_jobs;
pub mod series;
