//! What a source would have read at times that have passed, from the numbers that hannun keeps anyhow.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Map, Value};

use super::Source;
use super::metrics::{put, told};
use crate::config::Retention;
use crate::db::Db;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::metrics::line::Line;
use crate::metrics::series::Question;
use crate::models::ids::ServerId;
use crate::scenarios::back_test::DAYS;
use crate::scenarios::fields::{number, text};

/// Seconds of one stored number, where there are some of a minute.
const MINUTE: i64 = 60;
/// Seconds that one question is about: at this length an answer still has all its minutes.
const CHUNK: i64 = 4 * 86_400;
const HOUR: i64 = 3_600;

/// Which stored numbers a source is about.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::scenarios) struct Stored {
    metrics: Vec<Metric>,
    device: String,
    /// Over which time up to a run they are averaged, seconds.
    pub(in crate::scenarios) window_seconds: i64,
}

/// What was stored of one server at several times, averaged as the source does.
#[derive(Debug, Default)]
pub(in crate::scenarios) struct Past {
    metrics: Vec<Metric>,
    /// The times one after another, each with its metrics; nothing where nothing was measured.
    means: Vec<Option<f64>>,
    /// Seconds that the coarsest number stands for that was used.
    pub(in crate::scenarios) resolution: u32,
}

/// The stored numbers of a source; none where it gives no such numbers.
pub(in crate::scenarios) fn stored(source: &Source, settings: &Value) -> Option<Stored> {
    let metrics: Vec<Metric> = source.gives.iter().filter_map(|(name, _)| Metric::from_name(name)).collect();
    let device = ["mount", "interface"].into_iter().map(|name| text(settings, name)).find(|name| !name.is_empty());
    let window_seconds = number(settings, "window_seconds");
    let is_stored = !metrics.is_empty() && window_seconds > 0;
    is_stored.then(|| Stored { metrics, device: device.unwrap_or_default().to_owned(), window_seconds })
}

impl Stored {
    /// What it would have read of a server at these times, which are in their order.
    pub(in crate::scenarios) async fn past(
        &self,
        server: ServerId,
        times: &[DateTime<Utc>],
        (db, now, retention): (&Db, DateTime<Utc>, &Retention),
    ) -> Result<Past> {
        let (Some(first), Some(last)) = (times.first(), times.last()) else { return Ok(Past::default()) };
        let mut points: Vec<Points> = self.metrics.iter().map(|_| Points::default()).collect();
        // What is older than the back-test looks is left to coarser numbers, and one of those would do for the whole answer.
        let oldest = (now - TimeDelta::days(DAYS)).timestamp();
        let mut from = (first.timestamp() - self.window_seconds).max(oldest).div_euclid(MINUTE) * MINUTE;
        while from < last.timestamp() {
            // At full hours two answers share no number.
            let to = ((from + CHUNK).div_euclid(HOUR) * HOUR).min(last.timestamp());
            let question = Question {
                server,
                metrics: self.metrics.clone(),
                from: moment(from),
                to: moment(to),
                points: u32::try_from((to - from).div_euclid(MINUTE)).unwrap_or(u32::MAX).max(1),
            };
            for line in question.answer(db, now, retention).await? {
                let place = self.metrics.iter().position(|metric| *metric == line.metric);
                if let Some(points) = place.and_then(|place| points.get_mut(place))
                    && line.device == self.device
                {
                    points.add(&line);
                }
            }
            from = to;
        }
        let mut past = Past { metrics: self.metrics.clone(), means: Vec::new(), resolution: 0 };
        past.means.reserve(times.len() * points.len());
        for at in times {
            past.means.extend(points.iter().map(|points| points.mean(at.timestamp(), self.window_seconds)));
        }
        past.resolution = points.iter().map(|points| points.coarsest).max().unwrap_or_default();
        Ok(past)
    }
}

impl Past {
    /// The values at the time of this place; nothing where nothing was measured.
    pub(in crate::scenarios) fn values(&self, place: usize) -> Map<String, Value> {
        let mut values = Map::new();
        let means = self.means.chunks(self.metrics.len().max(1)).nth(place).unwrap_or_default();
        for (metric, mean) in self.metrics.iter().zip(means) {
            if let Some(mean) = mean {
                put(&mut values, metric.name(), *mean);
            }
        }
        values
    }
}

/// The numbers of one metric, so that any window of them is averaged at once.
#[derive(Debug, Default)]
struct Points {
    /// When each begins and how long it is, seconds, and the sum of it and all before it.
    rows: Vec<(i64, i64, f64)>,
    coarsest: u32,
}

impl Points {
    fn add(&mut self, line: &Line) {
        self.coarsest = self.coarsest.max(line.tier);
        for point in &line.points {
            let before = self.rows.last().map_or(0.0, |(.., sum)| *sum);
            self.rows.push((point.at, i64::from(line.tier), before + f64::from(point.mean)));
        }
    }

    /// The mean of those that reach into the window before a moment, as the source takes them.
    fn mean(&self, at: i64, window: i64) -> Option<f64> {
        let end = self.rows.partition_point(|(from, ..)| *from < at);
        let begin = self.rows.partition_point(|(from, length, _)| from + length <= at - window).min(end);
        let count = u32::try_from(end - begin).ok().filter(|count| *count > 0)?;
        let until = |place: usize| place.checked_sub(1).and_then(|last| self.rows.get(last)).map_or(0.0, |row| row.2);
        Some(told((until(end) - until(begin)) / f64::from(count)))
    }
}

fn moment(seconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::metrics::line::Point;
    use crate::scenarios::sources;

    #[test]
    fn what_a_source_of_numbers_gives_is_what_is_stored() {
        let of = |kind: &str, settings: Value| stored(sources::of(kind).unwrap(), &settings);
        let cpu = of("cpu_usage", json!({ "window_seconds": 90 })).unwrap();
        assert_eq!((cpu.metrics[0], cpu.device.as_str(), cpu.window_seconds), (Metric::CpuTotal, "", 90));
        assert_eq!(cpu.metrics.len(), 5);
        let disk = of("disk_usage", json!({ "mount": "/srv", "window_seconds": 300 })).unwrap();
        assert_eq!((disk.metrics[0], disk.device.as_str()), (Metric::FilesystemPercent, "/srv"));
        assert_eq!(of("network", json!({ "interface": "eth0", "window_seconds": 60 })).unwrap().device, "eth0");
        assert_eq!(of("cpu_usage", json!({})), None, "over no time nothing is averaged");
    }

    #[test]
    fn a_mean_is_that_of_the_numbers_in_its_window_and_a_gap_has_none() {
        let point = |minute: i64, mean: f32| Point { at: minute * 60, min: mean, mean, max: mean };
        let line = |tier, points| Line { metric: Metric::CpuTotal, device: String::new(), tier, points };
        let mut points = Points::default();
        points.add(&line(60, vec![point(0, 10.0), point(1, 20.0), point(2, 30.0)]));
        points.add(&line(600, vec![point(20, 80.0)]));
        assert_eq!(points.mean(180, 60), Some(30.0));
        assert_eq!(points.mean(180, 180), Some(20.0));
        assert_eq!(points.mean(120, 60), Some(20.0), "what comes after a run is not read by it");
        assert_eq!((points.mean(0, 60), points.mean(600, 60)), (None, None));
        assert_eq!(points.mean(1_500, 60), Some(80.0), "a coarse number stands for all of its time");
        assert_eq!(points.coarsest, 600);
    }
}
