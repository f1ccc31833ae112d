//! The HTTP toolkit: rendering, errors, extractors, middleware. Knows no screen and no job.

pub mod chart;
pub mod format;
