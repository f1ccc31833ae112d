//! The resolutions that numbers are kept in, and the arithmetic between them. Pure.
//!
//! Points are packed into blocks: one row per series and period, written once when the period is over and never changed.
//! What is younger than the last block of a tier is rolled up from the finer tiers when somebody asks.

mod block;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::Retention;

pub use block::Block;

/// A resolution: its discriminant is the seconds between two points.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tier {
    /// 10 seconds.
    Ten = 10,
    /// A minute.
    Minute = 60,
    /// Ten minutes.
    TenMinutes = 600,
    /// An hour.
    Hour = 3600,
}

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

impl Tier {
    /// All of them, finest first.
    pub const ALL: [Self; 4] = [Self::Ten, Self::Minute, Self::TenMinutes, Self::Hour];

    /// Seconds between two points.
    pub fn seconds(self) -> i64 {
        self as i64
    }

    /// The tier of a number of seconds.
    pub fn from_seconds(seconds: i32) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.seconds() == i64::from(seconds))
    }

    /// The tier that this one is rolled up from.
    pub fn finer(self) -> Option<Self> {
        match self {
            Self::Ten => None,
            Self::Minute => Some(Self::Ten),
            Self::TenMinutes => Some(Self::Minute),
            Self::Hour => Some(Self::TenMinutes),
        }
    }

    /// Seconds of one block. Each is a multiple of the finer tier's block, and they begin at multiples since 1970.
    pub fn block_seconds(self) -> i64 {
        match self {
            Self::Ten => HOUR,
            Self::Minute => 6 * HOUR,
            Self::TenMinutes => DAY,
            Self::Hour => 7 * DAY,
        }
    }

    /// Seconds of one partition of the blocks' table: a whole number of blocks, dropped at once when all of it is too old.
    pub fn partition_seconds(self) -> i64 {
        match self {
            Self::Ten => DAY,
            Self::Minute => 2 * DAY,
            Self::TenMinutes => 10 * DAY,
            Self::Hour => 70 * DAY,
        }
    }

    /// The beginning of the block that holds `at`.
    pub fn block_of(self, at: i64) -> i64 {
        at - at.rem_euclid(self.block_seconds())
    }

    /// The beginning of the point that holds `at`.
    pub fn point_of(self, at: i64) -> i64 {
        at - at.rem_euclid(self.seconds())
    }

    /// 10 s windows behind a point without gaps.
    pub fn full_weight(self) -> u16 {
        match self {
            Self::Ten => 1,
            Self::Minute => 6,
            Self::TenMinutes => 60,
            Self::Hour => 360,
        }
    }

    /// How long its points are kept: what was set, but never less than the next tier needs for its roll-up.
    pub fn kept(self, retention: &Retention) -> Duration {
        let (set, needed) = match self {
            Self::Ten => (retention.tier_10, Self::Minute.block_seconds()),
            Self::Minute => (retention.tier_60, Self::TenMinutes.block_seconds()),
            Self::TenMinutes => (retention.tier_600, Self::Hour.block_seconds()),
            Self::Hour => (retention.tier_3600, 0),
        };
        // A day more: the roll-up may have been unable to run for a while.
        set.max(Duration::from_secs((needed + DAY).unsigned_abs()))
    }
}

/// What one period of a series was like.
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
    /// How many 10 s windows are behind it.
    pub weight: u16,
}

/// Finer points → points of one tier: minimum of minima, mean by weight, maximum of maxima. Gaps stay gaps.
#[derive(Debug)]
pub struct RollUp {
    tier: Tier,
    sums: BTreeMap<i64, Sum>,
}

#[derive(Debug, Clone, Copy)]
struct Sum {
    min: f32,
    max: f32,
    weighted: f64,
    weight: u32,
}

impl RollUp {
    /// Nothing yet.
    pub fn new(tier: Tier) -> Self {
        Self { tier, sums: BTreeMap::new() }
    }

    /// Adds one finer point, in any order.
    pub fn add(&mut self, point: Point) {
        let empty = Sum { min: point.min, max: point.max, weighted: 0.0, weight: 0 };
        let sum = self.sums.entry(self.tier.point_of(point.at)).or_insert(empty);
        sum.min = sum.min.min(point.min);
        sum.max = sum.max.max(point.max);
        sum.weighted += f64::from(point.mean) * f64::from(point.weight);
        sum.weight += u32::from(point.weight);
    }

    /// The points, in the order of time.
    pub fn points(self) -> impl Iterator<Item = Point> {
        self.sums.into_iter().filter(|(_, sum)| sum.weight > 0).map(|(at, sum)| sum.point(at))
    }
}

impl Sum {
    #[expect(clippy::cast_possible_truncation, reason = "a mean of f32 values fits f32")]
    fn point(self, at: i64) -> Point {
        let mean = (self.weighted / f64::from(self.weight)) as f32;
        let weight = u16::try_from(self.weight).unwrap_or(u16::MAX);
        // Rounding must not put the mean outside of its own values.
        Point { at, min: self.min, mean: mean.max(self.min).min(self.max), max: self.max, weight }
    }
}

#[cfg(test)]
mod tests;
