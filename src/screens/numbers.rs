//! The numbers behind a page's charts: stored history and the last minutes from memory as one. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::charts::{Chart, Declared, Reading, factor_of, unit_of};
use super::range::Range;
use crate::metrics::catalogue::Metric;
use crate::metrics::line::{Line, Point};
use crate::web::chart::lines::Lines;

/// Points of a large and of a small chart.
pub const LARGE: f64 = 300.0;
/// See [`LARGE`].
pub const SMALL: f64 = 120.0;

/// Seconds between two readings of what is told seldom.
const SELDOM: f64 = 10.0;

/// Lines of one server over one span.
#[derive(Debug, Clone, Default)]
pub struct Numbers {
    lines: Vec<Line>,
}

/// One row of the table under the charts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SummaryRow {
    /// The chart's title, in English.
    pub title: &'static str,
    /// In English.
    pub label: &'static str,
    /// Text from the server; empty for the whole server.
    pub device: String,
    /// The last value.
    pub last: String,
    /// When that was, where there are no newer ones up to the end of the span.
    pub ended: Option<DateTime<Utc>>,
    /// The lowest value of the span.
    pub lowest: String,
    /// Its mean.
    pub mean: String,
    /// The highest value.
    pub highest: String,
}

impl Numbers {
    /// History `stored` in the database, with the `recent` minutes in place of what they cover. They may have holes: a
    /// process that shows what another one samples hears of it only while somebody looks.
    pub fn joined(stored: Vec<Line>, recent: Vec<Line>, from: i64) -> Self {
        let mut lines = stored;
        for mut fresh in recent {
            fresh.points.retain(|point| point.at >= from);
            let known = lines.iter_mut().find(|line| line.metric == fresh.metric && line.device == fresh.device);
            match known {
                _ if fresh.points.is_empty() => {}
                Some(line) => line.points = joined(std::mem::take(&mut line.points), fresh.points, line.tier),
                None => lines.push(fresh),
            }
        }
        Self { lines }
    }

    /// The line of a metric and device.
    pub fn line(&self, metric: Metric, device: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.metric == metric && line.device == device)
    }

    /// The devices that have numbers of `metric`: those whose name is a number by it, the others by name.
    pub fn devices(&self, metric: Metric) -> Vec<String> {
        let mut found: Vec<&str> =
            self.lines.iter().filter(|line| line.metric == metric).map(|line| line.device.as_str()).collect();
        found.sort_by_key(|device| (device.parse::<u32>().unwrap_or(u32::MAX), *device));
        found.into_iter().map(str::to_owned).collect()
    }

    /// From the first to the last point of a metric, of whichever device has most; none where it has no point.
    pub fn seconds_of(&self, metric: Metric) -> Option<i64> {
        let lines = self.lines.iter().filter(|line| line.metric == metric);
        lines.filter_map(|line| Some(line.points.last()?.at - line.points.first()?.at)).max()
    }

    /// Seconds between the stored points, the widest of all lines; 1 where everything is recent.
    pub fn resolution(&self) -> u32 {
        self.lines.iter().map(|line| line.tier).max().unwrap_or(1)
    }

    /// Seconds between the points of a large chart over `range`.
    pub fn drawn_every(&self, range: &Range) -> u32 {
        let step = range.length().num_seconds() / 300;
        self.resolution().max(u32::try_from(step).unwrap_or(u32::MAX))
    }

    /// Draws a declared chart with about `points` points.
    pub fn chart(&self, about: Declared, reading: &Reading, points: f64) -> Chart {
        let step = (reading.range.length().as_seconds_f64() / points).max(1.0);
        // Two missed readings and some are a gap.
        let between = if about.lines.iter().any(|of| of.metric.is_seldom()) { SELDOM.max(step) } else { step };
        let reading = &Reading { tolerance: reading.tolerance.max(2.5 * between), ..*reading };
        let columns: Vec<Vec<(f64, f64)>> =
            (about.lines.iter()).map(|of| self.line(of.metric, &of.device).map(plotted).unwrap_or_default()).collect();
        let lines = Lines::lined_up(&columns).thinned(step);
        let last = |metric| self.line(metric, &about.device).and_then(|line| line.points.last());
        let headline = about.headline.and_then(last).map(|point| f64::from(point.mean));
        Chart::new(about, &lines, headline, reading)
    }

    /// What the table says about each line of a chart.
    pub fn summary(&self, about: &Declared, reading: &Reading) -> Vec<SummaryRow> {
        let tolerance = reading.tolerance.max(2.5 * SELDOM);
        let is_old = |end: &DateTime<Utc>| (reading.range.to - *end).as_seconds_f64() > tolerance;
        let row = |of: &super::charts::LineOf| {
            let line = self.line(of.metric, &of.device)?;
            let (unit, factor) = (unit_of(of.metric), factor_of(of.metric));
            let say = |value: f32| unit.say(f64::from(value) * factor);
            let points = || line.points.iter();
            #[expect(clippy::cast_precision_loss, reason = "a count of points")]
            let mean = points().map(|point| point.mean).sum::<f32>() / line.points.len().max(1) as f32;
            Some(SummaryRow {
                title: about.title,
                label: of.label,
                device: of.device.clone(),
                last: line.points.last().map(|point| say(point.mean)).unwrap_or_default(),
                ended: line
                    .points
                    .last()
                    .map(|point| point.time() + TimeDelta::seconds(line.tier.into()))
                    .filter(is_old),
                lowest: points().map(|point| point.min).min_by(f32::total_cmp).map(say).unwrap_or_default(),
                mean: say(mean),
                highest: points().map(|point| point.max).max_by(f32::total_cmp).map(say).unwrap_or_default(),
            })
        };
        about.lines.iter().filter_map(row).collect()
    }
}

/// The points of both, in the order of time. A stored point that recent ones cover would be drawn twice.
fn joined(mut stored: Vec<Point>, recent: Vec<Point>, tier: u32) -> Vec<Point> {
    stored.retain(|point| {
        let next = recent.get(recent.partition_point(|fresh| fresh.at < point.at));
        next.is_none_or(|fresh| fresh.at >= point.at + i64::from(tier))
    });
    stored.extend(recent);
    stored.sort_by_key(|point| point.at);
    stored
}

/// A line's points `(seconds, mean)`, each in the middle of the time that it is about.
pub fn plotted(line: &Line) -> Vec<(f64, f64)> {
    let point = |point: &Point| {
        #[expect(clippy::cast_precision_loss, reason = "seconds since the epoch are exact in a double")]
        let begin = point.at as f64;
        let middle = if line.tier > 1 { f64::from(line.tier) / 2.0 } else { 0.0 };
        (begin + middle, f64::from(point.mean))
    };
    line.points.iter().map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Language;
    use crate::screens::range::RangeQuery;

    fn line(tier: u32, points: &[(i64, f32)]) -> Line {
        let points =
            points.iter().map(|(at, value)| Point { at: *at, min: value - 1.0, mean: *value, max: value + 1.0 });
        Line { metric: Metric::CpuTotal, device: String::new(), tier, points: points.collect() }
    }

    fn times_of_joined(stored: &[(i64, f32)], recent: &[(i64, f32)]) -> Vec<i64> {
        let joined = Numbers::joined(vec![line(10, stored)], vec![line(1, recent)], 100);
        joined.line(Metric::CpuTotal, "").unwrap().points.iter().map(|point| point.at).collect()
    }

    #[test]
    fn the_last_minutes_take_the_place_of_the_end_of_history() {
        let stored = [(100, 1.0), (110, 2.0), (120, 3.0)];
        let recent = [(90, 8.0), (115, 9.0), (116, 9.0), (120, 9.0)];
        assert_eq!(times_of_joined(&stored, &recent), [100, 115, 116, 120]);
    }

    #[test]
    fn where_the_last_minutes_have_a_hole_history_fills_it() {
        let stored = [(100, 1.0), (110, 2.0), (120, 3.0), (130, 4.0), (140, 5.0)];
        assert_eq!(times_of_joined(&stored, &[(112, 9.0), (139, 9.0)]), [100, 112, 120, 139, 140]);
    }

    #[test]
    fn what_is_only_recent_is_there_and_what_is_too_old_is_not() {
        let joined = Numbers::joined(Vec::new(), vec![line(1, &[(90, 8.0), (115, 9.0)])], 100);
        assert_eq!(joined.line(Metric::CpuTotal, "").unwrap().points.len(), 1);
        assert!(Numbers::joined(Vec::new(), vec![line(1, &[(90, 8.0)])], 100).line(Metric::CpuTotal, "").is_none());
    }

    #[test]
    fn the_table_says_the_extremes_that_the_drawing_may_hide() {
        let numbers = Numbers::joined(vec![line(10, &[(0, 10.0), (10, 20.0)])], Vec::new(), 0);
        let about = Declared::new("cpu", "CPU", &[(Metric::CpuTotal, "in use")]);
        let row = numbers.summary(&about, &until(20)).remove(0);
        assert_eq!([row.last, row.lowest, row.mean, row.highest], ["20 %", "9 %", "15 %", "21 %"]);
        assert_eq!(row.ended, None);
    }

    /// Somebody reads the last hour before `end`, seconds.
    fn until(end: i64) -> Reading {
        let to = DateTime::from_timestamp_secs(end).unwrap();
        let range = Range::of(&RangeQuery::default(), "1h", to);
        Reading { range, zone: chrono_tz::Tz::UTC, language: Language::default(), tolerance: 25.0, live: true }
    }

    #[test]
    fn the_table_says_when_a_last_value_was_that_is_not_of_now() {
        let numbers = Numbers::joined(vec![line(10, &[(0, 10.0), (10, 20.0)])], Vec::new(), 0);
        let about = Declared::new("cpu", "CPU", &[(Metric::CpuTotal, "in use")]);
        let ended = |end| numbers.summary(&about, &until(end)).remove(0).ended.map(|at| at.timestamp());
        assert_eq!((ended(40), ended(300)), (None, Some(20)));
    }

    #[test]
    fn cores_are_in_the_order_of_their_numbers() {
        let core = |device: &str| Line { device: device.to_owned(), metric: Metric::CpuCore, ..line(1, &[(0, 1.0)]) };
        let numbers = Numbers::joined(vec![core("10"), core("2"), core("0")], Vec::new(), 0);
        assert_eq!(numbers.devices(Metric::CpuCore), ["0", "2", "10"]);
    }
}
