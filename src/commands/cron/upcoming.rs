//! The next times of a schedule, by the server's clock. Pure.

use chrono::{
    DateTime, Datelike, Days, FixedOffset, LocalResult, Months, NaiveDate, NaiveDateTime, Offset, TimeDelta, TimeZone,
    Utc,
};
use chrono_tz::Tz;

use super::Flavour;
use super::schedule::{Fields, Schedule};

/// How many years ahead a time is looked for: a 29 February that must be one day of the week comes within that.
const YEARS: u32 = 40;

/// By which clock a server lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zone {
    /// One with a name, and with changes that are known.
    Named(Tz),
    /// An offset; whether it changes is not known.
    Fixed(FixedOffset),
}

impl Default for Zone {
    fn default() -> Self {
        Self::Named(Tz::UTC)
    }
}

impl Zone {
    /// `Asia/Seoul`, `+09:00`
    pub fn name(self) -> String {
        match self {
            Self::Named(zone) => zone.name().to_owned(),
            Self::Fixed(offset) => offset.to_string(),
        }
    }

    /// The date and time there.
    pub fn local(self, at: DateTime<Utc>) -> NaiveDateTime {
        match self {
            Self::Named(zone) => at.with_timezone(&zone).naive_local(),
            Self::Fixed(offset) => at.with_timezone(&offset).naive_local(),
        }
    }
}

/// The next `count` times after `after`; fewer where there are no more, none of `@reboot`.
pub fn upcoming(
    schedule: &Schedule,
    zone: Zone,
    after: DateTime<Utc>,
    count: usize,
    flavour: Flavour,
) -> Vec<DateTime<Utc>> {
    let Schedule::At(fields) = schedule else { return Vec::new() };
    match zone {
        Zone::Named(zone) => times(fields, &zone, after, count, flavour),
        Zone::Fixed(offset) => times(fields, &offset, after, count, flavour),
    }
}

fn times<Z: TimeZone>(
    fields: &Fields,
    zone: &Z,
    after: DateTime<Utc>,
    count: usize,
    flavour: Flavour,
) -> Vec<DateTime<Utc>> {
    let mut found = Vec::with_capacity(count);
    if !fields.comes() {
        return found;
    }
    // A time of yesterday may come only now, where the clock was put forward over midnight.
    let Some(first) = after.with_timezone(zone).naive_local().date().checked_sub_days(Days::new(1)) else {
        return found;
    };
    let (mut next, last) = (Some(first), first.checked_add_months(Months::new(YEARS * 12)));
    while let Some(date) = next.filter(|date| last.is_none_or(|last| *date <= last) && found.len() < count) {
        // A month that is not meant is passed over at once: somebody may have thousands of lines that come on 29 February only.
        if !fields.month.has(date.month()) {
            next = date.with_day(1).and_then(|date| date.checked_add_months(Months::new(1)));
            continue;
        }
        if fields.fits(date) {
            on_day(fields, zone, (date, after), count, flavour, &mut found);
        }
        next = date.succ_opt();
    }
    found
}

fn on_day<Z: TimeZone>(
    fields: &Fields,
    zone: &Z,
    (date, after): (NaiveDate, DateTime<Utc>),
    count: usize,
    flavour: Flavour,
    found: &mut Vec<DateTime<Utc>>,
) {
    let midnight = date.and_time(chrono::NaiveTime::MIN);
    let minutes = fields.hour.values().flat_map(|hour| fields.minute.values().map(move |minute| (hour, minute)));
    let locals = minutes.map(|(hour, minute)| midnight + TimeDelta::minutes(i64::from(hour * 60 + minute)));
    let offset = |at: NaiveDateTime| zone.offset_from_utc_datetime(&at).fix();
    let (before, behind) = (offset(midnight - TimeDelta::hours(15)), offset(midnight + TimeDelta::hours(39)));
    if before == behind {
        // An ordinary day: nothing is skipped, nothing comes twice.
        let left = count.saturating_sub(found.len());
        let times = locals.map(|local| (local - before).and_utc()).filter(|time| *time > after);
        found.extend(times.take(left));
        return;
    }
    let mut times: Vec<DateTime<Utc>> = Vec::new();
    let catches_up = flavour.catches_up() && fields.is_fixed();
    for local in locals {
        match zone.from_local_datetime(&local) {
            LocalResult::Single(time) => times.push(time.to_utc()),
            LocalResult::Ambiguous(once, again) => {
                times.push(once.to_utc());
                if !catches_up {
                    times.push(again.to_utc());
                }
            }
            LocalResult::None if catches_up => times.extend(first_after_gap(zone, local)),
            LocalResult::None => {}
        }
    }
    times.retain(|time| *time > after);
    times.sort_unstable();
    times.dedup();
    let left = count.saturating_sub(found.len());
    found.extend(
        times.into_iter().filter(|time| found.last().is_none_or(|last| time > last)).take(left).collect::<Vec<_>>(),
    );
}

/// The first moment at which the clock shows a time again.
fn first_after_gap<Z: TimeZone>(zone: &Z, local: NaiveDateTime) -> Option<DateTime<Utc>> {
    (1..=180).find_map(|minutes| {
        let time = zone.from_local_datetime(&(local + TimeDelta::minutes(minutes))).earliest()?;
        Some(time.to_utc())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str, zone: &str, after: &str, count: usize, flavour: Flavour) -> Vec<String> {
        let schedule = Schedule::read(text, flavour).unwrap();
        let zone: Tz = zone.parse().unwrap();
        let after: DateTime<Utc> = after.parse().unwrap();
        let times = upcoming(&schedule, Zone::Named(zone), after, count, flavour);
        times.into_iter().map(|time| time.with_timezone(&zone).format("%m-%d %H:%M %z").to_string()).collect()
    }

    #[test]
    fn the_next_times_are_those_of_the_server_s_zone() {
        assert_eq!(
            told("50 8 * * 1-5", "Asia/Seoul", "2026-11-27T00:00:00Z", 3, Flavour::Vixie),
            ["11-30 08:50 +0900", "12-01 08:50 +0900", "12-02 08:50 +0900"]
        );
        assert_eq!(
            told("*/20 23 * * *", "UTC", "2026-12-31T23:20:00Z", 3, Flavour::Vixie),
            ["12-31 23:40 +0000", "01-01 23:00 +0000", "01-01 23:20 +0000"]
        );
        assert_eq!(told("0 0 29 2 *", "UTC", "2026-01-01T00:00:00Z", 2, Flavour::Vixie).len(), 2);
    }

    #[test]
    fn rel_j10_what_never_comes_has_no_times() {
        for text in ["0 0 30 2 *", "0 0 31 4,6,9,11 *", "0 0 31 2 *"] {
            assert!(told(text, "Europe/Berlin", "2026-01-01T00:00:00Z", 5, Flavour::Vixie).is_empty(), "{text}");
        }
        assert_eq!(told("0 0 29 2 *", "UTC", "2026-01-31T00:00:00Z", 20, Flavour::Cronie), ["02-29 00:00 +0000"; 10]);
        assert_eq!(told("0 0 30 2 1", "UTC", "2026-01-31T00:00:00Z", 1, Flavour::Vixie), ["02-02 00:00 +0000"]);
    }

    #[test]
    fn rel_j08_a_fixed_time_that_the_clock_skips_comes_right_after_and_one_that_it_repeats_comes_once() {
        // Berlin: 29 March 2026, 02:00 becomes 03:00; 25 October, 03:00 becomes 02:00.
        let spring = "2026-03-28T12:00:00Z";
        assert_eq!(
            told("30 2 * * *", "Europe/Berlin", spring, 2, Flavour::Vixie),
            ["03-29 03:00 +0200", "03-30 02:30 +0200"]
        );
        assert_eq!(told("30 2 * * *", "Europe/Berlin", spring, 1, Flavour::BusyBox), ["03-30 02:30 +0200"]);
        assert_eq!(
            told("*/30 2 * * *", "Europe/Berlin", spring, 1, Flavour::Vixie),
            ["03-30 02:00 +0200"],
            "a wildcard goes by the new time"
        );
        let autumn = "2026-10-24T12:00:00Z";
        assert_eq!(
            told("30 2 * * *", "Europe/Berlin", autumn, 2, Flavour::Cronie),
            ["10-25 02:30 +0200", "10-26 02:30 +0100"]
        );
        assert_eq!(
            told("30 2 * * *", "Europe/Berlin", autumn, 2, Flavour::BusyBox),
            ["10-25 02:30 +0200", "10-25 02:30 +0100"]
        );
        assert_eq!(
            told("30 * * * *", "Europe/Berlin", "2026-10-24T23:45:00Z", 3, Flavour::Vixie),
            ["10-25 02:30 +0200", "10-25 02:30 +0100", "10-25 03:30 +0100"]
        );
        assert_eq!(
            told("30 2 * * *", "America/New_York", "2026-03-08T00:00:00Z", 1, Flavour::Vixie),
            ["03-08 03:00 -0400"]
        );
    }

    #[test]
    fn a_clock_that_is_put_forward_over_midnight_loses_nothing() {
        // Cairo: 24 April 2026, 00:00 becomes 01:00.
        assert_eq!(
            told("30 0 * * *", "Africa/Cairo", "2026-04-23T12:00:00Z", 2, Flavour::Vixie),
            ["04-24 01:00 +0300", "04-25 00:30 +0300"]
        );
    }

    #[test]
    fn times_only_grow_whatever_the_schedule() {
        for text in ["*/7 */5 * * *", "5 4 1,15 * 5", "59 23 31 12 *", "* 1-3 * 3,10 sun"] {
            for flavour in [Flavour::Vixie, Flavour::BusyBox] {
                let schedule = Schedule::read(text, flavour).unwrap();
                let after = "2026-03-20T00:00:00Z".parse().unwrap();
                let times = upcoming(&schedule, Zone::Named(Tz::Europe__Berlin), after, 2_000, flavour);
                assert!(times.len() > 30 && times.is_sorted_by(|one, other| one < other), "{text} {flavour:?}");
            }
        }
    }
}
