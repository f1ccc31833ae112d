//! The audit log, as administrators read it. Nobody changes it.

use chrono::{DateTime, TimeDelta, Utc};

use super::screen;
use crate::admin::asked::{Asked, BEFORE};
use crate::admin::cell::Cell;
use crate::admin::history::FieldChange;
use crate::admin::list::{Facet, FacetChoice, Found, List, PER_PAGE};
use crate::admin::resource::Resource;
use crate::db::Connection;
use crate::error::Result;
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
            .column("Target", |event| Cell::Text(event.target.clone()))
            .column("Outcome", |event| outcome(event.outcome))
            .column("Details", |event| Cell::Long(details(event)))
            .search("Server, person, target or detail", |event| event.target.clone())
            .unsorted()
    }

    fn rows(connection: &mut Connection, _: &Scope) -> Result<Vec<AuditEvent>> {
        Ok(AuditEvent::latest(connection, &AuditFilter::default(), per_page())?)
    }

    fn find(connection: &mut Connection, _: &Scope, asked: &Asked, now: DateTime<Utc>) -> Result<Found<AuditEvent>> {
        let filter = filter(asked, now);
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
        AuditEvent::by_number(connection, id)?.ok_or(crate::error::Error::NotFound("The event"))
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

fn filter(asked: &Asked, now: DateTime<Utc>) -> AuditFilter {
    let chosen = |name| asked.filter(name).map(str::to_owned);
    let days = asked.filter("days").and_then(|days| days.parse().ok()).and_then(TimeDelta::try_days);
    AuditFilter {
        actor: chosen("who"),
        action: chosen("what"),
        server: chosen("server"),
        outcome: asked.filter("outcome").and_then(Outcome::from_name),
        from: days.and_then(|days| now.checked_sub_signed(days)),
        before: asked.filter(BEFORE).and_then(|number| number.parse().ok()),
        text: (!asked.search.is_empty()).then(|| asked.search.clone()),
        ..AuditFilter::default()
    }
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
