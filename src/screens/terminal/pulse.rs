//! What is new of the commands of a server, as server-sent events: which one printed more, or is in another state.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;

use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::Role;
use crate::models::command_runs::CommandRun;
use crate::models::executions::ExecutionState;
use crate::models::ids::{ExecutionId, ServerId};
use crate::screens::gather::Stored;
use crate::web::events;
use crate::web::extract::Operator;
use crate::web::still_signed_in::StillSignedIn;

/// Between two looks while something runs.
const LOOK: Duration = Duration::from_millis(250);
/// And while nothing does.
const REST: Duration = Duration::from_secs(1);
/// Every so many looks it is asked whether the person may still see it.
const LOOKS_UNTIL_CHECK: u32 = 12;

/// What the page shows already.
#[derive(Debug, Deserialize)]
pub struct Since {
    /// The newest command on the page.
    #[serde(default)]
    newest: i64,
}

/// Says which commands changed, as long as the page is open: events `run-12`.
///
/// `GET /servers/{server}/terminal/commands/stream?newest=12`
pub async fn stream(
    person: Operator,
    path: web::Path<String>,
    since: web::Query<Since>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let follower = Follower {
        app: app.get_ref().clone(),
        person: StillSignedIn::of(&request, &app)?,
        name: stored.server.name.clone(),
        server: stored.server.id,
        newest: ExecutionId(since.newest),
        known: HashMap::new(),
        waiting: Vec::new(),
        looks: 0,
    };
    follower.check().await.ok_or(Error::SignInNeeded)?;
    Ok(events::answer(stream::unfold(follower, Follower::next)))
}

/// Somebody who watches the commands of a server.
struct Follower {
    app: App,
    person: StillSignedIn,
    name: String,
    server: ServerId,
    newest: ExecutionId,
    known: HashMap<ExecutionId, (ExecutionState, i64)>,
    waiting: Vec<String>,
    looks: u32,
}

impl Follower {
    /// Whether the person may still see what commands print.
    async fn check(&self) -> Option<()> {
        let actor = self.person.check(&self.app).await?;
        let stored = Stored::load(&self.app, actor.scope(), &self.name).await.ok()?;
        (stored.role_of(&actor) >= Role::Operator).then_some(())
    }

    async fn next(mut self) -> Option<(Bytes, Self)> {
        loop {
            if let Some(name) = self.waiting.pop() {
                return Some((events::event(&name, "1"), self));
            }
            let runs_now = self.known.values().any(|(state, _)| !state.has_ended());
            tokio::time::sleep(if runs_now || self.looks == 0 { LOOK } else { REST }).await;
            self.looks += 1;
            if self.looks.is_multiple_of(LOOKS_UNTIL_CHECK) {
                self.check().await?;
                return Some((events::ALIVE, self));
            }
            let (server, newest) = (self.server, self.newest);
            let found =
                self.app.db.run(move |connection| Ok::<_, Error>(CommandRun::pulse(connection, server, newest)?));
            let is_first = self.looks == 1;
            for (id, state, bytes) in found.await.ok()? {
                let before = self.known.insert(id, (state, bytes));
                if before != Some((state, bytes)) && !(is_first && state.has_ended()) {
                    self.waiting.push(format!("run-{id}"));
                }
            }
        }
    }
}
