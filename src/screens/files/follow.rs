//! A file that is followed: its last lines and those that are added, as server-sent events.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, sleep};

use super::place::file_of;
use crate::app::App;
use crate::commands::files::FollowFile;
use crate::error::{Error, Result};
use crate::language::Language;
use crate::transfers::tail::Tail;
use crate::web::events;
use crate::web::extract::SignedIn;
use crate::web::format;
use crate::web::still_signed_in::StillSignedIn;
use crate::web::visitor::Visitor;

/// How often it is looked whether the person may go on (A07, Z02).
const LOOK: Duration = Duration::from_secs(3);
/// Lines are gathered for so long: five thousand a second are five events, not five thousand.
const GATHER: Duration = Duration::from_millis(200);

/// The lines of a file as they come.
///
/// `GET /servers/{server}/files/follow?path=/var/log/syslog`: events `lines` with `{"leftOut": 0, "lines": […]}`, and `end`.
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
    visitor: Visitor,
) -> Result<HttpResponse> {
    let (file, acting) = file_of(request.query_string())?;
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let follow = FollowFile { path: file, acting };
    let flow = host.follow(follow.clone()).await?;
    let signs_in_as_root = flow.signs_in_as_root();
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower {
        tail: Some(Tail::of(flow)),
        looks,
        follow,
        signs_in_as_root,
        person: StillSignedIn::of(&request, &app)?,
        server: host.name().to_owned(),
        app: app.get_ref().clone(),
        language: visitor.language,
    };
    Ok(events::answer(stream::unfold(follower, Follower::next)))
}

/// One open stream.
struct Follower {
    tail: Option<Tail>,
    looks: Interval,
    follow: FollowFile,
    signs_in_as_root: bool,
    person: StillSignedIn,
    server: String,
    app: App,
    language: Language,
}

impl Follower {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let tail = self.tail.as_ref()?;
        let event = tokio::select! {
            // Before more is given to somebody who was long in taking it.
            biased;
            _ = self.looks.tick() => match self.may_go_on().await? {
                Ok(()) => events::STILL_HERE,
                Err(error) => self.end(&error),
            },
            batch = tail.next() => match batch? {
                Ok(batch) => {
                    sleep(GATHER).await;
                    let shown = |line: &Vec<u8>| format::visible(&String::from_utf8_lossy(line));
                    let lines: Vec<String> = batch.lines.iter().map(shown).collect();
                    events::event("lines", &json!({ "leftOut": batch.left_out, "lines": lines }).to_string())
                }
                Err(error) => self.end(&error),
            },
        };
        Some((event, self))
    }

    /// Whether the person still may read this file, by the rights and the switch of now; none where nobody is there any more.
    async fn may_go_on(&self) -> Option<Result<()>> {
        let actor = self.person.check(&self.app).await?;
        let host = self.app.hosts.open(actor, self.server.clone()).await.ok()?;
        Some(host.may_read(&self.follow, self.signs_in_as_root).await)
    }

    fn end(&mut self, error: &Error) -> Bytes {
        self.tail = None;
        events::event("end", &error.message().in_language(self.language))
    }
}
