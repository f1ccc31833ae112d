//! Who is signed in now, and ending their session.

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use crate::app::App;
use crate::commands::processes::started::Started;
use crate::commands::script::Privilege;
use crate::commands::sessions::{EndSession, Session};
use crate::error::{FieldErrors, Result};
use crate::language::Message;
use crate::models::login_events::LoginEvent;
use crate::web::extract::{Form, Operator, Submitted};
use crate::web::render::Render;

/// The event that regions about logins listen to.
const CHANGED: &str = "logins";

/// Who is there.
#[derive(Debug)]
pub struct NowTable {
    /// The longest first.
    pub rows: Vec<NowRow>,
    /// `2 sessions`
    pub count: Message,
    /// Why the reader may end none.
    pub no_end: Option<Message>,
}

/// One session. Its texts are the server's own.
#[derive(Debug)]
pub struct NowRow {
    /// The session.
    pub session: Session,
    /// From where, as far as the logs told.
    pub address: Option<String>,
    /// How.
    pub method: String,
    /// Since when.
    pub since: Option<DateTime<Utc>>,
    /// It is hannun's own.
    pub is_ours: bool,
    /// The exact command of its end.
    pub command: String,
}

impl NowTable {
    /// `sessions` with what is known of how they began.
    pub fn new(
        mut sessions: Vec<Session>,
        open: &[LoginEvent],
        (no_end, privilege): (Option<Message>, Privilege),
    ) -> Self {
        sessions.sort_by_key(|session| (session.since, session.pid));
        let kill = match privilege {
            Privilege::Sudo => "sudo -n -- kill",
            Privilege::SudoPassword => "sudo -S -- kill",
            Privilege::None | Privilege::AlreadyRoot => "kill",
        };
        let row = |session: Session| {
            let began = open.iter().find(|event| {
                event.pid.and_then(|pid| u32::try_from(pid).ok()) == Some(session.pid)
                    && event.user_name == session.user
            });
            NowRow {
                address: began.and_then(|event| event.address).map(|address| address.0.to_string()),
                method: began.map(|event| event.method.clone()).unwrap_or_default(),
                since: began.map(|event| event.at).or(session.since),
                is_ours: session.is_own || began.is_some_and(|event| event.is_ours),
                command: format!("{kill} -s TERM {}", session.pid),
                session,
            }
        };
        let count = match sessions.len() {
            1 => Message::new("1 session"),
            n => Message::new("{n} sessions").with("n", n),
        };
        Self { rows: sessions.into_iter().map(row).collect(), count, no_end }
    }
}

/// Which session of a process's number.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EndForm {
    started: String,
    user: String,
}

impl Form for EndForm {
    type Valid = (Started, String);

    fn check(&self) -> Result<(Started, String), FieldErrors> {
        let mut errors = FieldErrors::default();
        let started = Started::read(&self.started);
        if started.is_none() {
            errors.add("started", "This does not say which session is meant");
        }
        let user: String = self.user.chars().take(256).collect();
        started.map(|started| (started, user)).ok_or(errors)
    }
}

/// Ends one session, if it is still the one that was seen.
///
/// `POST /servers/{server}/sessions/{pid}/endings`
pub async fn end(
    person: Operator,
    path: web::Path<(String, u32)>,
    form: Submitted<EndForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let (server, pid) = path.into_inner();
    let host = app.hosts.open(person.actor.clone(), server).await?.operable().await?;
    let (started, user) = form.0.check()?;
    let ended = host.change(EndSession { pid, started, user: user.clone() }).await?.value;
    render.done(ended.sentence(&user)?).refresh(CHANGED)
}
