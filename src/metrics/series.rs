//! A span of time and a width → the lines of a chart, from the finest tier that fits.
//!
//! What a coarse tier does not have yet is rolled up from the finer ones, down to the inbox: a line reaches up to the last
//! ten seconds at every resolution. Gaps stay gaps: a point that nobody measured is not there.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::catalogue::Metric;
use super::line::{Line, Point};
use super::packing::{number, points_of, time, unpack};
use super::tiers::{self, RollUp, Tier};
use crate::config::Retention;
use crate::db::Db;
use crate::error::{Error, Result};
use crate::models::ids::ServerId;
use crate::models::metric_points::{BlockRow, InboxRow, Progress};
use crate::models::series::Series;

/// What a chart asks.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Of which server.
    pub server: ServerId,
    /// Which metrics, of all their devices.
    pub metrics: Vec<Metric>,
    /// From when.
    pub from: DateTime<Utc>,
    /// Until when; not later than now.
    pub to: DateTime<Utc>,
    /// How many points a line may have: the width of the chart.
    pub points: u32,
}

/// The longest span that is answered: longer ones have no tier.
const LONGEST: TimeDelta = TimeDelta::days(20 * 366);
/// A series' last hour is noted when it is packed, so what it has now may be younger than that, by this much at most.
const UNPACKED: TimeDelta = TimeDelta::days(1);
/// The most points of one line, whatever the width: a day of 10 s.
const MOST_POINTS: u32 = 8_640;

impl Question {
    /// The finest tier that has no more points than the chart is wide, and still has the beginning of the span.
    pub fn tier(&self, now: DateTime<Utc>, retention: &Retention) -> Tier {
        let seconds = (self.to - self.from).num_seconds().max(0);
        let points = i64::from(self.points.clamp(1, MOST_POINTS));
        let fits = |tier: Tier| seconds.div_euclid(tier.seconds()) <= points;
        let reaches = |tier: Tier| {
            TimeDelta::from_std(tier.kept(retention)).is_ok_and(|kept| self.from >= now - kept - TimeDelta::minutes(1))
        };
        Tier::ALL.into_iter().find(|tier| fits(*tier) && reaches(*tier)).unwrap_or(Tier::Hour)
    }

    /// The lines: one per metric and device that has points, in the order of the metrics and of the devices' names.
    pub async fn answer(mut self, db: &Db, now: DateTime<Utc>, retention: &Retention) -> Result<Vec<Line>> {
        self.to = self.to.min(now + TimeDelta::seconds(Tier::Ten.seconds()));
        self.from = self.from.max(self.to - LONGEST);
        let tier = self.tier(now, retention);
        db.run(move |connection| {
            let names: Vec<&str> = self.metrics.iter().map(|metric| metric.name()).collect();
            let series = Series::wanted(connection, self.server, &names, self.from - UNPACKED)?;
            let ids: Vec<i32> = series.iter().map(|series| series.id).collect();
            let mut lines = Lines::new(tier, &series);
            // The inbox first: an hour that is packed in between is then seen twice, which changes no value, and not missed.
            let (from, to) = (tier.point_of(self.from.timestamp()), self.to.timestamp());
            for row in InboxRow::between(connection, self.server, time(from), time(to))? {
                points_of(&row).for_each(|(id, point)| lines.add(id, point));
            }
            for (part, from, to) in parts(tier, from, to, &Progress::all(connection)?) {
                // A block that begins before the span may reach into it.
                let begin = time(part.block_of(from));
                for row in BlockRow::between(connection, number(part), &ids, begin, time(to))? {
                    let inside = |point: &tiers::Point| (from..to).contains(&point.at);
                    unpack(part, &row).points().filter(inside).for_each(|point| lines.add(row.series_id, point));
                }
            }
            Ok::<_, Error>(lines.drawn(series, &self.metrics))
        })
        .await
    }
}

/// Which tier gives which part of a span: the wanted one as far as it is done, then the finer ones.
fn parts(tier: Tier, mut from: i64, to: i64, progress: &[Progress]) -> Vec<(Tier, i64, i64)> {
    let mut parts = Vec::new();
    for part in Tier::ALL.into_iter().rev().filter(|part| *part <= tier) {
        let done = progress.iter().find(|one| one.tier == number(part)).map(|one| one.done_until.timestamp());
        let until = if part == Tier::Ten { to } else { done.unwrap_or(from).min(to) };
        if until > from {
            parts.push((part, from, until));
            from = until;
        }
    }
    parts
}

/// Lines that are being drawn.
struct Lines {
    tier: Tier,
    points: BTreeMap<i32, RollUp>,
}

impl Lines {
    fn new(tier: Tier, series: &[Series]) -> Self {
        Self { tier, points: series.iter().map(|series| (series.id, RollUp::new(tier))).collect() }
    }

    fn add(&mut self, series: i32, point: tiers::Point) {
        if let Some(line) = self.points.get_mut(&series) {
            line.add(point);
        }
    }

    fn drawn(mut self, series: Vec<Series>, metrics: &[Metric]) -> Vec<Line> {
        let tier = u32::try_from(self.tier.seconds()).unwrap_or(u32::MAX);
        let named = series.into_iter().filter_map(|series| {
            let points = self.points.remove(&series.id)?.points();
            let points = points.map(|point| Point { at: point.at, min: point.min, mean: point.mean, max: point.max });
            Some(Line {
                metric: Metric::from_name(&series.metric)?,
                device: series.device,
                tier,
                points: points.collect(),
            })
        });
        let mut lines: Vec<Line> = named.filter(|line| !line.points.is_empty()).collect();
        lines.sort_by_cached_key(|line| {
            let place = metrics.iter().position(|metric| *metric == line.metric);
            // Cores are numbers: 10 comes after 9.
            (place, line.device.parse::<u32>().ok(), line.device.clone())
        });
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        time(1_700_000_000 + seconds)
    }

    fn tier(from: i64, to: i64, points: u32) -> Tier {
        let question = Question { server: ServerId(1), metrics: Vec::new(), from: at(from), to: at(to), points };
        question.tier(at(0), &Retention::default())
    }

    const DAY: i64 = 86_400;

    #[test]
    fn the_finest_tier_that_fits_the_width_is_taken() {
        assert_eq!(tier(-3_600, 0, 360), Tier::Ten);
        assert_eq!(tier(-3_600, 0, 359), Tier::Minute);
        assert_eq!(tier(-DAY, 0, 1_000), Tier::TenMinutes);
        assert_eq!(tier(-DAY, 0, 1_440), Tier::Minute);
        assert_eq!(tier(-90 * DAY, 0, 1_000), Tier::Hour);
        assert_eq!(tier(0, -60, 0), Tier::Ten, "an empty span has no points at all");
    }

    #[test]
    fn a_tier_that_does_not_reach_back_is_not_taken() {
        assert_eq!(tier(-3 * DAY, -3 * DAY + 3_600, 1_000), Tier::Minute);
        assert_eq!(tier(-30 * DAY, -30 * DAY + 3_600, 1_000), Tier::TenMinutes);
        assert_eq!(tier(-300 * DAY, -300 * DAY + 3_600, 1_000), Tier::Hour);
    }

    #[test]
    fn what_a_coarse_tier_lacks_comes_from_the_finer_ones_without_overlap() {
        let done = |tier, until| Progress { tier, done_until: at(until), after_server: ServerId(0) };
        let progress = [done(600, 700), done(60, 900)];
        let start = at(0).timestamp();
        assert_eq!(
            parts(Tier::TenMinutes, start, start + 1_000, &progress),
            [
                (Tier::TenMinutes, start, start + 700),
                (Tier::Minute, start + 700, start + 900),
                (Tier::Ten, start + 900, start + 1_000),
            ]
        );
        assert_eq!(
            parts(Tier::Hour, start + 800, start + 1_000, &progress),
            [(Tier::Minute, start + 800, start + 900), (Tier::Ten, start + 900, start + 1_000),]
        );
        assert_eq!(parts(Tier::Ten, start, start + 1_000, &progress), [(Tier::Ten, start, start + 1_000)]);
    }
}
