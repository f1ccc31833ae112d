//! What terminals showed: who had one when, and the recording played again. One's own, or everybody's for administrators.

use actix_web::http::header::ContentType;
use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::TerminalId;
use crate::models::permission::Permission;
use crate::models::terminals::{Recording, Terminal, recordings};
use crate::remote::permits;
use crate::screens::about::About;
use crate::screens::gather::Stored;
use crate::web::extract::{Operator, SignedIn};
use crate::web::filters;
use crate::web::render::Render;
use crate::web::visitor::Person;

/// Terminals that are listed.
const MOST: i64 = 200;

/// A terminal in the list.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    href: String,
    by: String,
    run_as: String,
    address: String,
    begun_at: DateTime<Utc>,
    /// `0:04:12`
    lasted: Option<String>,
    bytes: u64,
    is_cut: bool,
    why: Option<Message>,
}

impl Row {
    fn new(terminal: &Terminal, path: &str) -> Self {
        Self {
            href: format!("{path}/terminal/recordings/{}", terminal.id),
            by: terminal.actor.clone(),
            run_as: terminal.run_as.clone(),
            address: terminal.address.map(|address| address.0.to_string()).unwrap_or_default(),
            begun_at: terminal.begun_at,
            lasted: terminal.ended_at.map(|ended| length((ended - terminal.begun_at).num_seconds())),
            bytes: u64::try_from(terminal.output_bytes).unwrap_or_default(),
            is_cut: terminal.recording == Recording::Cut,
            why: terminal.why(),
        }
    }
}

/// `0:04:12`
fn length(seconds: i64) -> String {
    format!("{}:{:02}:{:02}", seconds / 3_600, seconds % 3_600 / 60, seconds % 60)
}

/// The list.
#[derive(Template)]
#[template(path = "screens/terminal/recordings.html")]
struct RecordingsPage {
    about: About,
    refused: Option<Message>,
    rows: Vec<Row>,
    shows_all: bool,
}

/// One recording.
#[derive(Template)]
#[template(path = "screens/terminal/replay.html")]
struct ReplayPage {
    about: About,
    row: Row,
    pieces: i64,
}

/// The recordings of a server.
///
/// `GET /servers/{server}/terminal/recordings`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    if stored.role_of(&person.actor) < Role::Operator {
        let refused = Some(permits::refusal(&stored.server.name, Permission::Terminal));
        return render.page(&RecordingsPage { about, refused, rows: Vec::new(), shows_all: false });
    }
    let shows_all = stored.role_of(&person.actor) >= Role::Administrator;
    let (server, user) = (stored.server.id, (!shows_all).then_some(person.user.id));
    let found = app.db.run(move |connection| Ok::<_, Error>(Terminal::latest(connection, &[server], user, MOST)?));
    let rows = found.await?.iter().map(|terminal| Row::new(terminal, &about.path)).collect();
    render.page(&RecordingsPage { about, refused: None, rows, shows_all })
}

/// The terminal of an address, if its recording may be seen: one's own, or anybody's for an administrator of the server.
async fn find(app: &App, person: &Person, server: &str, id: i64) -> Result<(Stored, Terminal)> {
    let stored = Stored::load(app, person.actor.scope(), server).await?;
    let terminal = app.db.run(move |connection| Terminal::by_id(connection, TerminalId(id))).await?;
    let is_own = terminal.user_id == Some(person.user.id);
    if terminal.server_id != stored.server.id || !(is_own || stored.role_of(&person.actor) >= Role::Administrator) {
        return Err(Error::NotFound("This terminal"));
    }
    Ok((stored, terminal))
}

/// A recording, to be played. Who looks is in the audit log.
///
/// `GET /servers/{server}/terminal/recordings/{terminal}`
pub async fn show(
    person: Operator,
    path: web::Path<(String, i64)>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, id) = path.into_inner();
    let (stored, terminal) = find(&app, &person, &server, id).await?;
    let about = stored.about(&render.shell.here, stored.health(&app.live, app.clock.now()).level);
    let row = Row::new(&terminal, &about.path);
    let entry = AuditEntry::by(&person.actor, "read_recording")
        .server(&about.name)
        .target(&format!("{} ({})", terminal.actor, terminal.id))
        .detail("terminal", terminal.id);
    let (id, now) = (terminal.id, app.clock.now());
    let pieces = app.db.transaction(move |connection| {
        let pieces = recordings::count(connection, id)?;
        entry.record(connection, Outcome::Succeeded, now)?;
        Ok(pieces)
    });
    render.page(&ReplayPage { about, row, pieces: pieces.await? })
}

/// A piece of a recording, opened.
///
/// `GET /servers/{server}/terminal/recordings/{terminal}/pieces/{piece}`
pub async fn piece(person: Operator, path: web::Path<(String, i64, i32)>, app: web::Data<App>) -> Result<HttpResponse> {
    let (server, id, number) = path.into_inner();
    let (_, terminal) = find(&app, &person, &server, id).await?;
    let (id, sealer) = (terminal.id, std::sync::Arc::clone(&app.sealer));
    let found = app.db.run(move |connection| recordings::piece(connection, &sealer, id, number)).await?;
    let content = found.ok_or(Error::NotFound("This piece"))?;
    Ok(HttpResponse::Ok().insert_header(ContentType::octet_stream()).body(content))
}
