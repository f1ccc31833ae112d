//! Runs over time: where each stood, how long it took, how it ended by shape and colour. Pure; attributes for the template.
//!
//! Lengths differ by powers of ten, so their axis is logarithmic. What was not begun took no time: it stands in a strip of its own at
//! the bottom.

use std::collections::BTreeMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use chrono_tz::Tz;

use super::rows::took;
use crate::models::runs::{RunPoint, RunSearch, RunState};
use crate::web::chart::axis;
use crate::web::format;

/// Points that are drawn.
pub(super) const MOST_POINTS: usize = 500;
/// The part of the height that lengths have; the rest is the strip of those that took no time.
const LENGTHS: f64 = 0.88;
/// Where the strip's points stand.
const STRIP: f64 = 0.95;
/// From one rule to the next a length is so many times the one before.
const FACTORS: [f64; 4] = [2.0, 4.0, 10.0, 100.0];

/// The picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct RunPlot {
    /// Points, the oldest first.
    pub(super) points: Vec<Mark>,
    /// Only the newest are drawn.
    pub(super) is_cut: bool,
    /// Heights of the five rules, in percent, the longest length first.
    pub(super) rules: [String; 5],
    /// The part of the height that lengths have.
    pub(super) share: f64,
    /// What stands beside the rules.
    pub(super) lengths: [String; 5],
    /// What stands under it.
    pub(super) moments: [String; 5],
    /// Each outcome that is in it, its word and how many there are.
    pub(super) legend: Vec<(RunState, usize)>,
    /// What is looked for, where that is a part of it.
    pub(super) chosen: Option<Chosen>,
    /// For the script that draws a box: seconds of the left and the right edge, milliseconds of the lowest and the highest rule.
    pub(super) scale: Scale,
}

/// One run.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Mark {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) at: DateTime<Utc>,
    pub(super) took: Option<Duration>,
    pub(super) state: RunState,
}

/// A box, in percent of the picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chosen {
    pub(super) x: String,
    pub(super) y: String,
    pub(super) width: String,
    pub(super) height: String,
}

/// What the edges of the picture are.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Scale {
    pub(super) from: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    pub(super) lowest_ms: f64,
    pub(super) factor: f64,
}

impl RunPlot {
    /// Of points, the newest first; none where there is none. The right edge is now, or the end of what is looked for where that lies
    /// behind.
    pub(super) fn of(mut points: Vec<RunPoint>, search: &RunSearch, now: DateTime<Utc>, zone: Tz) -> Option<Self> {
        let is_cut = points.len() > MOST_POINTS;
        points.truncate(MOST_POINTS);
        let oldest = points.last()?.at;
        let newest = points.first()?.at;
        let until = search.until.filter(|until| newest <= *until && *until < now).unwrap_or(newest.max(now));
        // Room on both sides: a point at an edge would be cut.
        let room = ((until - oldest) / 40).max(TimeDelta::seconds(1));
        let scale = Scale::holding(&points, oldest - room, until + room);
        let mut counts: BTreeMap<&str, (RunState, usize)> = BTreeMap::new();
        for point in &points {
            counts.entry(point.state.name()).or_insert((point.state, 0)).1 += 1;
        }
        let legend = RunState::ALL.iter().filter_map(|state| counts.get(state.name()).copied()).collect();
        let mark = |point: &RunPoint| Mark {
            x: percent(scale.x(point.at)),
            y: percent(point.took_ms.map_or(STRIP, |took| scale.y(took))),
            at: point.at,
            took: took(point.took_ms),
            state: point.state,
        };
        Some(Self {
            points: points.iter().rev().map(mark).collect(),
            is_cut,
            rules: [0.0, 0.25, 0.5, 0.75, 1.0].map(|quarter| percent(quarter * LENGTHS)),
            share: LENGTHS,
            lengths: [4, 3, 2, 1, 0].map(|rule| scale.length(rule)),
            moments: axis::moments(scale.from, scale.until, zone),
            legend,
            chosen: Chosen::of(search, &scale),
            scale,
        })
    }

    /// The edges for the script: seconds since the epoch.
    pub(super) fn edges(&self) -> (i64, i64) {
        (self.scale.from.timestamp(), self.scale.until.timestamp())
    }

    /// The longest length, milliseconds.
    pub(super) fn highest_ms(&self) -> f64 {
        self.scale.lowest_ms * self.scale.factor.powi(4)
    }
}

impl Scale {
    /// The finest scale that holds all lengths; its lowest rule is a power of ten.
    fn holding(points: &[RunPoint], from: DateTime<Utc>, until: DateTime<Utc>) -> Self {
        let lengths = || points.iter().filter_map(|point| point.took_ms).map(|took| as_f64(took.max(1)));
        let (shortest, longest) = (lengths().fold(f64::INFINITY, f64::min), lengths().fold(1.0, f64::max));
        let shortest = if shortest.is_finite() { shortest } else { 1.0 };
        let lowest_ms = 10_f64.powf(shortest.log10().floor());
        let holds = |factor: &f64| lowest_ms * factor.powi(4) >= longest;
        Self { from, until, lowest_ms, factor: FACTORS.into_iter().find(holds).unwrap_or(1_000.0) }
    }

    /// Where a moment stands, from 0 to 1.
    fn x(&self, at: DateTime<Utc>) -> f64 {
        let whole = as_f64((self.until - self.from).num_milliseconds().max(1));
        (as_f64((at - self.from).num_milliseconds()) / whole).clamp(0.0, 1.0)
    }

    /// Where a length stands, from the top.
    fn y(&self, took_ms: i64) -> f64 {
        let rules = (as_f64(took_ms.max(1)) / self.lowest_ms).log(self.factor);
        (1.0 - (rules / 4.0).clamp(0.0, 1.0)) * LENGTHS
    }

    /// The length of a rule, counted from the lowest.
    fn length(&self, rule: i32) -> String {
        format::duration(Duration::from_secs_f64(self.lowest_ms * self.factor.powi(rule) / 1_000.0))
    }
}

impl Chosen {
    /// The part of the picture that is looked for; none where that is all of it, or none of it.
    fn of(search: &RunSearch, scale: &Scale) -> Option<Self> {
        if (search.from, search.until, search.least_ms, search.most_ms) == (None, None, None, None) {
            return None;
        }
        let (left, right) = (search.from.map_or(0.0, |at| scale.x(at)), search.until.map_or(1.0, |at| scale.x(at)));
        let bottom = search.least_ms.map_or(1.0, |took| scale.y(took));
        let top = search.most_ms.map_or(0.0, |took| scale.y(took));
        (right >= left && bottom >= top).then(|| Self {
            x: percent(left),
            y: percent(top),
            width: percent(right - left),
            height: percent(bottom - top),
        })
    }
}

fn percent(share: f64) -> String {
    format!("{:.2}%", share * 100.0)
}

#[expect(clippy::cast_precision_loss, reason = "a length of time on a picture")]
fn as_f64(value: i64) -> f64 {
    value as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::ids::RunId;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn point(minutes: i64, took_ms: Option<i64>, state: RunState) -> RunPoint {
        RunPoint { id: RunId(minutes), at: at("2026-11-29T12:00:00Z") + TimeDelta::minutes(minutes), took_ms, state }
    }

    fn drawn(points: Vec<RunPoint>, search: &RunSearch) -> RunPlot {
        RunPlot::of(points, search, at("2026-11-29T13:00:00Z"), Tz::UTC).unwrap()
    }

    #[test]
    fn lengths_have_round_rules_and_the_longer_stands_higher() {
        let points = vec![
            point(40, Some(900_000), RunState::Failed),
            point(20, Some(2_800), RunState::Succeeded),
            point(0, None, RunState::Skipped),
        ];
        let plot = drawn(points, &RunSearch::default());
        assert_eq!(plot.lengths, ["2 h 46 min", "16 min 40 s", "1 min 40 s", "10 s", "1 s"]);
        let heights: Vec<f64> = plot.points.iter().map(|mark| mark.y.trim_end_matches('%').parse().unwrap()).collect();
        assert!(heights[0] > heights[1] && heights[1] > heights[2], "{heights:?}");
        assert_eq!((plot.points[0].y.as_str(), plot.points[0].took), ("95.00%", None));
        let told: Vec<(&str, usize)> = plot.legend.iter().map(|(state, count)| (state.name(), *count)).collect();
        assert_eq!(told, [("succeeded", 1), ("failed", 1), ("skipped", 1)]);
        assert_eq!((plot.moments[4].as_str(), plot.is_cut), ("13:01", false));
    }

    #[test]
    fn of_very_many_the_newest_are_drawn_and_that_is_said() {
        let many: Vec<RunPoint> = (0..600).rev().map(|n| point(n, Some(10), RunState::Succeeded)).collect();
        let plot = drawn(many, &RunSearch::default());
        assert_eq!((plot.points.len(), plot.is_cut), (MOST_POINTS, true));
        assert!(RunPlot::of(Vec::new(), &RunSearch::default(), at("2026-11-29T13:00:00Z"), Tz::UTC).is_none());
    }

    #[test]
    fn what_is_looked_for_is_a_box() {
        let points = vec![point(60, Some(10_000), RunState::Succeeded), point(0, Some(1_000), RunState::Succeeded)];
        let all = drawn(points.clone(), &RunSearch::default());
        assert_eq!((all.chosen, all.lengths[0].as_str()), (None, "16 s"));
        let late = RunSearch { from: Some(at("2026-11-29T12:30:00Z")), most_ms: Some(4_000), ..RunSearch::default() };
        let chosen = drawn(points.clone(), &late).chosen.unwrap();
        assert_eq!((chosen.x.as_str(), chosen.y.as_str()), ("50.00%", "44.00%"));
        assert_eq!((chosen.width.as_str(), chosen.height.as_str()), ("50.00%", "56.00%"));
        let never = RunSearch { until: late.from, from: Some(at("2026-11-29T12:50:00Z")), ..RunSearch::default() };
        assert_eq!(drawn(points, &never).chosen, None);
    }
}
