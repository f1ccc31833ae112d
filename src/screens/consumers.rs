//! What used processor or memory most, beside the charts: now, or at the moment that somebody asks about.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::gather::Stored;
use super::part::Part;
use super::range::Range;
use super::region::EvidenceLine;
use crate::app::App;
use crate::commands::ListProcesses;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::consumer_readings::{Consumer, ConsumerReading};
use crate::models::ids::ServerId;
use crate::remote::host::{Evidence, Host};
use crate::web::errors::Fail;
use crate::web::format;

/// A reading younger than this is of now: whoever looks at the same time is not another reason to ask the server.
const FRESH: TimeDelta = TimeDelta::seconds(9);
/// Between two readings where nobody looks, and some: what is farther away says nothing about a moment.
const NEAR: TimeDelta = TimeDelta::minutes(10);
/// Over a longer span than this it is not what happens now.
const NOW: f32 = 60.0;
/// Between two listings, where what happens now is asked for at once.
const APART: Duration = Duration::from_millis(700);

/// By what processes are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// By processor time.
    Cpu,
    /// By memory.
    Memory,
}

/// The region.
#[derive(Debug, Clone)]
pub struct Consumed {
    /// By what.
    pub by: By,
    /// It shows now, and goes on asking.
    pub follows: bool,
    /// It asks at once: the page did not wait for what is of now.
    pub hurries: bool,
    /// The moment that was asked about.
    pub asked: Option<DateTime<Utc>>,
    /// What it shows.
    pub shown: Shown,
}

/// What the region shows.
#[derive(Debug, Clone)]
pub enum Shown {
    /// Those that used most.
    Reading(Box<Table>),
    /// Nothing is known, and why.
    Nothing(Message),
    /// The server did not do what was asked.
    Failed(Box<Fail>),
    /// The answer is still to come.
    Waiting,
}

/// One reading.
#[derive(Debug, Clone)]
pub struct Table {
    /// Most first.
    pub rows: Vec<Row>,
    /// When it was.
    pub at: DateTime<Utc>,
    /// That is a moment ago.
    pub is_of_now: bool,
    /// The mean of how long; none where the server itself said what a moment is.
    pub span: Option<Duration>,
    /// Its own address.
    pub link: String,
    /// How we know, where the server was asked for this page.
    pub evidence: Option<EvidenceLine>,
}

/// One process. Name and user are the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// The program's short name.
    pub name: String,
    /// Who it runs as.
    pub user: String,
    /// Its number.
    pub pid: u32,
    /// How much.
    pub value: String,
}

/// Who asks where.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    /// The page.
    pub path: &'a str,
    /// The span that its charts show.
    pub range: &'a Range,
    /// The moment that somebody asks about; now where there is none.
    pub at: Option<DateTime<Utc>>,
    /// The page or the region alone.
    pub part: Part,
    /// The server may be asked.
    pub answers: bool,
}

impl Consumed {
    /// What used most at the asked moment. Only the region alone waits for the server.
    pub async fn load(app: &App, stored: &Stored, actor: &Actor, (by, asked): (By, Asked<'_>)) -> Result<Self> {
        let host = app.hosts.of(actor.clone(), stored.server.clone());
        let now = app.clock.now();
        let (server, moment) = (stored.server.id, asked.at.unwrap_or(now));
        let nearest = app.db.run(move |connection| ConsumerReading::nearest(connection, server, moment)).await?;
        let near = nearest.filter(|reading| (reading.at - moment).abs() <= NEAR);
        let table = |reading, evidence| Shown::Reading(Box::new(Table::of(by, reading, (&asked, now), evidence)));
        let shown = match near {
            Some(reading) if asked.at.is_some() || !asked.answers || asked.part == Part::Page => table(reading, None),
            Some(reading) if now - reading.at < FRESH => table(reading, None),
            _ if asked.at.is_some() || !asked.answers => Shown::Nothing(Message::new(NOTHING)),
            _ if asked.part == Part::Page => Shown::Waiting,
            _ => match tokio::time::timeout(asked.part.patience().limit, read(app, &host)).await {
                Ok(Ok(Some((reading, evidence)))) => table(reading, Some(evidence.into())),
                Ok(Err(Error::Remote(error))) => Shown::Failed(Box::new(Fail::new(&error, stored.role_of(actor)))),
                Ok(Err(error)) => return Err(error),
                Ok(Ok(None)) | Err(_) => Shown::Waiting,
            },
        };
        let follows = asked.at.is_none() && asked.answers;
        let is_of_now = matches!(&shown, Shown::Reading(table) if table.is_of_now);
        let hurries = follows && asked.part == Part::Page && !is_of_now;
        Ok(Self { by, follows, hurries, asked: asked.at, shown })
    }
}

const NOTHING: &str = "Nothing was read around that moment. What uses most is read every 5 minutes, every minute while the \
                       server is busy, every 10 seconds while somebody looks at this page, and kept for 48 hours.";

/// Asks the server: once, and again where the span since it was last asked is too long to be called now.
async fn read(app: &App, host: &Host) -> Result<Option<(ConsumerReading, Evidence)>> {
    match list(app, host).await? {
        Some((reading, evidence)) if reading.span_seconds <= NOW => Ok(Some((reading, evidence))),
        _ => {
            tokio::time::sleep(APART).await;
            list(app, host).await
        }
    }
}

async fn list(app: &App, host: &Host) -> Result<Option<(ConsumerReading, Evidence)>> {
    let answer = host.read(ListProcesses).await?;
    let server: ServerId = host.server().id;
    let Some(reading) = app.live.server(server).listed(server, &answer.value, app.clock.now()) else { return Ok(None) };
    let kept = reading.clone();
    app.db.run(move |connection| ConsumerReading::store(connection, &[kept])).await?;
    Ok(Some((reading, answer.evidence)))
}

impl Table {
    fn of(
        by: By,
        reading: ConsumerReading,
        (asked, now): (&Asked<'_>, DateTime<Utc>),
        evidence: Option<EvidenceLine>,
    ) -> Self {
        let consumers = match by {
            By::Cpu => reading.by_cpu.0,
            By::Memory => reading.by_memory.0,
        };
        let value = |one: &Consumer| match by {
            By::Cpu => one.cpu.map(|percent| format::percent(percent.into())),
            By::Memory => one.bytes.map(format::bytes),
        };
        let row = |one: Consumer| Row {
            value: value(&one).unwrap_or_default(),
            name: one.name,
            user: one.user,
            pid: one.pid,
        };
        let span = Duration::try_from_secs_f32(reading.span_seconds).unwrap_or_default();
        // A span that ends now would be another one whenever the address is opened.
        let range = Range { key: None, ..*asked.range };
        let at = reading.at.to_rfc3339_opts(SecondsFormat::Secs, true);
        Self {
            rows: consumers.into_iter().map(row).collect(),
            at: reading.at,
            is_of_now: evidence.is_some() || now - reading.at < FRESH,
            span: Some(span).filter(|span| !span.is_zero() && by == By::Cpu),
            link: format!("{}?{}&at={at}", asked.path, range.query()),
            evidence,
        }
    }
}
