//! When a scenario runs: by a cron expression, once, or at an interval; in a time zone of its own. Pure.
//!
//! A slot is a moment at which a scenario is due. Slots of a cron expression follow the clock on the wall: one that the clock skips
//! comes at the first moment after the gap, one that it repeats comes once (J08). Slots of an interval follow elapsed time.

mod due;

use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use chrono_tz::Tz;
use serde::{Deserialize, Serialize};

use crate::commands::cron::{Flavour, Schedule as Fields, Zone, upcoming};
use crate::error::FieldErrors;
use crate::language::Message;

pub use due::{Due, MOST_LISTED};

/// The longest cron expression, bytes (J10).
const LONGEST: usize = 128;
/// The shortest interval, seconds: what is due more often belongs into metrics.
const SHORTEST_INTERVAL: i64 = 10;
/// The longest one, seconds: a year.
const LONGEST_INTERVAL: i64 = 366 * 86_400;
/// The most that a run may be put off by chance, seconds.
const MOST_JITTER: u32 = 3_600;
/// Expressions mean what Vixie's cron, of most systems, makes of them.
const FLAVOUR: Flavour = Flavour::Vixie;
/// How late a run may be without being late, unless a scenario says something else, seconds.
const GRACE: i64 = 300;

/// When a scenario runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// How its slots are found.
    pub when: When,
    /// By which clock, also for people.
    pub time_zone: Tz,
    /// Each run is put off by up to so many seconds, by chance.
    #[serde(default)]
    pub jitter_seconds: u32,
}

/// How slots are found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum When {
    /// At the times of five fields, or of a word like `@daily`.
    Cron {
        /// `50 8 * * 1-5`
        expression: String,
    },
    /// Once.
    Date {
        /// At this moment.
        at: DateTime<Utc>,
    },
    /// Again and again.
    Interval {
        /// So many seconds apart.
        every_seconds: i64,
        /// The first slot; the others are counted from it.
        starts_at: DateTime<Utc>,
        /// No slot comes after this.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ends_at: Option<DateTime<Utc>>,
    },
}

impl Schedule {
    /// What is wrong with it: what never comes, or lies behind, is none (J10).
    pub fn problems(&self, now: DateTime<Utc>) -> FieldErrors {
        let mut problems = FieldErrors::default();
        match &self.when {
            When::Cron { expression } => match fields(expression) {
                Err(why) => problems.add("expression", why),
                Ok(_) if self.next_after(now).is_none() => problems.add("expression", "This never comes"),
                Ok(_) => {}
            },
            When::Date { at } if *at <= now => problems.add("at", "This lies behind us"),
            When::Date { .. } => {}
            When::Interval { every_seconds, starts_at, ends_at } => {
                if !(SHORTEST_INTERVAL..=LONGEST_INTERVAL).contains(every_seconds) {
                    problems.add("every_seconds", "An interval is 10 s at least, and a year at most");
                } else if ends_at.is_some_and(|end| end < *starts_at) {
                    problems.add("ends_at", "It ends before it begins");
                } else if self.next_after(now).is_none() {
                    problems.add("ends_at", "This lies behind us");
                }
            }
        }
        if self.jitter_seconds > MOST_JITTER {
            problems.add("jitter_seconds", "A run is put off by an hour at most");
        }
        problems
    }

    /// The same of one that is written over another: one that is not changed may lie behind by now.
    pub fn problems_over(&self, before: Option<&Self>, now: DateTime<Utc>) -> FieldErrors {
        if before.is_some_and(|before| before.is_same(self)) { FieldErrors::default() } else { self.problems(now) }
    }

    /// Whether both have the same slots. Forms know whole seconds only.
    pub fn is_same(&self, other: &Self) -> bool {
        let whole = |schedule: &Self| {
            let mut whole = schedule.clone();
            match &mut whole.when {
                When::Cron { .. } => {}
                When::Date { at } => *at = at.trunc_subsecs(0),
                When::Interval { starts_at, ends_at, .. } => {
                    *starts_at = starts_at.trunc_subsecs(0);
                    *ends_at = ends_at.map(|end| end.trunc_subsecs(0));
                }
            }
            whole
        };
        whole(self) == whole(other)
    }

    /// The first slot after a moment. A start that lies behind brings nothing back.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        self.upcoming(after, 1).pop()
    }

    /// The first `count` slots after a moment; fewer where there are no more.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        match &self.when {
            When::Cron { expression } => fields(expression).map_or_else(
                |_no_schedule| Vec::new(),
                |fields| upcoming(&fields, Zone::Named(self.time_zone), after, count, FLAVOUR),
            ),
            When::Date { at } => (*at > after && count > 0).then_some(*at).into_iter().collect(),
            When::Interval { every_seconds, starts_at, ends_at } => {
                let every = (*every_seconds).max(1);
                let first = if *starts_at > after {
                    0
                } else {
                    (after - *starts_at).num_microseconds().unwrap_or(i64::MAX).div_euclid(every * 1_000_000) + 1
                };
                let slots = (first..)
                    .map_while(|n| starts_at.checked_add_signed(TimeDelta::try_seconds(n.checked_mul(every)?)?));
                slots.take_while(|slot| ends_at.is_none_or(|end| *slot <= end)).take(count).collect()
            }
        }
    }

    /// The distance of two slots around a moment, where there are two.
    fn period(&self, around: DateTime<Utc>) -> Option<TimeDelta> {
        match self.upcoming(around - TimeDelta::microseconds(1), 2).as_slice() {
            [one, two] => Some(*two - *one),
            _ => None,
        }
    }

    /// How late a run of this slot may be without being late: half of the distance to the next one, five minutes at most (J06).
    pub fn usual_grace(&self, slot: DateTime<Utc>) -> TimeDelta {
        let most = TimeDelta::seconds(GRACE);
        self.period(slot).map_or(most, |period| (period / 2).min(most))
    }

    /// The sentence for people: `every weekday at 08:50`.
    pub fn sentence(&self) -> Message {
        match &self.when {
            When::Cron { expression } => match fields(expression) {
                Ok(fields) => fields.sentence(),
                Err(why) => why,
            },
            When::Date { at } => {
                Message::new("once, {time}").with("time", at.with_timezone(&self.time_zone).format("%Y-%m-%d %H:%M:%S"))
            }
            When::Interval { every_seconds, .. } => every(*every_seconds),
        }
    }
}

/// Why an expression is none that hannun knows, or what it means.
fn fields(expression: &str) -> Result<Fields, Message> {
    if expression.len() > LONGEST {
        return Err(Message::new("A cron expression has 128 bytes at most"));
    }
    match Fields::read(expression, FLAVOUR)? {
        Fields::Reboot => Err(Message::new("hannun does not restart by a timetable: @reboot is for crontabs")),
        fields @ Fields::At(_) => Ok(fields),
    }
}

fn every(seconds: i64) -> Message {
    match seconds {
        86_400 => Message::new("every day"),
        3_600 => Message::new("every hour"),
        60 => Message::new("every minute"),
        days if days % 86_400 == 0 => Message::new("every {n} days").with("n", days / 86_400),
        hours if hours % 3_600 == 0 => Message::new("every {n} hours").with("n", hours / 3_600),
        minutes if minutes % 60 == 0 => Message::new("every {n} minutes").with("n", minutes / 60),
        seconds => Message::new("every {n} seconds").with("n", seconds),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cron(expression: &str, zone: &str) -> Schedule {
        let when = When::Cron { expression: expression.to_owned() };
        Schedule { when, time_zone: zone.parse().unwrap(), jitter_seconds: 0 }
    }

    fn interval(every_seconds: i64, starts_at: &str, ends_at: Option<&str>) -> Schedule {
        let when = When::Interval { every_seconds, starts_at: at(starts_at), ends_at: ends_at.map(at) };
        Schedule { when, time_zone: Tz::UTC, jitter_seconds: 0 }
    }

    fn told(schedule: &Schedule, after: &str, count: usize) -> Vec<String> {
        let local = |slot: DateTime<Utc>| slot.with_timezone(&schedule.time_zone).format("%m-%d %H:%M:%S").to_string();
        schedule.upcoming(at(after), count).into_iter().map(local).collect()
    }

    #[test]
    fn rel_j08_each_scenario_lives_by_its_own_clock() {
        let weekdays = cron("50 8 * * 1-5", "Asia/Seoul");
        assert_eq!(told(&weekdays, "2026-11-27T00:00:00Z", 2), ["11-30 08:50:00", "12-01 08:50:00"]);
        for (zone, after, expected) in [
            ("Europe/Berlin", "2026-03-28T12:00:00Z", ["03-29 03:00:00", "03-30 02:30:00"]),
            ("Europe/Berlin", "2026-10-24T12:00:00Z", ["10-25 02:30:00", "10-26 02:30:00"]),
            ("America/New_York", "2026-03-07T12:00:00Z", ["03-08 03:00:00", "03-09 02:30:00"]),
            ("America/New_York", "2026-10-31T12:00:00Z", ["11-01 02:30:00", "11-02 02:30:00"]),
        ] {
            assert_eq!(told(&cron("30 2 * * *", zone), after, 2), expected, "{zone} {after}");
        }
        // In New York it is the hour from one to two that comes twice.
        assert_eq!(
            told(&cron("30 1 * * *", "America/New_York"), "2026-10-31T12:00:00Z", 2),
            ["11-01 01:30:00", "11-02 01:30:00"]
        );
        assert_eq!(told(&cron("0 0 29 2 *", "Asia/Seoul"), "2026-01-01T00:00:00Z", 1), ["02-29 00:00:00"]);
        assert_eq!(
            told(&cron("0 0 31 * *", "Asia/Seoul"), "2026-01-31T00:00:00Z", 2),
            ["03-31 00:00:00", "05-31 00:00:00"]
        );
    }

    #[test]
    fn rel_j08_an_interval_goes_by_elapsed_time_and_brings_nothing_back() {
        let hourly = interval(3_600, "2026-03-29T00:30:00Z", Some("2026-03-29T03:00:00Z"));
        assert_eq!(told(&hourly, "2026-03-28T00:00:00Z", 9), ["03-29 00:30:00", "03-29 01:30:00", "03-29 02:30:00"]);
        assert_eq!(told(&hourly, "2026-03-29T01:30:00Z", 9), ["03-29 02:30:00"]);
        assert_eq!(told(&hourly, "2026-03-29T01:29:59.999999Z", 1), ["03-29 01:30:00"]);
        assert_eq!(told(&interval(10, "1970-01-01T00:00:00Z", None), "2026-11-29T00:00:03Z", 1), ["11-29 00:00:10"]);
    }

    #[test]
    fn rel_j10_what_never_comes_or_lies_behind_is_refused_with_the_reason() {
        let now = at("2026-11-29T12:00:00Z");
        let why = |schedule: &Schedule| {
            let problems = schedule.problems(now);
            problems.iter().map(|(field, problem)| format!("{field}: {problem}")).collect::<Vec<_>>().join("; ")
        };
        assert_eq!(why(&cron("50 8 * * 1-5", "Asia/Seoul")), "");
        assert_eq!(why(&cron("@daily", "Asia/Seoul")), "");
        assert_eq!(why(&cron("0 0 30 2 *", "UTC")), "expression: This never comes");
        assert_eq!(why(&cron(&"1,".repeat(80), "UTC")), "expression: A cron expression has 128 bytes at most");
        assert!(why(&cron("@reboot", "UTC")).contains("@reboot is for crontabs"));
        assert!(why(&cron("every day", "UTC")).contains("five fields"));
        let once = |text: &str| Schedule { when: When::Date { at: at(text) }, time_zone: Tz::UTC, jitter_seconds: 0 };
        assert_eq!(why(&once("2026-11-29T12:00:00Z")), "at: This lies behind us");
        assert_eq!(why(&once("2026-11-29T12:00:01Z")), "");
        assert!(why(&interval(9, "2026-01-01T00:00:00Z", None)).starts_with("every_seconds"));
        assert!(why(&interval(i64::MAX, "2026-01-01T00:00:00Z", None)).starts_with("every_seconds"));
        assert_eq!(
            why(&interval(60, "2026-01-02T00:00:00Z", Some("2026-01-01T00:00:00Z"))),
            "ends_at: It ends before it begins"
        );
        assert_eq!(
            why(&interval(60, "2026-01-01T00:00:00Z", Some("2026-01-02T00:00:00Z"))),
            "ends_at: This lies behind us"
        );
        let late = Schedule { jitter_seconds: 3_601, ..cron("@daily", "UTC") };
        assert!(why(&late).starts_with("jitter_seconds"));
    }

    #[test]
    fn rel_j10_what_has_passed_since_it_was_saved_may_stay_as_it_is_and_no_other_may_come() {
        let now = at("2026-11-29T12:00:00Z");
        let once = |text: &str| Schedule { when: When::Date { at: at(text) }, time_zone: Tz::UTC, jitter_seconds: 0 };
        let passed = once("2026-11-29T11:00:00.25Z");
        assert!(passed.problems_over(Some(&passed), now).is_empty());
        assert!(once("2026-11-29T11:00:00Z").problems_over(Some(&passed), now).is_empty(), "as a form has it");
        for other in [once("2026-11-29T11:00:01Z"), Schedule { time_zone: Tz::Asia__Seoul, ..passed.clone() }] {
            assert!(other.problems_over(Some(&passed), now).of("at").is_some(), "{other:?}");
        }
        assert!(passed.problems_over(None, now).of("at").is_some());
        let ended = interval(60, "2026-01-01T00:00:00Z", Some("2026-01-02T00:00:00Z"));
        assert!(ended.problems_over(Some(&ended), now).is_empty() && !ended.problems_over(None, now).is_empty());
    }

    #[test]
    fn what_is_often_has_less_grace() {
        let slot = at("2026-11-29T12:00:00Z");
        assert_eq!(cron("*/5 * * * *", "UTC").usual_grace(slot), TimeDelta::seconds(150));
        assert_eq!(cron("0 12 * * *", "UTC").usual_grace(slot), TimeDelta::seconds(300));
        assert_eq!(interval(10, "2026-11-29T12:00:00Z", None).usual_grace(slot), TimeDelta::seconds(5));
    }

    #[test]
    fn a_schedule_is_a_plain_sentence_and_the_same_again_after_it_was_stored() {
        for (schedule, sentence) in [
            (cron("50 8 * * 1-5", "Asia/Seoul"), "every weekday at 08:50"),
            (interval(86_400, "2026-11-29T12:00:00Z", None), "every day"),
            (interval(7_200, "2026-11-29T12:00:00Z", None), "every 2 hours"),
            (interval(90, "2026-11-29T12:00:00Z", Some("2026-12-29T12:00:00Z")), "every 90 seconds"),
            (
                Schedule {
                    when: When::Date { at: at("2026-11-29T23:50:00Z") },
                    time_zone: Tz::Asia__Seoul,
                    jitter_seconds: 5,
                },
                "once, 2026-11-30 08:50:00",
            ),
        ] {
            assert_eq!(schedule.sentence().to_string(), sentence);
            let stored = serde_json::to_value(&schedule).unwrap();
            assert_eq!(serde_json::from_value::<Schedule>(stored).unwrap(), schedule);
        }
    }
}
