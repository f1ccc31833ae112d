//! The logins that the page shows, to take away as a table: one line for each, all of them.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};
use bytes::Bytes;
use chrono::SecondsFormat;
use futures_util::stream;

use super::load::filter;
use super::query::LoginQuery;
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::Role;
use crate::models::audit::csv_cell;
use crate::models::login_events::{LoginEvent, LoginFilter};
use crate::screens::gather::Stored;
use crate::web::extract::SignedIn;

/// Logins that are read at once.
const BATCH: i64 = 2_000;

/// Spreadsheets take a file for UTF-8 only where it begins with U+FEFF.
const HEAD: &str =
    "\u{feff}time,outcome,user,is_unknown_user,address,host,port,method,fingerprint,terminal,ended,times,is_hannun\r\n";

/// Every login that the page's filter lets through, newest first. Names that the reader may not see are left empty.
///
/// `GET /servers/{server}/logins/table?show=accepted&range=30d&q=deploy`
pub async fn show(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<LoginQuery>,
    app: web::Data<App>,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let sees = stored.role_of(&person.actor) >= Role::Operator;
    let filter = filter(&query, stored.server.id, sees, app.clock.now());
    let first = batch(&app, filter.clone()).await?;
    let rest = Some((app, filter, first, HEAD.to_owned()));
    let chunks = stream::unfold(rest, move |state| async move {
        let (app, mut filter, events, head) = state?;
        let Some(last) = events.last() else { return Some((Ok(Bytes::from(head)), None)) };
        filter.before = Some((last.at, last.id));
        let lines: String = events.iter().map(|event| line(event, sees)).collect();
        let chunk = Bytes::from(head + &lines);
        match batch(&app, filter.clone()).await {
            Ok(next) if next.is_empty() => Some((Ok(chunk), None)),
            Ok(next) => Some((Ok(chunk), Some((app, filter, next, String::new())))),
            // The connection is cut, so that a part is not taken for the whole.
            Err(error) => Some((Err(error), None)),
        }
    });
    let name = format!("attachment; filename=\"{}-logins.csv\"", stored.server.name);
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/csv; charset=utf-8").insert_header((CONTENT_DISPOSITION, name));
    Ok(answer.streaming(Box::pin(chunks)))
}

async fn batch(app: &App, filter: LoginFilter) -> Result<Vec<LoginEvent>> {
    app.db.run(move |connection| Ok::<_, Error>(LoginEvent::latest(connection, &filter, BATCH)?)).await
}

/// One login as a line of CSV.
fn line(event: &LoginEvent, sees_unknown_names: bool) -> String {
    let time = |at: chrono::DateTime<chrono::Utc>| at.to_rfc3339_opts(SecondsFormat::Micros, true);
    let word = |is: bool| if is { "yes" } else { "no" }.to_owned();
    let user = if sees_unknown_names || !event.is_unknown_user { event.user_name.clone() } else { String::new() };
    let cells = [
        time(event.at),
        event.outcome.name().to_owned(),
        user,
        word(event.is_unknown_user),
        event.address.map(|address| address.0.to_string()).unwrap_or_default(),
        event.host.clone(),
        event.port.map(|port| port.to_string()).unwrap_or_default(),
        event.method.clone(),
        event.fingerprint.clone(),
        event.terminal.clone(),
        event.ended_at.map(time).unwrap_or_default(),
        event.times.to_string(),
        word(event.is_ours),
    ];
    cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",") + "\r\n"
}
