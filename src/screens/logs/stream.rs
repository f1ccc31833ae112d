//! What is added to the journal, as server-sent events. Each has the place of its last entry as its id: whoever opens the stream
//! again names it, and is given what follows, nothing twice and nothing left out.

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use chrono_tz::Tz;
use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::query::LogQuery;
use super::rows::clock;
use crate::app::App;
use crate::commands::logs::Entry;
use crate::error::Result;
use crate::logs::{Following, Happening};
use crate::transfers::given;
use crate::web::events;
use crate::web::extract::SignedIn;
use crate::web::format;
use crate::web::still_signed_in::StillSignedIn;
use crate::web::visitor::Visitor;

/// The entries of the journal as they come.
///
/// `GET /servers/{server}/logs/stream?unit=ssh.service&after=s%3D…`: events `lines` with `{"leftOut": 0, "lines": […]}`, and `end`.
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<LogQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    visitor: Visitor,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let last = events::last_id(&request).unwrap_or(&query.after);
    let (zone, language) = (person.time_zone(), visitor.language);
    let follow = query.following(zone, last)?;
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let patience = terms.patience;
    let following = Following::of(&host, follow, terms).await?;
    let happenings = stream::unfold(following, |mut following| async move {
        let happened = following.next().await?;
        Some((happened, following))
    });
    let events = happenings.map(move |happened| match happened {
        Happening::StillHere => events::STILL_HERE,
        Happening::Entries { left_out, entries } => lines(left_out, &entries, zone),
        Happening::End(error) => events::event("end", &error.message().in_language(language)),
    });
    // Whoever takes nothing of it leaves it: others wait for the place.
    Ok(events::answer(given(events, patience).filter_map(|event| ready(event.ok()))))
}

fn lines(left_out: u64, entries: &[Entry], zone: Tz) -> Bytes {
    let lines: Vec<String> = entries.iter().map(|entry| line(entry, zone)).collect();
    let data = json!({ "leftOut": left_out, "lines": lines }).to_string();
    match entries.last() {
        Some(last) => events::event_at(last.cursor.as_str(), "lines", &data),
        None => events::event("lines", &data),
    }
}

/// A line as the page has its lines, with what terminals obey made visible.
fn line(entry: &Entry, zone: Tz) -> String {
    let message = entry.message.as_deref().unwrap_or("…");
    format!("{}  {}  {}", clock(entry, zone), format::visible(&entry.who()), format::visible(message))
}
