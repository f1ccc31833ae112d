//! Jobs of `/etc/anacrontab`: each runs once so many days after it ran last, when the server is up for it. Pure.

use chrono::{Datelike, Days, Months, NaiveDate};

use super::{Place, Timetables};
use crate::language::Message;

/// One job.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// How often.
    pub every: Every,
    /// Minutes that it waits once its day has come.
    pub delay: u32,
    /// By which anacron remembers the day on which it ran.
    pub name: String,
    /// What runs.
    pub command: String,
}

/// How often a job runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Every {
    /// So many days after the last time.
    Days(u32),
    /// In another month than the last time.
    Month,
}

impl Job {
    /// Reads a line: `7 25 cron.weekly run-parts /etc/cron.weekly`. Comments and variables are none.
    pub fn read(line: &str) -> Option<Self> {
        let mut words = line.split_whitespace();
        let every = match words.next()? {
            "@daily" => Every::Days(1),
            "@weekly" => Every::Days(7),
            "@monthly" => Every::Month,
            days => Every::Days(days.parse().ok()?),
        };
        let (delay, name) = (words.next()?.parse().ok()?, words.next()?.to_owned());
        let command = words.collect::<Vec<_>>().join(" ");
        (!command.is_empty()).then_some(Self { every, delay, name, command })
    }

    /// How often, as a sentence.
    pub fn sentence(&self) -> Message {
        match self.every {
            Every::Days(0 | 1) => Message::new("once a day, by anacron"),
            Every::Days(7) => Message::new("once a week, by anacron"),
            Every::Days(days) => Message::new("once in {n} days, by anacron").with("n", days),
            Every::Month => Message::new("once a month, by anacron"),
        }
    }

    /// The first day on which it may run again.
    pub fn next(&self, last: NaiveDate, today: NaiveDate) -> Option<NaiveDate> {
        let due = match self.every {
            Every::Days(days) => last.checked_add_days(Days::new(u64::from(days.max(1)))),
            // anacron compares the months alone.
            Every::Month => last.with_day(1)?.checked_add_months(Months::new(1)),
        };
        due.map(|due| due.max(today))
    }
}

impl Timetables {
    /// Jobs of anacron, each with the number of its line.
    pub fn jobs(&self) -> impl Iterator<Item = (usize, Job)> {
        let tab = self.tabs.iter().find(|tab| tab.place == Place::Anacron);
        let lines = tab.into_iter().flat_map(|tab| tab.table.lines().iter().enumerate());
        lines.filter_map(|(at, line)| Some((at + 1, Job::read(&line.text())?)))
    }

    /// On which day a job ran last, if anacron tells.
    pub fn ran_on(&self, job: &Job) -> Option<NaiveDate> {
        self.ran.iter().find(|(name, _)| *name == job.name).map(|(_, day)| *day)
    }

    /// The first day on which a job may run again, by the server's clock; none where nobody knows when it ran last.
    pub fn comes_on(&self, job: &Job) -> Option<NaiveDate> {
        job.next(self.ran_on(job)?, self.zone.local(self.now).date())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn a_job_has_a_period_a_delay_a_name_and_a_command() {
        let job = Job::read("7\t25 cron.weekly\tnice run-parts /etc/cron.weekly").unwrap();
        assert_eq!((job.every, job.delay, job.name.as_str()), (Every::Days(7), 25, "cron.weekly"));
        assert_eq!(job.command, "nice run-parts /etc/cron.weekly");
        for line in ["", "# 1 5 a b", "SHELL=/bin/sh", "1 5 a", "x 5 a b", "1 y a b"] {
            assert_eq!(Job::read(line), None, "{line}");
        }
    }

    #[test]
    fn a_job_comes_again_after_its_period_and_never_in_the_past() {
        let next = |line: &str, last: &str, today: &str| Job::read(line).unwrap().next(day(last), day(today)).unwrap();
        assert_eq!(next("7 25 w x", "2026-11-25", "2026-11-29"), day("2026-12-02"));
        assert_eq!(next("1 5 d x", "2026-11-01", "2026-11-29"), day("2026-11-29"), "it is overdue");
        assert_eq!(next("@monthly 45 m x", "2026-01-31", "2026-02-01"), day("2026-02-01"));
        assert_eq!(next("@monthly 45 m x", "2026-12-31", "2026-12-31"), day("2027-01-01"));
    }
}
