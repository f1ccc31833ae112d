//! What a scenario would have done over the last two weeks: its times, the numbers that were stored then, and the same decisions as in a
//! run. Nobody is told, and nothing is kept.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::destinations::Kind;
use super::reading::Reading;
use super::schedule::{Schedule, When};
use super::sources::{self, Past, Stored};
use super::unsaved::{Destination, Prepared, Unsaved};
use super::work::{Scenarios, wanted};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::actor::Actor;

/// How far it looks back, days.
pub const DAYS: i64 = 14;
/// Times that are looked at, the newest ones of more.
pub const MOST_TIMES: usize = 5_000;
/// Servers whose numbers are looked at.
pub const MOST_SERVERS: usize = 8;
/// Times at which somebody would have been told that are listed with their messages, the newest ones of more.
pub const MOST_FIRINGS: usize = 20;
/// How long decisions may take: regular expressions over many readings are not free.
const PATIENCE: Duration = Duration::from_secs(10);
/// Times that two weeks can have: an interval is ten seconds at least.
const ALL_TIMES: usize = 130_000;

/// What would have been.
pub struct BackTest {
    /// The first time that was looked at; none where there was none.
    pub from: Option<DateTime<Utc>>,
    /// The last one.
    pub to: Option<DateTime<Utc>>,
    /// How many times were looked at.
    pub times: usize,
    /// There were more.
    pub is_cut: bool,
    /// Whose numbers were looked at.
    pub servers: Vec<String>,
    /// Servers that a run would read besides these.
    pub left_out: usize,
    /// Times at which nothing had been stored of any of the servers.
    pub unread: usize,
    /// Seconds that one stored number stands for, at most: what was shorter than that is not seen.
    pub resolution_seconds: u32,
    /// How often somebody would have been told.
    pub fired: usize,
    /// Each destination with how often it would have been told, in their order.
    pub destinations: Vec<(&'static Kind, usize)>,
    /// The newest times at which somebody would have been told, the newest first; at most [`MOST_FIRINGS`].
    pub firings: Vec<Firing>,
}

/// A time at which somebody would have been told.
pub struct Firing {
    /// When.
    pub at: DateTime<Utc>,
    /// Who, in the order of the destinations.
    pub told: Vec<Told>,
}

/// What one destination would have been told.
pub struct Told {
    /// Which, from 0.
    pub place: usize,
    /// Its kind.
    pub kind: &'static Kind,
    /// Of which servers.
    pub servers: Vec<String>,
    /// The name of a value with what it was on the first of them: that of the condition, or the first one.
    pub value: Option<(String, String)>,
    /// The message, or why there would have been none.
    pub message: std::result::Result<Value, Message>,
}

impl Scenarios {
    /// Looks back, for whoever `asks`; the inner error is why that cannot be done.
    pub async fn look_back(&self, asks: &Actor, unsaved: Unsaved) -> Result<std::result::Result<BackTest, Message>> {
        let (asks, now, schedule) = (asks.clone(), self.clock.now(), unsaved.wish.schedule.clone());
        let prepared = self.db.run(move |connection| unsaved.prepare(connection, &asks, now)).await?;
        let times = match times(&schedule, now)? {
            Ok(times) => times,
            Err(why) => return Ok(Err(why)),
        };
        let Some(stored) = sources::stored(prepared.source, &prepared.settings) else {
            let why = Message::new(
                "Only numbers that hannun keeps can be looked back at, and {source} is read anew each time",
            );
            return Ok(Err(why.with_words("source", prepared.source.label)));
        };
        let (servers, left_out) = prepared.first_servers(MOST_SERVERS);
        let skipped = times.len().saturating_sub(MOST_TIMES);
        let times = times.into_iter().skip(skipped).collect::<Vec<_>>();
        let mut pasts = Vec::with_capacity(servers.len());
        for server in servers {
            let past = stored.past(server.id, &times, (&self.db, now, &self.config.retention)).await?;
            pasts.push((server.name, past));
        }
        let walk = Walk { prepared, stored, times, pasts };
        let mut found = tokio::task::spawn_blocking(move || walk.walk(PATIENCE)).await.map_err(Error::internal)?;
        found.left_out = left_out;
        found.is_cut |= skipped > 0;
        Ok(Ok(found))
    }
}

/// The times of the last two weeks. An interval is thought on to before its start: it may begin today.
fn times(schedule: &Schedule, now: DateTime<Utc>) -> Result<std::result::Result<Vec<DateTime<Utc>>, Message>> {
    let from = now - TimeDelta::days(DAYS);
    let mut schedule = schedule.clone();
    let mut wrong = FieldErrors::default();
    for (field, problem) in schedule.problems(now).iter().filter(|(field, _)| *field != "at" && *field != "ends_at") {
        wrong.add(format!("schedule.{field}"), problem.clone());
    }
    wrong.or(())?;
    match &mut schedule.when {
        When::Cron { .. } => {}
        When::Date { .. } => return Ok(Err(Message::new("A date comes once: there is nothing to look back at"))),
        When::Interval { every_seconds, starts_at, ends_at } => {
            let rounds = (*starts_at - from).num_seconds().max(0).div_euclid(*every_seconds) + 1;
            let back = rounds.checked_mul(*every_seconds).and_then(TimeDelta::try_seconds);
            *starts_at = back.and_then(|back| starts_at.checked_sub_signed(back)).unwrap_or(from);
            *ends_at = None;
        }
    }
    let mut times = schedule.upcoming(from, ALL_TIMES);
    times.retain(|at| *at <= now);
    Ok(Ok(times))
}

/// All that is needed to walk from the first time to the last.
struct Walk {
    prepared: Prepared,
    stored: Stored,
    times: Vec<DateTime<Utc>>,
    pasts: Vec<(String, Past)>,
}

/// A destination that would have been told, with what.
type Fired = (usize, Vec<Reading>);

impl Walk {
    fn walk(&self, patience: Duration) -> BackTest {
        let (begun, destinations) = (Instant::now(), &self.prepared.destinations);
        let looks_back = destinations.iter().map(|one| one.condition.looks_back()).max().unwrap_or_default() as usize;
        let mut before: Vec<Vec<Reading>> = Vec::with_capacity(looks_back + 1);
        let mut newest: VecDeque<(DateTime<Utc>, Vec<Fired>)> = VecDeque::new();
        let mut found = self.nothing_yet();
        for (place, at) in self.times.iter().enumerate() {
            if begun.elapsed() > patience {
                found.is_cut = true;
                break;
            }
            let readings = self.readings(place, *at);
            found.times += 1;
            found.to = Some(*at);
            found.unread += usize::from(readings.iter().all(|reading| reading.failed.is_some()));
            let fired = self.fired(&readings, &before, &mut found.destinations);
            if !fired.is_empty() {
                found.fired += 1;
                newest.push_front((*at, fired));
                newest.truncate(MOST_FIRINGS);
            }
            before.insert(0, readings);
            before.truncate(looks_back);
        }
        found.firings = newest.into_iter().map(|(at, fired)| self.firing(at, fired)).collect();
        found
    }

    fn nothing_yet(&self) -> BackTest {
        BackTest {
            from: self.times.first().copied(),
            to: None,
            times: 0,
            is_cut: false,
            servers: self.pasts.iter().map(|(server, _)| server.clone()).collect(),
            left_out: 0,
            unread: 0,
            resolution_seconds: self.pasts.iter().map(|(_, past)| past.resolution).max().unwrap_or_default(),
            fired: 0,
            destinations: self.prepared.destinations.iter().map(|one| (one.kind, 0)).collect(),
            firings: Vec::new(),
        }
    }

    /// What would have been read at a time.
    fn readings(&self, place: usize, at: DateTime<Utc>) -> Vec<Reading> {
        let of = |(server, past): &(String, Past)| {
            let values = past.values(place);
            let failed = values.is_empty().then(|| sources::nothing(server, self.stored.window_seconds));
            Reading { server: server.clone(), at, values, failed }
        };
        self.pasts.iter().map(of).collect()
    }

    /// Who would have been told of what; counted for each destination.
    fn fired(
        &self,
        readings: &[Reading],
        before: &[Vec<Reading>],
        counts: &mut [(&'static Kind, usize)],
    ) -> Vec<Fired> {
        let mut fired = Vec::new();
        for ((place, destination), (_, count)) in self.prepared.destinations.iter().enumerate().zip(counts) {
            let about = wanted(readings, before, &destination.condition);
            if !about.is_empty() {
                *count += 1;
                fired.push((place, about.into_iter().cloned().collect()));
            }
        }
        fired
    }

    fn firing(&self, at: DateTime<Utc>, fired: Vec<Fired>) -> Firing {
        let told = |(place, about): Fired| {
            let destination = self.prepared.destinations.get(place)?;
            let told: Vec<&Reading> = about.iter().collect();
            Some(Told {
                place,
                kind: destination.kind,
                servers: about.iter().map(|reading| reading.server.clone()).collect(),
                value: about.first().and_then(|first| value(destination, first)),
                message: self.prepared.message(destination, &told, at),
            })
        };
        Firing { at, told: fired.into_iter().filter_map(told).collect() }
    }
}

fn value(destination: &Destination, reading: &Reading) -> Option<(String, String)> {
    let name = match destination.condition.value() {
        Some(name) => name.to_owned(),
        None => reading.leaves().first()?.0.clone(),
    };
    let text = reading.text(&name)?;
    Some((name, text))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn at(text: &str) -> DateTime<Utc> {
        text.parse().unwrap()
    }

    fn of(when: When, now: &str) -> std::result::Result<Vec<DateTime<Utc>>, String> {
        let schedule = Schedule { when, time_zone: Tz::Asia__Seoul, jitter_seconds: 0 };
        times(&schedule, at(now)).unwrap().map_err(|why| why.to_string())
    }

    #[test]
    fn the_times_of_two_weeks_are_those_of_the_schedule_also_before_an_interval_begins() {
        let now = "2026-11-29T12:00:00Z";
        let cron = |expression: &str| When::Cron { expression: expression.to_owned() };
        let weekdays = of(cron("50 8 * * 1-5"), now).unwrap();
        assert_eq!(
            (weekdays.len(), weekdays[0], weekdays[9]),
            (10, at("2026-11-15T23:50:00Z"), at("2026-11-26T23:50:00Z"))
        );
        assert_eq!(of(cron("* * * * *"), now).unwrap().len(), 14 * 1_440);
        let interval = |every_seconds: i64, starts_at: &str| When::Interval {
            every_seconds,
            starts_at: at(starts_at),
            ends_at: Some(at("2027-01-01T00:00:00Z")),
        };
        for start in ["2026-11-29T12:00:05Z", "2026-12-24T00:00:05Z", "2020-01-01T00:00:05Z"] {
            let times = of(interval(3_600, start), now).unwrap();
            assert_eq!((times.len(), times[0]), (14 * 24, at("2026-11-15T12:00:05Z")), "{start}");
        }
        assert_eq!(of(interval(10, now), now).unwrap().len(), 14 * 8_640);
        assert!(of(When::Date { at: at(now) }, now).is_err_and(|why| why.contains("comes once")));
        let wrong = Schedule { when: cron("61 * * * *"), time_zone: Tz::UTC, jitter_seconds: 0 };
        assert!(
            matches!(times(&wrong, at(now)), Err(Error::Invalid(wrong)) if wrong.of("schedule.expression").is_some())
        );
    }
}
