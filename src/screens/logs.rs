//! Logs of one server: the journal, files of lines, searched on the server, followed, taken away.

mod page;
pub mod query;
pub mod rows;
pub mod stream;
pub mod text;

use actix_web::{HttpRequest, HttpResponse, web};

use self::page::{LogsPage, Source};
use self::query::{LogQuery, PAGE};
use self::rows::Shown;
use super::asked;
use super::files::told::{Told, tell};
use super::gather::Stored;
use super::part::Part;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::logs::{ListLogs, LogSources};
use crate::error::Result;
use crate::logs::Wanted;
use crate::metrics::health::Level;
use crate::models::actor::Role;
use crate::models::permission::Permission;
use crate::remote::host::Host;
use crate::web::extract::SignedIn;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// Logs of one server.
pub static SCREEN: Screen = Screen {
    slug: "logs",
    label: "Logs",
    icon: "scroll-text",
    group: Group::Server,
    needs: &[CommandType::ListLogs],
    role: Role::Viewer,
    key: Some('j'),
};

/// A page of the journal or of a file, and what else there is to read.
///
/// `GET /servers/{server}/logs?unit=ssh.service&priority=err&q=refused`, `?path=/var/log/syslog&q=cron`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<LogQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (part, mut query) = (Part::of(&request), query.into_inner());
    let (role, zone) = (stored.role_of(&person.actor), render.shell.time_zone);
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let answers = level.answers() || level == Level::Unknown;
    let limit = part.patience().limit;
    // What there is is asked for once; the region of lines is asked for again and again.
    let sources = if answers && part == Part::Page {
        asked::ask(&host, ListLogs, limit).await.and_then(std::result::Result::ok).map(|answer| answer.value)
    } else {
        None
    };
    let names_nothing = request.query_string().is_empty();
    if names_nothing && let Some(path) = sources.as_ref().and_then(first_file) {
        query.path = path;
    }
    let mut page = LogsPage {
        about: stored.about(&render.shell.here, level),
        span: query.span(zone),
        since: query::for_field(&query.since, zone),
        until: query::for_field(&query.until, zone),
        sources: Source::all(sources.unwrap_or_default(), &query),
        may_be_root: stored.allows(&person.actor, Permission::Root),
        shown: None,
        problems: crate::error::FieldErrors::default(),
        answers,
        query,
    };
    match page.query.wanted(zone, PAGE) {
        Ok(wanted) if answers => {
            let answer = tokio::time::timeout(limit, read(&host, wanted, &page.query, (role, zone))).await;
            page.shown = answer.ok().transpose()?;
        }
        Ok(_) => {}
        Err(problems) => page.problems = problems,
    }
    match part {
        Part::Block("log") => render.page(&page.as_log()),
        Part::Block(_) | Part::Page => render.page(&page),
    }
}

async fn read(
    host: &Host,
    wanted: Wanted,
    query: &LogQuery,
    (role, zone): (Role, chrono_tz::Tz),
) -> Result<Told<Shown>> {
    match wanted {
        Wanted::Journal(read) => tell(host.read(read).await, role, |page| Shown::journal(page, query, zone)),
        Wanted::File(search) => tell(host.read(search).await, role, |found| Shown::file(found, query)),
    }
}

/// Where there is no journal: the file that most systems write everything into.
fn first_file(sources: &LogSources) -> Option<String> {
    if sources.journal != crate::commands::logs::sources::Seen::None {
        return None;
    }
    let usual = ["/var/log/syslog", "/var/log/messages", "/var/log/system.log"];
    let known = |path: &&str| sources.files.iter().any(|file| file.path == **path);
    let first = usual.into_iter().find(known).map(str::to_owned);
    first.or_else(|| {
        sources.files.iter().find(|file| file.can_be_read && !file.is_rotated()).map(|file| file.path.clone())
    })
}
