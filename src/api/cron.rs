//! `/servers/{server}/cron`: what runs by a timetable, the text of one table, and what stood there before.

pub mod content;
pub mod log;
pub mod runs;
pub mod versions;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::evidence::{EvidenceView, naming};
use super::preconditions::quoted;
use crate::app::App;
use crate::commands::Command;
use crate::commands::cron::anacron::Job;
use crate::commands::cron::{Entry, Flavour, Line, ListCron, Meaning, Place, Schedule, Tab, Timetables, upcoming};
use crate::crontabs;
use crate::error::{Error, Result};
use crate::web::extract::Asking;

/// Lines of all tables that are told, as many as the screen shows.
const MOST_LINES: usize = 2_000;
/// Variables of each of them that are told.
const MOST_VARIABLES: usize = 100;

/// Which table.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TableQuery {
    /// `user:NAME`, `/etc/crontab`, `/etc/cron.d/NAME` or `/etc/anacrontab`.
    #[param(example = "user:root")]
    table: String,
}

fn place(table: &str) -> Result<Place> {
    Place::from_key(table).ok_or_else(|| Error::field("table", "This table is not known"))
}

/// What a server runs by a timetable.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Timetables)]
pub struct TimetablesView {
    /// The server's clock.
    now: DateTime<Utc>,
    /// The server's time zone, by which the lines come.
    #[schema(example = "Asia/Seoul")]
    time_zone: String,
    /// `vixie`, `cronie`, `busybox` or `unknown`.
    #[schema(value_type = String, example = "vixie")]
    daemon: Flavour,
    /// Whether the daemon runs; null where that cannot be told.
    daemon_runs: Option<bool>,
    /// Whether root looked: others see their own table and those that anybody may read.
    as_root: bool,
    /// The tables.
    tables: Vec<TableView>,
    /// Scripts of `/etc/cron.daily` and its siblings.
    scripts: Vec<ScriptView>,
    /// Timers of systemd.
    timers: Vec<TimerView>,
    /// Jobs of `/etc/anacrontab`.
    anacron: Vec<JobView>,
    /// Tables that could not be read, or that have a name which cannot be told.
    left_out: usize,
    /// Lines behind the first 2,000, which are not told: all tables are counted together.
    lines_left_out: usize,
    /// How we know.
    evidence: EvidenceView,
}

/// One table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Crontab)]
pub struct TableView {
    /// Its name in parameters.
    #[schema(example = "user:root")]
    table: String,
    /// Give this as `If-Match` to replace it; null where it is not there, or is longer than is read.
    etag: Option<String>,
    /// Why cron does not read it; null where it does.
    ignored: Option<String>,
    /// Its lines that run, that are switched off, or that cron does not understand.
    lines: Vec<LineView>,
}

/// One line of a table. The server's own text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrontabLine)]
pub struct LineView {
    /// Which, counted from 1.
    number: usize,
    /// `on`, `off` or `unreadable`.
    #[schema(example = "on")]
    state: &'static str,
    /// Why it is not understood.
    problem: Option<String>,
    /// Its time, as it was written.
    #[schema(example = "50 8 * * 1-5")]
    time: Option<String>,
    /// The time in words.
    #[schema(example = "every weekday at 08:50")]
    sentence: Option<String>,
    /// As whom it runs.
    user: Option<String>,
    /// The command, as it was written; of an unreadable line all of it.
    command: String,
    /// The next five times; none of one that is switched off, that comes when the daemon starts, or never.
    next: Vec<DateTime<Utc>>,
    /// The variables that it runs with: those above it, at most 100.
    variables: Vec<VariableView>,
    /// How many more variables it runs with.
    variables_left_out: usize,
}

/// A variable of a table.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CrontabVariable)]
pub struct VariableView {
    /// `MAILTO`, `PATH`, …
    #[schema(example = "MAILTO")]
    name: String,
    /// What it is.
    value: String,
}

/// One job of anacron: it runs once so many days after it ran last. The server's own text.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AnacronJob)]
pub struct JobView {
    /// Its line, counted from 1.
    number: usize,
    /// Its name.
    #[schema(example = "cron.daily")]
    name: String,
    /// How often, in words.
    sentence: String,
    /// Minutes that it waits once its day has come.
    delay_minutes: u32,
    /// The command.
    command: String,
    /// The day on which it ran last; null where that is not told.
    last_on: Option<NaiveDate>,
    /// The first day on which it may run again.
    next_on: Option<NaiveDate>,
}

/// One script.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CronScript)]
pub struct ScriptView {
    /// Where it lies.
    #[schema(example = "/etc/cron.daily")]
    directory: String,
    /// Its name.
    name: String,
    /// Why it is left out; null where it runs.
    problem: Option<String>,
}

/// One timer.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SystemdTimer)]
pub struct TimerView {
    /// Its unit.
    name: String,
    /// What it starts.
    unit: String,
    /// What it says about itself.
    description: String,
    /// When, in systemd's words.
    when: Vec<String>,
    /// Whether it waits for its time.
    active: bool,
    /// When it comes next.
    next: Option<DateTime<Utc>>,
    /// When it came last.
    last: Option<DateTime<Utc>>,
}

/// Everything that runs by a timetable on a server: crontabs, scripts by the day, timers.
#[utoipa::path(
    operation_id = "list_timetables",
    get, path = "/api/v1/servers/{server}/cron", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = TimetablesView)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<TimetablesView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = naming(&request, ListCron::TYPE, crontabs::read(&host).await)?;
    let found = answer.value;
    let (mut room, mut lines_left_out) = (MOST_LINES, 0);
    let mut tables = Vec::new();
    for tab in &found.tabs {
        let lines: Vec<Told<'_>> = (1..).zip(tab.table.lines()).filter_map(|line| Told::of(tab, line)).collect();
        let told = lines.get(..room.min(lines.len())).unwrap_or_default();
        (room, lines_left_out) = (room - told.len(), lines_left_out + lines.len() - told.len());
        tables.push(TableView::new(&found, tab, told));
    }
    Ok(Json(TimetablesView {
        now: found.now,
        time_zone: found.zone.name(),
        daemon: found.daemon,
        daemon_runs: found.is_running,
        as_root: found.by_root,
        tables,
        lines_left_out,
        scripts: found.scripts.iter().map(ScriptView::from).collect(),
        timers: found.timers.iter().map(TimerView::from).collect(),
        anacron: found.jobs().map(|(number, job)| JobView::new(&found, number, job)).collect(),
        left_out: found.left_out,
        evidence: answer.evidence.into(),
    }))
}

impl TableView {
    fn new(found: &Timetables, tab: &Tab, lines: &[Told<'_>]) -> Self {
        Self {
            table: tab.place.key(),
            etag: (tab.exists && !tab.is_cut).then(|| etag(tab)),
            ignored: tab.ignored.as_ref().map(ToString::to_string),
            lines: lines.iter().map(|told| LineView::new(found, tab, told)).collect(),
        }
    }
}

/// A line that is told.
struct Told<'l> {
    number: usize,
    line: &'l Line,
    state: &'static str,
}

impl<'l> Told<'l> {
    fn of(tab: &Tab, (number, line): (usize, &'l Line)) -> Option<Self> {
        let state = match &line.meaning {
            _ if tab.place == Place::Anacron => return None,
            Meaning::Entry(_) => "on",
            Meaning::Off(..) => "off",
            Meaning::Unreadable(_) => "unreadable",
            _ => return None,
        };
        Some(Self { number, line, state })
    }
}

impl LineView {
    fn new(found: &Timetables, tab: &Tab, &Told { number, line, state }: &Told<'_>) -> Self {
        let problem = match &line.meaning {
            Meaning::Unreadable(why) => Some(why.to_string()),
            _ => None,
        };
        let entry = line.entry();
        let variables = tab.table.variables_at(number).take(MOST_VARIABLES);
        let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let runs = |schedule: &Schedule| {
            let comes = state == "on" && tab.ignored.is_none() && !schedule.is_random();
            let zone = tab.zone_of(number, found.zone);
            if comes { upcoming(schedule, zone, found.now, 5, found.daemon) } else { Vec::new() }
        };
        Self {
            number,
            state,
            problem,
            time: entry.map(Entry::time),
            sentence: entry.map(|entry| entry.schedule.sentence().to_string()),
            user: entry.map(|entry| tab.user_of(entry).to_owned()),
            command: entry.map_or_else(|| line.text(), |entry| lossy(entry.command())),
            next: entry.map(|entry| runs(&entry.schedule)).unwrap_or_default(),
            variables: variables
                .map(|(name, value)| VariableView { name: name.to_owned(), value: lossy(value) })
                .collect(),
            variables_left_out: tab.table.count_variables_at(number).saturating_sub(MOST_VARIABLES),
        }
    }
}

impl JobView {
    fn new(found: &Timetables, number: usize, job: Job) -> Self {
        Self {
            number,
            sentence: job.sentence().to_string(),
            delay_minutes: job.delay,
            last_on: found.ran_on(&job),
            next_on: found.comes_on(&job),
            name: job.name,
            command: job.command,
        }
    }
}

impl From<&crate::commands::cron::Script> for ScriptView {
    fn from(script: &crate::commands::cron::Script) -> Self {
        Self {
            directory: script.directory.clone(),
            name: script.name.clone(),
            problem: script.why_not.as_ref().map(ToString::to_string),
        }
    }
}

impl From<&crate::commands::cron::Timer> for TimerView {
    fn from(timer: &crate::commands::cron::Timer) -> Self {
        Self {
            name: timer.name.clone(),
            unit: timer.unit.clone(),
            description: timer.description.clone(),
            when: timer.when.clone(),
            active: timer.is_active,
            next: timer.next,
            last: timer.last,
        }
    }
}

fn etag(tab: &Tab) -> String {
    quoted(crontabs::digest_of(tab))
}
