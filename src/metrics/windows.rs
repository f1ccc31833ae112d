//! Values of one server → windows of 10 s with minimum, mean and maximum. Pure.

use chrono::{DateTime, Utc};

use super::columns::{Columns, SeriesName};
use super::rates::Value;
use crate::models::ids::ServerId;

/// Seconds of one window: the finest tier.
pub const WINDOW_SECONDS: i64 = 10;

/// What 10 seconds of one server were like.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Whose.
    pub server: ServerId,
    /// The window's beginning.
    pub at: DateTime<Utc>,
    /// Each series that had a value.
    pub values: Vec<(SeriesName, Summary)>,
}

/// Several values of one series.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Summary {
    /// The smallest.
    pub min: f32,
    /// The mean.
    pub mean: f32,
    /// The largest.
    pub max: f32,
}

/// The window that one server is in.
#[derive(Debug)]
pub struct Windows {
    server: ServerId,
    at: DateTime<Utc>,
    cells: Columns<Cell>,
}

#[derive(Debug, Default)]
struct Cell {
    min: f32,
    max: f32,
    sum: f64,
    count: u32,
}

impl Windows {
    /// No values yet.
    pub fn new(server: ServerId) -> Self {
        Self { server, at: DateTime::UNIX_EPOCH, cells: Columns::default() }
    }

    /// Takes the values of `at`; gives the window before, if `at` is in another one.
    pub fn add(&mut self, at: DateTime<Utc>, values: &[Value<'_>]) -> Option<Window> {
        let start = start_of(at);
        let finished = if start == self.at { None } else { self.finish() };
        self.at = start;
        let mut expected = 0;
        for value in values {
            if let Some((place, cell)) = self.cells.column(expected, value.metric, value.device) {
                cell.add(value.value);
                expected = place + 1;
            }
        }
        finished
    }

    /// The window so far, where no value will follow soon.
    pub fn finish(&mut self) -> Option<Window> {
        // A series without a value in a whole window may be gone for good: its column would only cost memory.
        self.cells.retain(|cell| cell.count > 0);
        let values: Vec<_> =
            self.cells.iter_mut().map(|(name, cell)| (name.clone(), std::mem::take(cell).summary())).collect();
        (!values.is_empty()).then_some(Window { server: self.server, at: self.at, values })
    }
}

impl Cell {
    fn add(&mut self, value: f32) {
        (self.min, self.max) =
            if self.count == 0 { (value, value) } else { (self.min.min(value), self.max.max(value)) };
        self.sum += f64::from(value);
        self.count += 1;
    }

    #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values fits f32")]
    fn summary(self) -> Summary {
        let mean = (self.sum / f64::from(self.count.max(1))) as f32;
        // Rounding must not put the mean outside of its own values.
        Summary { min: self.min, mean: mean.clamp(self.min, self.max), max: self.max }
    }
}

/// The beginning of the window that holds `at`.
pub fn start_of(at: DateTime<Utc>) -> DateTime<Utc> {
    let seconds = at.timestamp();
    DateTime::from_timestamp_secs(seconds - seconds.rem_euclid(WINDOW_SECONDS)).unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::metrics::catalogue::Metric;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(1_700_000_000 + seconds).unwrap()
    }

    fn value(metric: Metric, value: f32) -> Value<'static> {
        Value { metric, device: "", value }
    }

    #[test]
    fn ten_seconds_become_minimum_mean_and_maximum() {
        let mut windows = Windows::new(ServerId(7));
        for second in 0..10_u8 {
            let finished = windows.add(at(i64::from(second)), &[value(Metric::CpuUser, f32::from(second))]);
            assert_eq!(finished, None);
        }
        let window = windows.add(at(10), &[value(Metric::CpuUser, 50.0)]).unwrap();
        assert_eq!((window.server, window.at), (ServerId(7), at(0)));
        let name = SeriesName { metric: Metric::CpuUser, device: "".into() };
        assert_eq!(window.values, [(name, Summary { min: 0.0, mean: 4.5, max: 9.0 })]);
    }

    #[test]
    fn what_had_no_value_is_not_in_the_window() {
        let mut windows = Windows::new(ServerId(7));
        windows.add(at(0), &[value(Metric::CpuUser, 1.0), value(Metric::Load1, 2.0)]);
        windows.add(at(10), &[value(Metric::Load1, 3.0)]);
        let window = windows.finish().unwrap();
        assert_eq!(window.values.iter().map(|(name, _)| name.metric).collect::<Vec<_>>(), [Metric::Load1]);
        assert_eq!(windows.finish(), None);
    }

    #[test]
    fn a_hole_leaves_no_window_behind() {
        let mut windows = Windows::new(ServerId(7));
        windows.add(at(0), &[value(Metric::Load1, 2.0)]);
        let finished = windows.add(at(0) + TimeDelta::hours(3), &[value(Metric::Load1, 2.0)]).unwrap();
        assert_eq!(finished.at, at(0));
    }
}
