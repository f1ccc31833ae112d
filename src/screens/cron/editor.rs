//! Changing a crontab: what would be other is shown first, and put there only if the table is still the one that was seen (X06).

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use askama::Template;
use serde::Deserialize;

use super::super::about::About;
use super::super::diff::{DiffLine, diff};
use super::super::gather::Stored;
use super::super::line_ends::Ends;
use super::rows::is_ours;
use crate::app::App;
use crate::commands::cron::{Edit, Entry, Place, Schedule, Tab, Timetables, upcoming};
use crate::commands::files::path::encoded;
use crate::crontabs::{self, Plan};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::ids::CrontabVersionId;
use crate::remote::host::Host;
use crate::web::errors::Fail;
use crate::web::extract::{Operator, Submitted};
use crate::web::filters;
use crate::web::render::Render;

/// Tables that are offered for a new line.
const MOST_PLACES: usize = 300;

/// A change as it was entered. Texts, so that a refused one is shown again.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CronForm {
    /// `add`, `change`, `off`, `on`, `delete`, `text` or `restore`.
    deed: String,
    tab: String,
    /// The table for which `digest` was seen.
    seen_tab: String,
    digest: String,
    line: String,
    time: String,
    user: String,
    command: String,
    comment: String,
    text: String,
    version: String,
    confirmed: bool,
}

/// The form, and what would change.
#[derive(Template)]
#[template(path = "screens/cron/editor.html")]
struct EditorPage {
    about: About,
    form: CronForm,
    label: Message,
    has_user: bool,
    /// Keys and names of tables that a line can be added to.
    places: Vec<(String, Message)>,
    problems: FieldErrors,
    problem: Option<Message>,
    /// The server did not do it.
    fail: Option<Fail>,
    /// None before anything was entered.
    changes: Option<Vec<DiffLine>>,
    /// What a time that was entered means.
    meaning: Option<(Message, Vec<String>)>,
    zone: String,
    /// How it is put there.
    line: String,
    why_not: Option<Message>,
}

/// The form of a change; of one that needs nothing entered, what would change.
///
/// `GET /servers/{server}/cron/editor?deed=change&tab=user:root&line=3`
pub async fn show(
    person: Operator,
    path: Path<String>,
    query: Query<CronForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let mut form = query.into_inner();
    (form.confirmed, form.digest) = (false, String::new());
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let tables = crontabs::read(&host).await?.value;
    prefill(&mut form, &tables)?;
    let planned = match form.deed.as_str() {
        // Nothing was entered yet.
        "add" | "change" | "text" => None,
        _ => Some(plan(&app, &host, &tables, &mut form).await),
    };
    respond(&person, &stored, &app, render, (&tables, form, planned, None))
}

/// What a change would do; confirmed, it is made.
///
/// `POST /servers/{server}/cron/edits`
pub async fn create(
    person: Operator,
    path: Path<String>,
    form: Submitted<CronForm>,
    app: Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let mut form = form.0;
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let tables = crontabs::read(&host).await?.value;
    if form.seen_tab != form.tab {
        // Another table was chosen since: it is looked at first.
        (form.digest, form.confirmed) = (String::new(), false);
    }
    let planned = plan(&app, &host, &tables, &mut form).await;
    match planned {
        Ok(plan) if form.confirmed => {
            let operable = host.operable().await?;
            let label = plan.place.label();
            match app.crontabs().save(&operable, plan.clone(), tables.by_root).await {
                Ok(()) => {}
                // What was entered stays, with what the server said to it.
                Err(Error::Remote(error)) => {
                    let fail = Fail::new(&error, stored.role_of(&person.actor));
                    let shown = (&tables, form, Some(Ok(plan)), Some(fail));
                    return respond(&person, &stored, &app, render, shown);
                }
                Err(error) => return Err(error),
            }
            let said =
                Message::new("Changed on {server}: {table}").with("server", operable.name()).with_words("table", label);
            render.done(said).go(&format!("/servers/{}/cron", operable.name()))
        }
        Err(error @ Error::Conflict(_)) if form.confirmed => Err(error),
        planned => respond(&person, &stored, &app, render, (&tables, form, Some(planned), None)),
    }
}

/// What is there of the line, in the fields.
fn prefill(form: &mut CronForm, tables: &Timetables) -> Result<()> {
    if form.deed == "add" && form.tab.is_empty() {
        form.tab = format!("user:{}", tables.user);
    }
    let place = place_of(form)?;
    let tab = crontabs::tab_of(tables, &place)?;
    match form.deed.as_str() {
        "change" => {
            let entry = entry_of(form, &tab)?;
            (form.time, form.user) = (entry.time(), entry.user.clone().unwrap_or_default());
            text_of(entry.command())?.trim_end_matches('\r').clone_into(&mut form.command);
        }
        "text" => {
            form.text = text_of(&tab.table.bytes())?;
            ends_of(&form.text)?;
        }
        "add" if form.user.is_empty() && tab.table.layout.has_user => "root".clone_into(&mut form.user),
        _ => {}
    }
    Ok(())
}

fn place_of(form: &CronForm) -> Result<Place> {
    Place::from_key(&form.tab).ok_or(Error::NotFound("This crontab"))
}

fn entry_of<'t>(form: &CronForm, tab: &'t Tab) -> Result<&'t Entry> {
    let line = form.line.parse().ok().and_then(|number: usize| tab.table.line(number));
    line.and_then(|line| line.entry()).ok_or(Error::NotFound("This line"))
}

fn text_of(bytes: &[u8]) -> Result<String> {
    let text = String::from_utf8(bytes.to_vec()).ok().filter(|text| !text.contains('\0'));
    text.ok_or_else(|| {
        Error::Conflict(Message::new("Only tables in UTF-8 are changed in a form. Use the API for others"))
    })
}

fn ends_of(text: &str) -> Result<Ends> {
    Ends::of(text).ok_or_else(|| {
        Error::Conflict(Message::new("The lines of this table end in different ways, of which a form would make one"))
    })
}

/// What was entered, as a plan; the digest of what is there now goes into the form, where it has none yet.
async fn plan(app: &App, host: &Host, tables: &Timetables, form: &mut CronForm) -> Result<Plan> {
    let place = place_of(form)?;
    let tab = crontabs::tab_of(tables, &place)?;
    if form.digest.is_empty() {
        form.digest = crontabs::digest_of(&tab);
        form.seen_tab.clone_from(&form.tab);
    }
    let line = form.line.parse::<usize>().unwrap_or_default();
    let (time, command) = (form.time.clone(), form.command.clone().into_bytes());
    let user = if tab.table.layout.has_user { form.user.trim().to_owned() } else { String::new() };
    let edit = match form.deed.as_str() {
        "add" | "change" => {
            check(form, &tab)?;
            let comment = form.comment.trim().to_owned();
            match form.deed.as_str() {
                "add" => Edit::Add { comment, time, user, command },
                _ => Edit::Change { line, time, user, command },
            }
        }
        "off" => Edit::SwitchOff(line),
        "on" => Edit::SwitchOn(line),
        "delete" => Edit::Delete(line),
        "text" => {
            let ends = ends_of(&text_of(&tab.table.bytes())?)?;
            Edit::Whole(ends.restore(&form.text).into_bytes())
        }
        "restore" => {
            let id = form.version.parse().map_err(|_no_number| Error::NotFound("This version"))?;
            let (version, content) = app.crontabs().version(host, CrontabVersionId(id)).await?;
            if version.place != place.key() {
                return Err(Error::NotFound("This version"));
            }
            Edit::Whole(content)
        }
        _ => return Err(Error::BadRequest(Message::new("This choice is not known"))),
    };
    let mut plan = crontabs::plan(tables, &place, &form.digest, &edit)?;
    if form.deed == "restore" {
        plan.what = format!("version {} put back", form.version);
    }
    Ok(plan)
}

/// Each field that cannot be accepted is told beside it.
fn check(form: &CronForm, tab: &Tab) -> Result<()> {
    let mut problems = FieldErrors::default();
    if let Err(why) = tab.table.schedule(&form.time) {
        problems.add("time", why);
    }
    if tab.table.layout.has_user && !crate::commands::cron::is_user_name(form.user.trim()) {
        problems.add("user", "Enter a user name");
    }
    if form.command.trim().is_empty() {
        problems.add("command", "Enter a command");
    }
    for (field, text) in [("time", &form.time), ("command", &form.command), ("comment", &form.comment)] {
        if text.contains(['\n', '\r', '\0']) {
            problems.add(field, "This must be one line");
        }
    }
    problems.or(())
}

fn respond(
    person: &Operator,
    stored: &Stored,
    app: &App,
    render: Render,
    (tables, form, planned, fail): (&Timetables, CronForm, Option<Result<Plan>>, Option<Fail>),
) -> Result<HttpResponse> {
    let (changes, problem, problems) = match planned {
        None => (None, None, FieldErrors::default()),
        Some(Ok(plan)) => {
            let lossy = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            (Some(diff(&lossy(&plan.before), &lossy(&plan.after))), None, FieldErrors::default())
        }
        Some(Err(Error::Invalid(problems))) => (None, problems.of("line").cloned(), problems),
        Some(Err(Error::Conflict(why))) => (None, Some(why), FieldErrors::default()),
        Some(Err(error)) => return Err(error),
    };
    let place = place_of(&form)?;
    let tab = crontabs::tab_of(tables, &place)?;
    let why_not = stored.why_no_changes(&person.actor).or_else(|| {
        (!is_ours(tables, &place)).then(|| Message::new("Changing this table takes root, and hannun is not root there"))
    });
    let meaning = tab.table.schedule(&form.time).ok().filter(|_| matches!(form.deed.as_str(), "add" | "change"));
    let page = EditorPage {
        about: stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level),
        label: place.label(),
        has_user: tab.table.layout.has_user,
        places: places(tables),
        meaning: meaning.map(|schedule| (schedule.sentence(), times(&schedule, tables))),
        zone: tables.zone.name(),
        line: line_of(&place, tables),
        problems,
        problem,
        fail,
        changes,
        why_not,
        form,
    };
    if page.problems.is_empty() { render.page(&page) } else { render.refused(&page) }
}

fn times(schedule: &Schedule, tables: &Timetables) -> Vec<String> {
    let times = upcoming(schedule, tables.zone, tables.now, 5, tables.daemon).into_iter();
    times.map(|time| tables.zone.local(time).format("%Y-%m-%d %H:%M").to_string()).collect()
}

/// The command that puts it there, as a person would type it.
fn line_of(place: &Place, tables: &Timetables) -> String {
    match place {
        Place::User(name) if *name == tables.user && !tables.by_root => "crontab \"$new\"".to_owned(),
        Place::User(name) => format!("crontab -u {name} \"$new\""),
        Place::File(path) => format!("mv \"$new\" {path}"),
        Place::Anacron => "mv \"$new\" /etc/anacrontab".to_owned(),
    }
}

/// Tables that a line can be added to: those that are there, and those that users could have.
fn places(tables: &Timetables) -> Vec<(String, Message)> {
    let own = Place::User(tables.user.clone());
    let there = tables.tabs.iter().filter(|tab| tab.ignored.is_none() && !tab.is_cut).map(|tab| tab.place.clone());
    let others = tables.users.iter().filter(|_| tables.by_root).map(|name| Place::User(name.clone()));
    let mut places: Vec<Place> = Vec::new();
    for place in [own].into_iter().chain(there).chain(others) {
        if place != Place::Anacron && is_ours(tables, &place) && !places.contains(&place) && places.len() < MOST_PLACES
        {
            places.push(place);
        }
    }
    places.into_iter().map(|place| (place.key(), place.label())).collect()
}

impl EditorPage {
    fn title(&self) -> &'static str {
        match self.form.deed.as_str() {
            "add" => "Add a line",
            "change" => "Change a line",
            "off" => "Switch a line off",
            "on" => "Switch a line on",
            "delete" => "Delete a line",
            "restore" => "Put a version back",
            _ => "Edit the text",
        }
    }

    fn is_fields(&self) -> bool {
        matches!(self.form.deed.as_str(), "add" | "change")
    }

    fn tab_query(&self) -> String {
        encoded(&self.form.tab)
    }
}
