//! The command box: single commands, several one after another or as one script, each with output, exit status and time.

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, ContentType, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use super::history::Entry;
use super::why_not;
use crate::app::App;
use crate::commands::Acting;
use crate::commands::run_command::{checked, one_a_line};
use crate::error::{Error, FieldErrors, Result};
use crate::executions::ask::{By, LONGEST_SECONDS, USUAL_SECONDS, is_time_limit};
use crate::executions::{Sequence, Wish, ask, stop as stop_run};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::allowance::Allowance;
use crate::models::command_runs::{CommandRun, RunFilter};
use crate::models::executions::Execution;
use crate::models::ids::ExecutionId;
use crate::models::permission::Permission;
use crate::models::saved_commands::SavedCommand;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::screens::packages::artifacts::Nothing;
use crate::screens::part::Part;
use crate::web::errors::Fail;
use crate::web::extract::{Form, Operator, SignedIn, Submitted, ValidForm};
use crate::web::filters;
use crate::web::middleware::headers::DOWNLOAD_POLICY;
use crate::web::render::Render;
use crate::web::visitor::Person;

/// Entries of the history on a page.
const MOST: i64 = 60;
/// The event that tells the box that its command is on its way.
const ASKED: &str = "command-asked";
/// Of these so many newest show what they printed.
const OPEN: usize = 3;
/// Time limits that are offered: seconds and words.
const LIMITS: [(i32, &str); 4] = [(USUAL_SECONDS, "30 s"), (300, "5 min"), (3_600, "1 h"), (LONGEST_SECONDS, "24 h")];

/// What narrows the history.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct HistoryQuery {
    /// In what was written.
    #[serde(default)]
    q: String,
    /// `failed`, `mine`, or all.
    #[serde(default)]
    show: String,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/terminal/commands.html", blocks = ["history"])]
struct CommandsPage {
    about: About,
    refused: Option<Message>,
    /// They may see what ran here.
    may_read: bool,
    may_be_root: bool,
    query: HistoryQuery,
    entries: Vec<Entry>,
    /// The newest entry that the page shows: what comes after it is news.
    newest: i64,
    saved: Vec<SavedCommand>,
    limits: [(i32, &'static str); 4],
}

/// One entry or several, alone.
#[derive(Template)]
#[template(path = "screens/terminal/entries.html")]
struct Alone {
    about: About,
    entries: Vec<Entry>,
}

/// Why a command was not asked for: the server could not be reached, say.
#[derive(Template)]
#[template(path = "screens/terminal/not_run.html")]
struct NotRun {
    fail: Fail,
}

/// What is filled in.
#[derive(Debug, Deserialize)]
pub struct CommandForm {
    #[serde(default)]
    command: String,
    /// `lines`: each line is a command; anything else: one script.
    #[serde(default)]
    how: String,
    #[serde(default)]
    as_root: bool,
    #[serde(default)]
    go_on: bool,
    #[serde(default)]
    limit: String,
}

impl Form for CommandForm {
    type Valid = Wish;

    fn check(&self) -> Result<Wish, FieldErrors> {
        let mut problems = FieldErrors::default();
        let script = || checked(&self.command).map(|script| vec![script]);
        let commands = if self.how == "lines" { Ok(one_a_line(&self.command)) } else { script() };
        let commands = commands.unwrap_or_else(|why| {
            problems.add("command", why);
            Vec::new()
        });
        let limit: Option<i32> = if self.limit.is_empty() { Some(USUAL_SECONDS) } else { self.limit.parse().ok() };
        let limit = limit.filter(|seconds| is_time_limit(*seconds));
        if limit.is_none() {
            problems.add("limit", Message::new("The time limit is a number of seconds, at most a day"));
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(Wish {
            commands,
            acting: if self.as_root { Acting::Root } else { Acting::User },
            time_limit_seconds: limit.unwrap_or(USUAL_SECONDS),
            sequence: if self.go_on { Sequence::GoOn } else { Sequence::StopAtFailure },
        })
    }
}

impl HistoryQuery {
    /// Whether it leaves something out.
    fn narrows(&self) -> bool {
        !(self.q.trim().is_empty() && self.show.is_empty())
    }

    fn filter(&self, person: &Person) -> RunFilter {
        let own = (person.actor.kind_name().to_owned(), person.actor.name.clone());
        RunFilter {
            actor: (self.show == "mine").then_some(own),
            failed: self.show == "failed",
            text: (!self.q.trim().is_empty()).then(|| self.q.trim().to_owned()),
        }
    }
}

/// The box and the history of a server. What commands printed is for those who may change it.
///
/// `GET /servers/{server}/terminal/commands?q=nginx&show=failed`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<HistoryQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let refused = why_not(&app, &stored, &person, (Permission::RunCommand, Allowance::Change)).await?;
    let may_read = stored.role_of(&person.actor) >= Role::Operator;
    let (filter, user, server) = (query.filter(&person), person.user.id, stored.server.id);
    let (actor, page_path, now) = (person.actor.clone(), about.path.clone(), app.clock.now());
    let found = app.db.run(move |connection| {
        let runs = if may_read { CommandRun::latest(connection, server, &filter, MOST)? } else { Vec::new() };
        let mut entries = Vec::with_capacity(runs.len());
        for (at, run) in runs.into_iter().enumerate() {
            let shows = at < OPEN || !run.state.has_ended();
            entries.push(Entry::load(connection, &run, (&page_path, &actor), shows, now)?);
        }
        Ok::<_, Error>((entries, SavedCommand::of(connection, user)?))
    });
    let (entries, saved) = found.await?;
    let page = CommandsPage {
        may_read,
        may_be_root: stored.allows(&person.actor, Permission::Root),
        newest: entries.first().map_or(0, |entry| entry.id.0),
        query: query.into_inner(),
        limits: LIMITS,
        about,
        refused,
        entries,
        saved,
    };
    match Part::of(&request) {
        Part::Block("history") => render.page(&page.as_history()),
        _ => render.page(&page),
    }
}

/// Asks for commands; they run one after another.
///
/// `POST /servers/{server}/terminal/commands`
pub async fn create(
    person: Operator,
    path: web::Path<String>,
    form: Submitted<CommandForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone()).operable().await?;
    // What was filled in is nobody's business who may not be here.
    let runs = match ask(&host, &form.0.check()?, By::Queue).await {
        Err(Error::Remote(error)) if render.wants_fragment() => {
            let fail = Fail::new(&error, stored.role_of(&person.actor).max(Role::Operator));
            return render.page(&NotRun { fail });
        }
        asked => asked?,
    };
    if !render.wants_fragment() {
        return render.go(&format!("/servers/{}/terminal/commands", stored.server.name));
    }
    let alone = alone(&app, &person, &stored, runs, &render).await?;
    render.page_and(&alone, ASKED)
}

async fn alone(app: &App, person: &Person, stored: &Stored, runs: Vec<CommandRun>, render: &Render) -> Result<Alone> {
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let (actor, path, now) = (person.actor.clone(), about.path.clone(), app.clock.now());
    let entries = app.db.run(move |connection| {
        let newest_first = runs.into_iter().rev();
        newest_first.map(|run| Entry::load(connection, &run, (&path, &actor), true, now)).collect::<Result<Vec<_>>>()
    });
    Ok(Alone { about, entries: entries.await? })
}

/// The command of an address, if it is one of that server and its output may be read.
async fn find(app: &App, person: &Person, server: &str, id: i64) -> Result<(Stored, CommandRun)> {
    let stored = Stored::load(app, person.actor.scope(), server).await?;
    let run = app.db.run(move |connection| CommandRun::by_id(connection, ExecutionId(id))).await?;
    if run.server_id != stored.server.id {
        return Err(Error::NotFound("This run"));
    }
    if stored.role_of(&person.actor) < Role::Operator {
        return Err(Error::Forbidden(Message::new("What a server printed is for those who may change it")));
    }
    Ok((stored, run))
}

/// One entry, as it is now.
///
/// `GET /servers/{server}/terminal/commands/{run}`
pub async fn show(
    person: Operator,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let (stored, run) = find(&app, &person, &server, id).await?;
    if !render.wants_fragment() {
        return render.go(&format!("/servers/{server}/terminal/commands#run-{id}"));
    }
    let has_ended = run.state.has_ended();
    let alone = alone(&app, &person, &stored, vec![run], &render).await?;
    // The line of one that runs exchanges what stands in it; of one that has ended the line is another.
    if has_ended { render.page_instead(&alone, &format!("#run-{id}")) } else { render.page(&alone) }
}

/// All of what one printed, as a file.
///
/// `GET /servers/{server}/terminal/commands/{run}/output`
pub async fn output(person: Operator, path: web::Path<(String, i64)>, app: web::Data<App>) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let (_, run) = find(&app, &person, &server, id).await?;
    let parts = app.db.run(move |connection| Execution::output(connection, run.id, 0)).await?;
    let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
    let name = HeaderValue::from_str(&format!("attachment; filename=\"output-{id}.txt\"")).map_err(Error::internal)?;
    Ok(HttpResponse::Ok()
        .insert_header(ContentType::octet_stream())
        .insert_header((CONTENT_SECURITY_POLICY, DOWNLOAD_POLICY))
        .insert_header((CONTENT_DISPOSITION, name))
        .body(bytes))
}

/// Asks for the end of one.
///
/// `POST /servers/{server}/terminal/commands/{run}/stops`
pub async fn stop(
    person: Operator,
    path: web::Path<(String, i64)>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let (stored, run) = find(&app, &person, &server, id).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    stop_run(&host, &run).await?;
    render.done(Message::new("It was asked to end")).refresh("refresh-runs")
}
