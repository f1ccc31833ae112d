//! The audit log, as administrators read it. Nobody changes it.

use chrono::{DateTime, Datelike, Days, NaiveDate, NaiveTime, TimeDelta, TimeZone, Utc};

use super::screen;
use crate::admin::asked::{Asked, BEFORE};
use crate::admin::cell::Cell;
use crate::admin::history::FieldChange;
use crate::admin::list::{Facet, FacetChoice, Found, List, PER_PAGE};
use crate::admin::record::OBJECT;
use crate::admin::resource::{Beside, Resource};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Scope;
use crate::models::audit::{AuditColumn, AuditEvent, AuditFilter, Outcome};
use crate::web::menu::Screen;

static SCREEN: Screen = screen("audit-events", "Audit log", "list-checks");

/// Who did what to which server, from where, and how it ended.
pub struct AuditEvents;

/// Words that a filter offers at most.
const WORDS: i64 = 30;

const OUTCOMES: &[(&str, &str)] = &[
    ("asked", "Asked"),
    ("succeeded", "Succeeded"),
    ("failed", "Failed"),
    ("refused", "Refused"),
    ("unknown", "Unknown"),
];
const TIMES: &[(&str, &str)] = &[("1", "Last 24 hours"), ("7", "Last 7 days"), ("30", "Last 30 days")];

impl Resource for AuditEvents {
    type Row = AuditEvent;
    type Draft = ();

    const BESIDE: Beside = Beside::Chain;

    fn screen() -> &'static Screen {
        &SCREEN
    }

    fn list() -> List<AuditEvent> {
        List::in_order_of("-number")
            .column("Number", |event: &AuditEvent| Cell::Number { value: event.number, text: event.number.to_string() })
            .column("Time", |event| Cell::Time(Some(event.at)))
            .column("Who", |event| Cell::Text(event.actor.clone()))
            .column("From", |event| Cell::Code(event.address.map(|from| from.0.to_string()).unwrap_or_default()))
            .column("What", |event| Cell::Code(event.action.clone()))
            .column("Server", |event| Cell::Text(event.server.clone()))
            .column("Target", target)
            .column("Outcome", |event| outcome(event.outcome))
            .column("Details", |event| Cell::Long(details(event)))
            .search("Server, person, target or detail", |event| event.target.clone())
            .input("from", "From day", "date")
            .input("to", "To day", "date")
            .input("address", "From address", "text")
            .input("target", "Target", "text")
            .unsorted()
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<AuditEvent>> {
        Ok(AuditEvent::latest(connection, &AuditFilter::default(), per_page())?)
    }

    fn find(connection: &mut Connection, _: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<Found<AuditEvent>> {
        let filter = filter(asked, now)?;
        let mut events = AuditEvent::latest(connection, &filter, per_page() + 1)?;
        let has_older = events.len() > PER_PAGE;
        events.truncate(PER_PAGE);
        let older = events.last().map(|event| event.number).filter(|_| has_older);
        let facets = vec![
            words(connection, "who", "Who", AuditColumn::Actor)?,
            words(connection, "what", "What", AuditColumn::Action)?,
            words(connection, "server", "Server", AuditColumn::Server)?,
            ours("outcome", "Outcome", OUTCOMES),
            ours("days", "Time", TIMES),
        ];
        Ok(Found { matched: events.len(), rows: events, facets, older })
    }

    fn row(connection: &mut Connection, _: &Scope, id: i64) -> Result<AuditEvent> {
        AuditEvent::by_number(connection, id)?.ok_or(Error::NotFound("The event"))
    }

    fn id(row: &AuditEvent) -> i64 {
        row.number
    }

    fn name(row: &AuditEvent) -> String {
        row.number.to_string()
    }
}

fn per_page() -> i64 {
    i64::try_from(PER_PAGE).unwrap_or(i64::MAX)
}

fn outcome(outcome: Outcome) -> Cell {
    let (dot, label) = match outcome {
        Outcome::Asked => ("run", "Asked"),
        Outcome::Succeeded => return Cell::Word("Succeeded"),
        Outcome::Failed => ("crit", "Failed"),
        Outcome::Refused => ("down", "Refused"),
        Outcome::Unknown => ("warn", "Unknown"),
    };
    Cell::State { dot, label }
}

fn details(event: &AuditEvent) -> String {
    let details = event.details.0.iter().map(|(name, value)| FieldChange::of(name, value, None).in_one_line());
    let run_as = (!event.run_as.is_empty()).then(|| format!("run as: {}", event.run_as));
    details.chain(run_as).collect::<Vec<_>>().join(", ")
}

/// The target; where the event is about a row of the administration, it leads to the row's history.
fn target(event: &AuditEvent) -> Cell {
    let object = event.details.0.get(OBJECT).and_then(|object| object.split_once('/'));
    let known = object.filter(|(slug, id)| crate::admin::resource(slug).is_ok() && id.parse::<i64>().is_ok());
    match known {
        Some((slug, id)) => Cell::Link { text: event.target.clone(), href: format!("/admin/{slug}/{id}/history") },
        None => Cell::Text(event.target.clone()),
    }
}

/// The moment at which a day of the reader's zone begins, so many days later.
fn beginning(asked: &Asked, name: &'static str, days_later: u64) -> Result<Option<DateTime<Utc>>> {
    let Some(text) = asked.filter(name) else { return Ok(None) };
    let day =
        NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().and_then(|day| day.checked_add_days(Days::new(days_later)));
    let midnight = day.map(|day| day.and_time(NaiveTime::MIN)).filter(|at| (1..=9999).contains(&at.year()));
    // Where a clock is put forward at midnight, the day begins an hour later.
    let begins = midnight.and_then(|at| {
        let hours = [at, at + TimeDelta::hours(1)];
        hours.into_iter().find_map(|at| asked.zone.from_local_datetime(&at).earliest())
    });
    match begins {
        Some(at) => Ok(Some(at.with_timezone(&Utc))),
        None => Err(Error::field(name, "Write a day like this: 2026-11-28")),
    }
}

/// What the question narrows the log to.
pub fn filter(asked: &Asked, now: DateTime<Utc>) -> Result<AuditFilter> {
    let chosen = |name| asked.filter(name).map(str::to_owned);
    let days = asked.filter("days").and_then(|days| days.parse().ok()).and_then(TimeDelta::try_days);
    let address = asked.filter("address").map(|text| text.trim().parse());
    let address = address.transpose().map_err(|_no_address| Error::field("address", "This is not an IP address"))?;
    let days = days.and_then(|days| now.checked_sub_signed(days));
    Ok(AuditFilter {
        actor: chosen("who"),
        target: chosen("target"),
        address,
        action: chosen("what"),
        server: chosen("server"),
        outcome: asked.filter("outcome").and_then(Outcome::from_name),
        from: beginning(asked, "from", 0)?.max(days),
        to: beginning(asked, "to", 1)?,
        before: asked.filter(BEFORE).and_then(|number| number.parse().ok()),
        text: (!asked.search.is_empty()).then(|| asked.search.clone()),
        ..AuditFilter::default()
    })
}

fn words(connection: &mut Connection, name: &'static str, label: &'static str, column: AuditColumn) -> Result<Facet> {
    let words = AuditEvent::words(connection, column, WORDS)?.into_iter();
    let choices = words.map(|word| FacetChoice { label: word.clone(), value: word, is_word: false, count: None });
    Ok(Facet { name, label, all: None, choices: choices.collect() })
}

fn ours(name: &'static str, label: &'static str, words: &'static [(&'static str, &'static str)]) -> Facet {
    let choices = words.iter().map(|(value, label)| FacetChoice {
        value: (*value).to_owned(),
        label: (*label).to_owned(),
        is_word: true,
        count: None,
    });
    Facet { name, label, all: None, choices: choices.collect() }
}
