//! When something that grows will be full, if it goes on like this. Pure.

use std::time::Duration;

/// A trend needs this many points, or a single large file would predict the end of the world.
const LEAST_POINTS: usize = 6;
/// Further away than this nobody plans.
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// How a filesystem's use moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trend {
    /// Not watched for long enough.
    Unknown,
    /// It does not grow, or so slowly that it takes more than a year.
    Flat,
    /// Full after this long.
    FullIn(Duration),
}

/// The trend of `points` `(seconds, used)` towards `size`: the least-squares line through them.
pub fn trend(points: &[(f64, f64)], size: f64) -> Trend {
    let (Some((first, _)), Some((last, used))) = (points.first(), points.last()) else { return Trend::Unknown };
    if points.len() < LEAST_POINTS || last - first < 3600.0 {
        return Trend::Unknown;
    }
    #[expect(clippy::cast_precision_loss, reason = "a count of points")]
    let count = points.len() as f64;
    let mean_x = points.iter().map(|(x, _)| x).sum::<f64>() / count;
    let mean_y = points.iter().map(|(_, y)| y).sum::<f64>() / count;
    let spread = points.iter().map(|(x, _)| (x - mean_x).powi(2)).sum::<f64>();
    let slope = points.iter().map(|(x, y)| (x - mean_x) * (y - mean_y)).sum::<f64>() / spread;
    let seconds = (size - used) / slope;
    if slope <= 0.0 || !seconds.is_finite() || seconds > LONGEST.as_secs_f64() {
        return Trend::Flat;
    }
    Trend::FullIn(Duration::from_secs_f64(seconds.max(0.0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(hours: i32, per_hour: f64) -> Vec<(f64, f64)> {
        (0..hours).map(|hour| (f64::from(hour) * 3600.0, 100.0 + f64::from(hour) * per_hour)).collect()
    }

    #[test]
    fn steady_growth_reaches_the_end_when_arithmetic_says() {
        assert_eq!(trend(&line(24, 1.0), 147.0), Trend::FullIn(Duration::from_hours(24)));
    }

    #[test]
    fn what_does_not_grow_is_flat_and_what_was_not_watched_is_unknown() {
        assert_eq!(trend(&line(24, 0.0), 200.0), Trend::Flat);
        assert_eq!(trend(&line(24, -2.0), 200.0), Trend::Flat);
        assert_eq!(trend(&line(3, 1.0), 200.0), Trend::Unknown);
        assert_eq!(trend(&[], 200.0), Trend::Unknown);
    }

    #[test]
    fn a_filesystem_that_is_full_is_full_now() {
        assert_eq!(trend(&line(24, 1.0), 120.0), Trend::FullIn(Duration::ZERO));
    }
}
