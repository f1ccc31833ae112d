//! When a check is due on a server: on a grid of our clock, spread over the interval. Pure.

use chrono::{DateTime, TimeDelta, Utc};

use crate::models::ids::{CheckId, ServerId};

/// The next moment after `now` at which `check` is due on `server`.
pub fn next(check: CheckId, server: ServerId, interval: TimeDelta, now: DateTime<Utc>) -> DateTime<Utc> {
    let interval = interval.num_milliseconds().max(1);
    let from = now.timestamp_millis();
    let due = from - (from - phase(check, server, interval)).rem_euclid(interval) + interval;
    DateTime::from_timestamp_millis(due).unwrap_or(now)
}

/// Where in the interval its moments lie: another place for each server, and for each check of a server.
fn phase(check: CheckId, server: ServerId, interval: i64) -> i64 {
    let mixed = server.0.unsigned_abs().wrapping_mul(0x9e37_79b9_7f4a_7c15)
        ^ check.0.unsigned_abs().wrapping_mul(0xc2b2_ae3d_27d4_eb4f);
    let place = mixed.wrapping_mul(0xff51_afd7_ed55_8ccd) >> 32;
    i64::try_from((u128::from(place) * u128::from(interval.unsigned_abs())) >> 32).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp_secs(1_700_000_000 + seconds).unwrap()
    }

    #[test]
    fn moments_lie_on_one_grid_and_never_in_the_past() {
        let minute = TimeDelta::seconds(60);
        let first = next(CheckId(1), ServerId(7), minute, at(0));
        assert!(first > at(0) && first <= at(60));
        assert_eq!(next(CheckId(1), ServerId(7), minute, first) - first, minute);
        let late = next(CheckId(1), ServerId(7), minute, first + TimeDelta::seconds(125));
        assert_eq!(late - first, TimeDelta::seconds(180));
    }

    #[test]
    fn rel_r01_a_check_of_many_servers_is_spread_over_its_interval() {
        let mut per_tenth = [0; 10];
        for server in 1..=1_000 {
            let due = next(CheckId(3), ServerId(server), TimeDelta::seconds(300), at(0));
            per_tenth[usize::try_from((due.timestamp() - at(0).timestamp() - 1) / 30).unwrap()] += 1;
        }
        assert!(per_tenth.iter().all(|count| (60..=140).contains(count)), "{per_tenth:?}");
    }
}
