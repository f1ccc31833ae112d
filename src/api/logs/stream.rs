//! The journal as it is written, as server-sent events.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::future::ready;
use futures_util::{StreamExt, stream};
use serde_json::json;

use super::{LineView, LogQuery};
use crate::api::input::Parameters;
use crate::app::App;
use crate::commands::logs::{Cursor, Entry, FollowJournal};
use crate::error::{Error, Result};
use crate::logs::{Following, Happening};
use crate::transfers::given;
use crate::web::events;
use crate::web::extract::Asking;
use crate::web::still_signed_in::StillSignedIn;

/// Entries of the journal as they are written: `event: entries` with `{"left_out": 0, "lines": […]}`, each with the `cursor` of its last
/// entry as its id. `after`, or the header `Last-Event-ID`, begins behind that entry: nothing is lost or told twice. Role: operator.
///
/// `event: end` with a sentence is the last, where the server or the rights do not allow more.
#[utoipa::path(
    operation_id = "follow_log",
    get, path = "/api/v1/servers/{server}/logs/stream", tag = "logs",
    params(("server" = String, Path, description = "Its name"), LogQuery),
    responses((status = 200, description = "Server-sent events; each line is a LogLine", content_type = "text/event-stream", body = LineView)),
)]
pub async fn show(
    app: Data<App>,
    asking: Asking,
    request: HttpRequest,
    name: Path<String>,
    query: Parameters<LogQuery>,
) -> Result<HttpResponse> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let read = query.0.journal()?;
    let last = events::last_id(&request).or(query.0.after.as_deref());
    let after =
        last.map(|last| Cursor::read(last).ok_or_else(|| Error::field("after", "This names no place in a journal")));
    let follow = FollowJournal { query: read.query, after: after.transpose()?, acting: read.acting };
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let patience = terms.patience;
    let following = Following::of(&host, follow, terms).await?;
    let happenings = stream::unfold(following, |mut following| async move {
        let happened = following.next().await?;
        Some((happened, following))
    });
    let events = happenings.map(|happened| match happened {
        Happening::StillHere => events::ALIVE,
        Happening::Entries { left_out, entries } => told(left_out, entries),
        Happening::End(error) => events::event("end", &error.to_string()),
    });
    Ok(events::answer(given(events, patience).filter_map(|event| ready(event.ok()))))
}

fn told(left_out: u64, entries: Vec<Entry>) -> Bytes {
    let last = entries.last().map(|entry| entry.cursor.clone());
    let lines: Vec<LineView> = entries.into_iter().map(LineView::from).collect();
    let data = json!({ "left_out": left_out, "lines": lines }).to_string();
    match last {
        Some(last) => events::event_at(last.as_str(), "entries", &data),
        None => events::event("entries", &data),
    }
}
