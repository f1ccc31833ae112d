//! Points of one series, as charts and the API take them. Pure.

use chrono::{DateTime, Utc};
use serde::ser::SerializeTuple;
use serde::{Serialize, Serializer};

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

/// One point: what `tier` seconds from `at` were like. In JSON `[t, min, mean, max]`, with `t` in seconds since 1970.
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

impl Serialize for Line {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        use serde::ser::SerializeStruct;
        let mut line = serializer.serialize_struct("Line", 5)?;
        let (name, device) = self.metric.public_name(&self.device);
        line.serialize_field("name", &name)?;
        line.serialize_field("device", device)?;
        line.serialize_field("unit", self.unit().name())?;
        line.serialize_field("tier", &self.tier)?;
        line.serialize_field("points", &self.points)?;
        line.end()
    }
}

impl Serialize for Point {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut point = serializer.serialize_tuple(4)?;
        point.serialize_element(&self.at)?;
        point.serialize_element(&self.min)?;
        point.serialize_element(&self.mean)?;
        point.serialize_element(&self.max)?;
        point.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_written_as_the_api_promises() {
        let point = Point { at: 1_700_000_000, min: 0.5, mean: 1.5, max: 2.0 };
        let line = Line { metric: Metric::NetworkSent, device: "eth0".to_owned(), tier: 60, points: vec![point] };
        assert_eq!(
            serde_json::to_string(&line).unwrap(),
            r#"{"name":"network.sent","device":"eth0","unit":"bytes_per_second","tier":60,"points":[[1700000000,0.5,1.5,2.0]]}"#
        );
    }
}
