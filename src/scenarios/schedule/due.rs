//! What is due after a while in which nobody may have looked: which slot is run, and which ones were missed (J06). Pure.

use chrono::{DateTime, TimeDelta, Utc};

use super::Schedule;

/// The most slots that are listed as missed; more of them are counted from the newest ones on.
pub const MOST_LISTED: usize = 1_000;

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The newest slot, which is run.
    pub slot: DateTime<Utc>,
    /// It comes later than its grace allows.
    pub is_late: bool,
    /// Older slots that nobody ran, the oldest first; at most [`MOST_LISTED`].
    pub missed: Vec<DateTime<Utc>>,
    /// The next slot; none where there is no more.
    pub next: Option<DateTime<Utc>>,
}

impl Schedule {
    /// What is due at `now`, where `first` is the slot that comes next; none where that has not come yet.
    pub fn due(&self, first: DateTime<Utc>, now: DateTime<Utc>, grace: Option<TimeDelta>) -> Option<Due> {
        if first > now {
            return None;
        }
        let mut slots = self.slots(first, now);
        // The schedule may have another slot by now than the one that was written down: that one is due all the same.
        let slot = slots.pop().unwrap_or(first);
        let is_late = now - slot > grace.unwrap_or_else(|| self.usual_grace(slot));
        Some(Due { slot, is_late, missed: slots, next: self.next_after(now) })
    }

    /// The slots from `first` to `now`; of very many the newest.
    fn slots(&self, first: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let most = MOST_LISTED + 1;
        let mut from = first - TimeDelta::microseconds(1);
        loop {
            // One more than is wanted tells whether there are more.
            let mut slots = self.upcoming(from, most + 1);
            let is_all = slots.len() <= most || slots.last().is_some_and(|last| *last > now);
            slots.retain(|slot| *slot <= now);
            if is_all {
                return slots;
            }
            // Half of what is left is passed over until the rest is few enough.
            let half = from + (now - from) / 2;
            if half <= from {
                return slots;
            }
            from = half;
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::super::When;
    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn cron(expression: &str) -> Schedule {
        let when = When::Cron { expression: expression.to_owned() };
        Schedule { when, time_zone: Tz::UTC, jitter_seconds: 0 }
    }

    #[test]
    fn rel_j06_after_three_hours_there_is_one_late_slot_and_the_others_are_listed() {
        let due = cron("*/5 * * * *").due(at("2026-11-29T09:00:00Z"), at("2026-11-29T11:58:00Z"), None).unwrap();
        assert_eq!(due.slot, at("2026-11-29T11:55:00Z"));
        assert!(due.is_late, "three minutes are more than half of five");
        assert_eq!((due.missed.len(), due.missed[0]), (35, at("2026-11-29T09:00:00Z")));
        assert_eq!(due.next, Some(at("2026-11-29T12:00:00Z")));
    }

    #[test]
    fn a_slot_that_is_run_at_once_is_on_time_and_misses_nothing() {
        let hourly = cron("0 * * * *");
        let noon = at("2026-11-29T12:00:00Z");
        let due = hourly.due(noon, noon + TimeDelta::seconds(1), None).unwrap();
        assert_eq!(due, Due { slot: noon, is_late: false, missed: Vec::new(), next: Some(at("2026-11-29T13:00:00Z")) });
        assert_eq!(hourly.due(noon, noon - TimeDelta::seconds(1), None), None);
        let strict = hourly.due(noon, noon + TimeDelta::seconds(2), Some(TimeDelta::seconds(1))).unwrap();
        assert!(strict.is_late);
    }

    #[test]
    fn rel_j09_a_clock_that_jumped_a_year_lists_the_newest_and_counts_no_further() {
        let now = at("2027-11-29T12:00:30Z");
        let due = cron("* * * * *").due(at("2026-11-29T12:00:00Z"), now, None).unwrap();
        assert_eq!(due.slot, at("2027-11-29T12:00:00Z"));
        assert!((500..=MOST_LISTED).contains(&due.missed.len()), "{}", due.missed.len());
        assert!(due.missed.is_sorted());
        let when = When::Interval { every_seconds: 10, starts_at: at("2020-01-01T00:00:00Z"), ends_at: None };
        let due = Schedule { when, ..cron("") }.due(at("2020-01-01T00:00:00Z"), now, None).unwrap();
        assert_eq!((due.slot, due.next), (now, Some(now + TimeDelta::seconds(10))));
    }

    #[test]
    fn a_date_comes_once_and_never_again() {
        let noon = at("2026-11-29T12:00:00Z");
        let once = Schedule { when: When::Date { at: noon }, ..cron("") };
        let due = once.due(noon, noon + TimeDelta::minutes(10), None).unwrap();
        assert_eq!(due, Due { slot: noon, is_late: true, missed: Vec::new(), next: None });
    }
}
