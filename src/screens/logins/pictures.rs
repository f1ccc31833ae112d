//! Bars over time, and the map of hours. Shapes; asks nobody.

use chrono::{DateTime, Utc};

use crate::models::login_events::counts::{Bucket, WeekHour};
use crate::web::format;

/// One bar of a strip, as SVG wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// From the left.
    pub x: String,
    /// From the top.
    pub y: String,
    /// How wide.
    pub width: String,
    /// How high.
    pub height: String,
}

/// Bars of a span.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Strip {
    /// Parts without any have no bar.
    pub bars: Vec<Bar>,
    /// The highest.
    pub peak: String,
    /// When that was; none where there is nothing.
    pub peak_at: Option<DateTime<Utc>>,
    /// Five moments from left to right.
    pub moments: Vec<DateTime<Utc>>,
}

/// Width and height of a strip's picture.
const SIZE: (f64, f64) = (960.0, 44.0);

impl Strip {
    /// The bars of `buckets`, of which there are `parts` in `span`.
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub fn of(buckets: &[Bucket], parts: i32, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Self {
        let most = buckets.iter().max_by_key(|bucket| bucket.count);
        let highest = most.map_or(1, |bucket| bucket.count).max(1) as f64;
        let width = SIZE.0 / f64::from(parts.max(1));
        let bar = |bucket: &Bucket| {
            let height = (bucket.count as f64 / highest * SIZE.1).max(0.8);
            Bar {
                x: format::short(f64::from(bucket.at) * width),
                y: format::short(SIZE.1 - height),
                width: format::short(width * 0.72),
                height: format::short(height),
            }
        };
        let moment = |part: i32, of: i32| from + (to - from) * part / of.max(1);
        Self {
            bars: buckets.iter().filter(|bucket| bucket.count > 0).map(bar).collect(),
            peak: format::number(most.map_or(0, |bucket| bucket.count)),
            peak_at: most.map(|bucket| moment(bucket.at, parts)),
            moments: (0..5).map(|quarter| moment(quarter, 4)).collect(),
        }
    }
}

/// One hour of one day of the week.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cell {
    /// From the left: the hour.
    pub hour: usize,
    /// From the top: the day, 0 is Monday.
    pub day: usize,
    /// 0 to 4.
    pub heat: u8,
    /// How many.
    pub count: i64,
}

/// The map of a week.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Week {
    /// Every hour of every day.
    pub cells: Vec<Cell>,
    /// The hour with most.
    pub busiest: Option<(usize, usize, i64)>,
}

/// Days as the map names them, in English.
pub const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

impl Week {
    /// The map of what was counted.
    #[expect(clippy::cast_precision_loss, reason = "for drawing")]
    pub fn of(hours: &[WeekHour]) -> Self {
        let count = |day: usize, hour: usize| {
            let is_it = |found: &&WeekHour| {
                usize::try_from(found.weekday) == Ok(day + 1) && usize::try_from(found.hour) == Ok(hour)
            };
            hours.iter().find(is_it).map_or(0, |found| found.count)
        };
        let most = hours.iter().map(|hour| hour.count).max().unwrap_or_default();
        let heat = |count: i64| match count {
            0 => 0,
            // By the root, so that one loud hour does not hide all others.
            count => match (count as f64 / most.max(1) as f64).sqrt() {
                share if share > 0.75 => 4,
                share if share > 0.5 => 3,
                share if share > 0.25 => 2,
                _ => 1,
            },
        };
        let places = (0..7).flat_map(|day| (0..24).map(move |hour| (day, hour)));
        let cells: Vec<Cell> = places
            .map(|(day, hour)| {
                let count = count(day, hour);
                Cell { hour, day, heat: heat(count), count }
            })
            .collect();
        let busiest = cells.iter().max_by_key(|cell| cell.count).filter(|cell| cell.count > 0);
        Self { busiest: busiest.map(|cell| (cell.day, cell.hour, cell.count)), cells }
    }

    /// The day and the hour with most, for those who cannot see the picture.
    pub fn spoken(&self) -> Option<(&'static str, String, String)> {
        let (day, hour, count) = self.busiest?;
        Some((DAYS.get(day)?, format!("{hour:02}:00"), format::number(count)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_highest_bar_fills_the_strip_and_says_when_it_was() {
        let from: DateTime<Utc> = "2026-11-22T00:00:00Z".parse().unwrap();
        let to = from + chrono::TimeDelta::hours(24);
        let strip = Strip::of(&[Bucket { at: 0, count: 1 }, Bucket { at: 12, count: 4 }], 24, (from, to));
        assert_eq!((strip.bars[1].height.as_str(), strip.bars[1].y.as_str()), ("44", "0"));
        assert_eq!(strip.peak_at, Some(from + chrono::TimeDelta::hours(12)));
        let nothing = Strip::of(&[], 24, (from, to));
        assert!(nothing.bars.is_empty() && nothing.peak_at.is_none());
    }

    #[test]
    fn an_hour_with_one_attempt_is_seen_beside_one_with_thousands() {
        let week =
            Week::of(&[WeekHour { weekday: 1, hour: 0, count: 9_000 }, WeekHour { weekday: 7, hour: 23, count: 1 }]);
        let heat = |day: usize, hour: usize| week.cells[day * 24 + hour].heat;
        assert_eq!((week.cells.len(), heat(0, 0), heat(6, 23), heat(3, 3)), (168, 4, 1, 0));
        assert_eq!(week.spoken(), Some(("Mon", "00:00".into(), "9,000".into())));
        assert_eq!(Week::of(&[]).spoken(), None);
    }
}
