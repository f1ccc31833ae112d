//! Tables as Rust: one file per family. Row, `New…`, `…Changes`, questions, deeds.

pub mod actor;
pub mod ids;
