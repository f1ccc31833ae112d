//! Points of one series and period, in arrays: what a row of `metric_blocks` holds. Pure.

use super::{Point, Tier};

/// One row. Point `i` is at `starts_at + i · tier`; a gap is NaN. An array that would repeat what is known is empty.
#[derive(Debug, Clone, PartialEq)]
pub struct Block {
    /// Its resolution.
    pub tier: Tier,
    /// The beginning of its period, seconds since 1970.
    pub starts_at: i64,
    /// The mean of each point; shorter than the period where its end is a gap.
    pub means: Vec<f32>,
    /// The smallest value of each point; empty where all of them are the mean (one sample per window).
    pub minimums: Vec<f32>,
    /// The largest value of each point; empty where all of them are the mean.
    pub maximums: Vec<f32>,
    /// 10 s windows behind each point; empty where no point has less than all of them.
    pub weights: Vec<i16>,
}

impl Block {
    /// Packs the points that lie in the period from `starts_at`; none where there is no such point.
    pub fn pack(tier: Tier, starts_at: i64, points: impl IntoIterator<Item = Point>) -> Option<Self> {
        let mut block = Self {
            tier,
            starts_at,
            means: Vec::new(),
            minimums: Vec::new(),
            maximums: Vec::new(),
            weights: Vec::new(),
        };
        let (mut flat, mut full) = (true, true);
        for point in points {
            let Some(place) = block.place_of(point.at) else { continue };
            if place >= block.means.len() {
                block.lengthen(place + 1);
            }
            flat &= point.min.total_cmp(&point.mean).is_eq() && point.max.total_cmp(&point.mean).is_eq();
            full &= point.weight >= tier.full_weight();
            put(&mut block.means, place, point.mean);
            put(&mut block.minimums, place, point.min);
            put(&mut block.maximums, place, point.max);
            put(&mut block.weights, place, i16::try_from(point.weight).unwrap_or(i16::MAX));
        }
        if flat {
            block.minimums = Vec::new();
            block.maximums = Vec::new();
        }
        if full {
            block.weights = Vec::new();
        }
        (!block.means.is_empty()).then_some(block)
    }

    /// Its points, in the order of time, without the gaps.
    pub fn points(&self) -> impl Iterator<Item = Point> {
        self.means.iter().enumerate().filter(|(_, mean)| mean.is_finite()).map(|(place, mean)| Point {
            at: self.starts_at + i64::try_from(place).unwrap_or_default() * self.tier.seconds(),
            min: self.minimums.get(place).copied().unwrap_or(*mean),
            mean: *mean,
            max: self.maximums.get(place).copied().unwrap_or(*mean),
            weight: self
                .weights
                .get(place)
                .and_then(|weight| u16::try_from(*weight).ok())
                .unwrap_or_else(|| self.tier.full_weight()),
        })
    }

    fn place_of(&self, at: i64) -> Option<usize> {
        let inside = (self.starts_at..self.starts_at + self.tier.block_seconds()).contains(&at);
        usize::try_from((at - self.starts_at).div_euclid(self.tier.seconds())).ok().filter(|_| inside)
    }

    fn lengthen(&mut self, places: usize) {
        self.means.resize(places, f32::NAN);
        self.minimums.resize(places, f32::NAN);
        self.maximums.resize(places, f32::NAN);
        self.weights.resize(places, 0);
    }
}

fn put<T>(places: &mut [T], place: usize, value: T) {
    if let Some(found) = places.get_mut(place) {
        *found = value;
    }
}
