//! A file that is followed: its last lines and those that are added, as server-sent events.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use serde_json::json;
use tokio::time::{Interval, sleep};

use super::place::file_of;
use crate::app::App;
use crate::commands::files::FollowFile;
use crate::error::{Error, Result};
use crate::language::Language;
use crate::transfers::giving::looks;
use crate::transfers::tail::Tail;
use crate::transfers::{Terms, given};
use crate::web::events;
use crate::web::extract::SignedIn;
use crate::web::format;
use crate::web::still_signed_in::StillSignedIn;
use crate::web::visitor::Visitor;

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
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let patience = terms.patience;
    let signs_in_as_root = flow.signs_in_as_root();
    let (tail, looks, language) = (Some(Tail::of(flow)), looks(), visitor.language);
    let follower = Follower { tail, looks, follow, signs_in_as_root, terms, language };
    // Whoever takes nothing of it leaves it: others wait for the place.
    let events = given(stream::unfold(follower, Follower::next), patience).filter_map(|event| ready(event.ok()));
    Ok(events::answer(events))
}

/// One open stream.
struct Follower {
    tail: Option<Tail>,
    looks: Interval,
    follow: FollowFile,
    signs_in_as_root: bool,
    terms: Terms,
    language: Language,
}

impl Follower {
    async fn next(mut self) -> Option<(Bytes, Self)> {
        let tail = self.tail.as_ref()?;
        let event = tokio::select! {
            // Before more is given to somebody who was long in taking it.
            biased;
            _ = self.looks.tick() => match self.terms.allow(&self.follow, self.signs_in_as_root).await {
                Ok(()) => events::STILL_HERE,
                // The browser opens it again, and is told where to sign in.
                Err(Error::SignInNeeded) => return None,
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

    fn end(&mut self, error: &Error) -> Bytes {
        self.tail = None;
        events::event("end", &error.message().in_language(self.language))
    }
}
