//! The lines that were chosen, to take away: a text, as an attachment that runs nowhere (F04).

use actix_web::{HttpRequest, HttpResponse, web};

use super::query::LogQuery;
use crate::app::App;
use crate::commands::logs::{ReadJournal, Way};
use crate::error::Result;
use crate::logs::{self, MOST_LINES, Wanted};
use crate::screens::files::content::attachment;
use crate::web::extract::SignedIn;
use crate::web::outgoing::streamed;
use crate::web::still_signed_in::StillSignedIn;

/// All lines that fit the filter, the last hundred thousand of them.
///
/// `GET /servers/{server}/logs/text?unit=ssh.service&since=2026-11-29T12:00`
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<LogQuery>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?;
    let wanted = match query.wanted(person.time_zone(), MOST_LINES)? {
        Wanted::Journal(read) => Wanted::Journal(ReadJournal { way: Way::Whole, ..read }),
        file @ Wanted::File(_) => file,
    };
    let name = match &wanted {
        Wanted::Journal(read) => match &read.query.unit {
            Some(unit) => format!("{}-{unit}.log", host.name()),
            None => format!("{}-journal.log", host.name()),
        },
        Wanted::File(search) => format!("{}-{}.txt", host.name(), String::from_utf8_lossy(search.path.name())),
    };
    let terms = StillSignedIn::of(&request, &app)?.terms(&app, host.name());
    let content = logs::text(&host, wanted, terms).await?;
    Ok(streamed(attachment(name.as_bytes()), None, content))
}
