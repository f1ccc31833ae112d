//! When the next sample is due: on a grid of our clock, spread over the interval by the server's id. Pure.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use crate::models::ids::ServerId;

/// The next moment of the server's grid after `now`, and after `last` where that is the same moment come early.
pub(super) fn next(server: ServerId, interval: Duration, last: DateTime<Utc>, now: DateTime<Utc>) -> DateTime<Utc> {
    let interval = i64::try_from(interval.as_millis()).unwrap_or(i64::MAX).max(1);
    // Timers may fire a little early: the moment that was just served does not come again.
    let from = if last > now && last - now < TimeDelta::milliseconds(interval) { last } else { now };
    let from = from.timestamp_millis();
    let due = from - (from - phase(server, interval)).rem_euclid(interval) + interval;
    DateTime::from_timestamp_millis(due).unwrap_or(now)
}

/// Where in the interval this server's moments lie: neighbours far apart, all of them evenly (the golden ratio does that).
fn phase(server: ServerId, interval: i64) -> i64 {
    let place = server.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 32;
    i64::try_from((u128::from(place) * u128::from(interval.unsigned_abs())) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Duration = Duration::from_secs(10);

    fn at(milliseconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(1_700_000_000_000 + milliseconds).unwrap()
    }

    #[test]
    fn moments_lie_on_one_grid_whatever_the_delay() {
        let first = next(ServerId(7), TEN, at(0), at(0));
        assert!(first > at(0) && first <= at(10_000));
        let second = next(ServerId(7), TEN, first, first + TimeDelta::milliseconds(3_217));
        assert_eq!(second - first, TimeDelta::seconds(10));
        let after_a_pause = next(ServerId(7), TEN, first, first + TimeDelta::seconds(95));
        assert_eq!(after_a_pause - first, TimeDelta::seconds(100));
    }

    #[test]
    fn a_timer_that_fires_early_does_not_serve_a_moment_twice() {
        let first = next(ServerId(7), TEN, at(0), at(0));
        assert_eq!(next(ServerId(7), TEN, first, first - TimeDelta::milliseconds(2)) - first, TimeDelta::seconds(10));
    }

    #[test]
    fn rel_j09_a_clock_that_is_set_back_delays_a_sample_by_one_interval_at_most() {
        let first = next(ServerId(7), TEN, at(0), at(0));
        let set_back = first - TimeDelta::hours(2);
        assert!(next(ServerId(7), TEN, first, set_back) - set_back <= TimeDelta::seconds(10));
    }

    #[test]
    fn rel_r01_servers_are_spread_over_the_interval() {
        let mut per_second = [0; 10];
        for id in 1..=200 {
            let moment = next(ServerId(id), TEN, at(0), at(0)).timestamp_millis().rem_euclid(10_000);
            per_second[usize::try_from(moment / 1_000).unwrap()] += 1;
        }
        assert!(per_second.iter().all(|count| (15..=25).contains(count)), "{per_second:?}");
    }
}
