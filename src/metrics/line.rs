//! Points of one series, as charts and the API take them. Pure.

use chrono::{DateTime, Utc};

use super::catalogue::{Metric, Unit};

/// One series over a span of time. A point that nobody measured is not there.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What was measured.
    pub metric: Metric,
    /// On which device; empty for the whole server. The server chose this text.
    pub device: String,
    /// Seconds between points; two points farther apart than this have a gap between them. 1 in the live ring.
    pub tier: u32,
    /// In the order of time.
    pub points: Vec<Point>,
}

/// One point: what `tier` seconds from `at` were like.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Its beginning, seconds since 1970.
    pub at: i64,
    /// The smallest value.
    pub min: f32,
    /// The mean.
    pub mean: f32,
    /// The largest value.
    pub max: f32,
}

impl Line {
    /// What its values count.
    pub fn unit(&self) -> Unit {
        self.metric.unit()
    }
}

impl Point {
    /// Its beginning.
    pub fn time(&self) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(self.at).unwrap_or_default()
    }
}
