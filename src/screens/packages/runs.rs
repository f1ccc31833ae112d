//! One run on a server: what was asked, by whom, what it prints, how it ended. The log is followed while it grows.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use bytes::Bytes;
use chrono::{DateTime, Utc};
use futures_util::stream;

use super::artifacts::Nothing;
use crate::app::App;
use crate::commands::CommandType;
use crate::error::{Error, Result};
use crate::installations::ask::permission_for;
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::executions::{Execution, ExecutionState, ExecutionSummary, OutputPart};
use crate::models::ids::ExecutionId;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::screens::part::Part;
use crate::web::events;
use crate::web::extract::{Operator, SignedIn, ValidForm};
use crate::web::filters;
use crate::web::render::Render;
use crate::web::still_signed_in::StillSignedIn;

/// Lines of the log that are shown, from its end.
const LINES: usize = 1_000;
/// Between two looks at the row.
const LOOK: Duration = Duration::from_millis(500);
/// Every so many looks it is asked whether the person may still see it.
const LOOKS_UNTIL_CHECK: u32 = 8;

/// A run in the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RunRow {
    pub title: Message,
    pub href: String,
    pub dot: &'static str,
    pub state: &'static str,
    pub has_ended: bool,
    pub by: String,
    pub at: DateTime<Utc>,
    pub why: Option<Message>,
}

impl RunRow {
    /// Why it ended as it did holds words of the server's: they are for those who may change it.
    pub(super) fn new(run: &ExecutionSummary, path: &str, may_read: bool) -> Self {
        Self {
            title: title(&run.command_type, &run.target),
            href: format!("{path}/packages/runs/{}", run.id),
            dot: run.state.dot(),
            state: run.state.label(),
            has_ended: run.state.has_ended(),
            by: run.actor.clone(),
            at: run.queued_at,
            why: run.why().filter(|_| may_read),
        }
    }
}

fn title(command_type: &str, target: &str) -> Message {
    let title = match CommandType::from_name(command_type) {
        Some(CommandType::RefreshLists) => "Refresh the package lists",
        Some(CommandType::InstallUpdates) => "Update everything",
        Some(CommandType::InstallSecurityUpdates) => "Install the security updates",
        Some(CommandType::RemovePackage) => "Remove {target}",
        Some(CommandType::InspectFile) => "Look into {target}",
        Some(CommandType::RunCronLine) => "Run {target}",
        _ => "Install {target}",
    };
    Message::new(title).with("target", target)
}

/// The page.
#[derive(Template)]
#[template(path = "screens/packages/run.html", blocks = ["run"])]
struct RunPage {
    about: About,
    title: Message,
    run: Execution,
    why: Option<Message>,
    lines: Vec<LogLine>,
    is_cut: bool,
    may_stop: bool,
    /// A line of a crontab, not a package.
    is_cron: bool,
    /// The page of the file that was looked into.
    review: Option<String>,
}

/// One line, and when it came.
#[derive(Debug, Clone, PartialEq, Eq)]
struct LogLine {
    at: DateTime<Utc>,
    text: String,
}

/// The lines of a log, of which parts came at different times.
fn lines_of(parts: &[OutputPart]) -> Vec<LogLine> {
    let mut lines: Vec<(DateTime<Utc>, Vec<u8>)> = Vec::new();
    let mut is_open = false;
    for part in parts {
        for piece in part.bytes.split_inclusive(|byte| *byte == b'\n') {
            let text = piece.strip_suffix(b"\n").unwrap_or(piece);
            match lines.last_mut().filter(|_| is_open) {
                Some((_, line)) => line.extend_from_slice(text),
                None => lines.push((part.at, text.to_vec())),
            }
            is_open = !piece.ends_with(b"\n");
        }
    }
    let from = lines.len().saturating_sub(LINES);
    let last = lines.into_iter().skip(from);
    last.map(|(at, line)| LogLine { at, text: String::from_utf8_lossy(&line).trim_end_matches('\r').to_owned() })
        .collect()
}

/// The run of an address, if it is one of that server.
async fn find(app: &App, stored: &Stored, id: i64) -> Result<Execution> {
    let server = stored.server.id;
    let run = app.db.run(move |connection| Execution::by_id(connection, ExecutionId(id))).await?;
    if run.server_id == server { Ok(run) } else { Err(Error::NotFound("This run")) }
}

async fn summary(app: &App, id: ExecutionId) -> Result<ExecutionSummary> {
    app.db.run(move |connection| ExecutionSummary::by_id(connection, id)).await
}

/// One run.
///
/// `GET /servers/{server}/packages/runs/{run}`
pub async fn show(
    person: SignedIn,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let run = find(&app, &stored, id).await?;
    let id = run.id;
    let parts = app.db.run(move |connection| Execution::output(connection, id, 0)).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let inspects = run.command_type == CommandType::InspectFile.name() && run.state == ExecutionState::Succeeded;
    // What a server printed is for those who may change it, as the words of a failed command are.
    let may_read = stored.role_of(&person.actor) >= Role::Operator;
    let page = RunPage {
        title: Message::new("{what} on {server}")
            .with_words("what", title(&run.command_type, &run.target))
            .with("server", &about.name),
        why: run.why().filter(|_| may_read),
        is_cut: parts.first().is_some_and(|part| part.at_byte > 0),
        lines: if may_read { lines_of(&parts) } else { Vec::new() },
        may_stop: stored.allows(&person.actor, permission_for(&run.command_type)) && !run.state.has_ended(),
        is_cron: run.command_type == CommandType::RunCronLine.name(),
        review: run.artifact_id.filter(|_| inspects).map(|file| format!("{}/packages/artifacts/{file}", about.path)),
        about,
        run,
    };
    match Part::of(&request) {
        Part::Block("run") => render.page(&page.as_run()),
        _ => render.page(&page),
    }
}

/// Asks for the end of a run.
///
/// `POST /servers/{server}/packages/runs/{run}/stops`
pub async fn stop(
    person: Operator,
    path: web::Path<(String, i64)>,
    _: ValidForm<Nothing>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let run = find(&app, &stored, id).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    crate::installations::ask::stop(&host, run.id, (&run.command_type, &run.target)).await?;
    render.done(Message::new("It was asked to end")).go(&format!("/servers/{server}/packages/runs/{id}"))
}

/// On to the page of a run that was just asked for.
pub(super) fn go_to(render: Render, server: &str, run: &ExecutionSummary) -> Result<HttpResponse> {
    render.go(&format!("/servers/{server}/packages/runs/{}", run.id))
}

/// Says that there is more to see of a run, as long as there will be.
///
/// `GET /servers/{server}/packages/runs/{run}/stream`
pub async fn stream(
    person: SignedIn,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let run = summary(&app, find(&app, &stored, id).await?.id).await?;
    let follower = Follower {
        app: app.get_ref().clone(),
        person: StillSignedIn::of(&request, &app)?,
        server,
        run,
        looks: 0,
        has_ended: false,
    };
    Ok(events::answer(stream::unfold(follower, Follower::next)))
}

/// Somebody who watches a run.
struct Follower {
    app: App,
    person: StillSignedIn,
    server: String,
    run: ExecutionSummary,
    looks: u32,
    has_ended: bool,
}

impl Follower {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if self.has_ended {
            return None;
        }
        if self.run.state.has_ended() {
            self.has_ended = true;
            return Some((events::event("end", "1"), self));
        }
        loop {
            tokio::time::sleep(LOOK).await;
            self.looks += 1;
            if self.looks.is_multiple_of(LOOKS_UNTIL_CHECK) {
                let actor = self.person.check(&self.app).await?;
                Stored::load(&self.app, actor.scope(), &self.server).await.ok()?;
                return Some((events::ALIVE, self));
            }
            let now = summary(&self.app, self.run.id).await.ok()?;
            let is_news = now.log_bytes != self.run.log_bytes || now.state != self.run.state;
            self.run = now;
            if is_news {
                let size = self.run.log_bytes.to_string();
                return Some((events::event("more", &size), self));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_that_came_in_pieces_is_one_line_with_the_time_of_its_beginning() {
        let part = |seconds, at_byte, bytes: &[u8]| OutputPart {
            at_byte,
            at: DateTime::from_timestamp(seconds, 0).unwrap(),
            bytes: bytes.to_vec(),
        };
        let lines = lines_of(&[part(1, 0, b"one\ntw"), part(2, 6, b"o\nthree\r\n")]);
        let told: Vec<_> = lines.iter().map(|line| (line.at.timestamp(), line.text.as_str())).collect();
        assert_eq!(told, [(1, "one"), (1, "two"), (2, "three")]);
    }
}
