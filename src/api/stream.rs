//! `/servers/{server}/metrics/stream`: every sample as it comes, as server-sent events.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use futures_util::stream;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::latest::SampleView;
use crate::app::App;
use crate::error::{Error, Result};
use crate::metrics::live::{Latest, Subscription};
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::web::events;
use crate::web::extract::Asking;
use crate::web::pass::Pass;

/// A comment at least this often, so that nothing between us takes the connection for dead.
const COMMENT_EVERY: Duration = Duration::from_secs(15);
/// How often it is looked whether the one who listens may still do so (A07, A08).
const CHECK_EVERY: Duration = Duration::from_secs(4);

/// One event a second: `event: sample`, with the same data as `metrics/latest`.
///
/// The server is sampled each second for as long as somebody listens. The stream ends when the token does.
#[utoipa::path(
    operation_id = "stream_metrics",
    get, path = "/api/v1/servers/{server}/metrics/stream", tag = "metrics",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, description = "Server-sent events; the data of each is a Sample", content_type = "text/event-stream", body = SampleView)),
)]
pub async fn show(app: Data<App>, asking: Asking, request: HttpRequest, name: Path<String>) -> Result<HttpResponse> {
    let pass = Pass::of(&request, &app).ok_or(Error::SignInNeeded)?;
    let scope = asking.scope().clone();
    let server = app.db.run(move |connection| Server::by_name(connection, &scope, &name)).await?;
    let subscription = app.live.server(server.id).subscribe();
    app.live.refresh().await;
    let first = app.live.latest(server.id);
    let listener = Listener {
        app,
        pass,
        server: server.id,
        subscription,
        comments: ticks(COMMENT_EVERY),
        checks: ticks(CHECK_EVERY),
        waiting: first.as_deref().map(event),
    };
    Ok(events::answer(Box::pin(stream::unfold(listener, |mut listener| async move {
        listener.next().await.map(|bytes| (bytes, listener))
    }))))
}

/// Somebody who listens.
struct Listener {
    app: Data<App>,
    pass: Pass,
    server: ServerId,
    subscription: Subscription,
    comments: Interval,
    checks: Interval,
    waiting: Option<Bytes>,
}

impl Listener {
    /// What is sent next; none when the listener may not go on.
    async fn next(&mut self) -> Option<Bytes> {
        if let Some(bytes) = self.waiting.take() {
            return Some(bytes);
        }
        loop {
            tokio::select! {
                latest = self.subscription.next() => return Some(event(&latest)),
                _ = self.comments.tick() => return Some(events::ALIVE),
                _ = self.checks.tick() => {
                    if !self.may_go_on().await {
                        return None;
                    }
                }
            }
        }
    }

    /// Whether token or session still live, and the server is still one of theirs. While the database is away nobody
    /// new comes in, but who is in may stay.
    async fn may_go_on(&self) -> bool {
        let (app, pass, server) = (self.app.clone(), self.pass.clone(), self.server);
        let found = self
            .app
            .db
            .run(move |connection| {
                let Some(actor) = pass.actor(connection, &app)? else { return Ok::<_, Error>(false) };
                match Server::by_id(connection, actor.scope(), server) {
                    Ok(_) => Ok(true),
                    Err(Error::NotFound(_)) => Ok(false),
                    Err(other) => Err(other),
                }
            })
            .await;
        !matches!(found, Ok(false))
    }
}

fn ticks(every: Duration) -> Interval {
    let mut ticks = interval_at(Instant::now() + every, every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

fn event(latest: &Latest) -> Bytes {
    events::event("sample", &serde_json::to_string(&SampleView::from(latest)).unwrap_or_default())
}
