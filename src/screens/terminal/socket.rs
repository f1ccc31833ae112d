//! The WebSocket of a terminal. Who may open it: our own page, signed in, with a ticket that was given to it for this terminal
//! and is used once (W02).
//!
//! Binary messages are output and input. Texts are JSON: here come `{"begins", "oldUntil"}` once and `{"ended"}`, there go
//! `{"columns", "rows"}` and `{"taken"}`, the place in the output up to which it was shown.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use actix_ws::{AggregatedMessage, AggregatedMessageStream, CloseCode, CloseReason, Session};
use serde::Deserialize;
use serde_json::json;
use tokio::time::{Instant, interval};

use super::shells::own_live;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::{Language, Message};
use crate::models::ids::TerminalId;
use crate::models::terminals::tickets;
use crate::remote::terminal::Size;
use crate::terminals::Ending;
use crate::terminals::live::{FRAME, Look, Seen};
use crate::web::extract::Operator;
use crate::web::middleware::csrf;
use crate::web::visitor::Visitor;

/// Between two pings; whoever answers none of three is gone.
const PING: Duration = Duration::from_secs(15);
/// hannun is being restarted (R06); the page connects again, and is told then what became of the terminal.
const GOING_AWAY: u16 = 1012;
/// The terminal has ended.
const OVER: u16 = 4000;
/// The person is not signed in any more (A08).
const SIGNED_OUT: u16 = 4401;
/// The same terminal was opened in another window.
const ELSEWHERE: u16 = 4409;

/// What a browser brings.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Attach {
    ticket: String,
    /// Up to where it knows the output.
    #[serde(default)]
    from: u64,
}

/// What a page tells beside what is typed.
#[derive(Deserialize)]
#[serde(untagged)]
enum Told {
    Size { columns: u16, rows: u16 },
    Taken { taken: u64 },
}

/// Attaches a browser to a terminal.
///
/// `GET /servers/{server}/terminals/{terminal}/socket?ticket=…&from=0`
pub async fn show(
    person: Operator,
    path: web::Path<(String, i64)>,
    query: web::Query<Attach>,
    app: web::Data<App>,
    request: HttpRequest,
    visitor: Visitor,
    body: web::Payload,
) -> Result<HttpResponse> {
    let ((server, id), Attach { ticket, from }) = (path.into_inner(), query.into_inner());
    let id = TerminalId(id);
    if !csrf::comes_from_our_origin(&app, request.headers()) {
        return Err(Error::Forbidden(Message::new("The request did not come from a page of hannun")));
    }
    let (session, now) = (person.session.id_hash.clone(), app.clock.now());
    let taken = app.db.run(move |connection| Ok::<_, Error>(tickets::take(connection, &ticket, id, &session, now)?));
    if !taken.await? {
        let why = "This ticket was used, is too old, or was given to somebody else. Load the page again";
        return Err(Error::Forbidden(Message::new(why)));
    }
    let live = own_live(&app, &person, &server, id).await?;
    let upgraded = actix_ws::handle(&request, body);
    let (answer, session, messages) = upgraded
        .map_err(|_no_upgrade| Error::BadRequest(Message::new("This address is for the terminal of a page")))?;
    let messages = messages.max_frame_size(FRAME).aggregate_continuations().max_continuation_size(FRAME);
    let look = live.look(from);
    actix_web::rt::spawn(serve(look, session, messages, visitor.language));
    Ok(answer)
}

async fn serve(mut look: Look, mut session: Session, mut messages: AggregatedMessageStream, language: Language) {
    let begins = json!({ "begins": look.begins, "oldUntil": look.old_until });
    if session.text(begins.to_string()).await.is_err() {
        return;
    }
    let (mut pings, mut heard) = (interval(PING), Instant::now());
    loop {
        let goes_on = tokio::select! {
            seen = look.next() => match seen {
                Seen::Output(bytes) => session.binary(bytes).await.is_ok(),
                Seen::Elsewhere => return close(session, ELSEWHERE).await,
                Seen::Over(end) => {
                    let why = end.why.in_language(language);
                    return match end.ending {
                        Ending::SignedOut => close(session, SIGNED_OUT).await,
                        Ending::GoingAway => close_for(session, GOING_AWAY, Some(why)).await,
                        Ending::Other => {
                            drop(session.text(json!({ "ended": why }).to_string()).await);
                            close(session, OVER).await;
                        }
                    };
                }
            },
            message = messages.recv() => {
                heard = Instant::now();
                match message {
                    Some(Ok(AggregatedMessage::Ping(bytes))) => session.pong(&bytes).await.is_ok(),
                    Some(Ok(AggregatedMessage::Binary(bytes))) => {
                        // What is too much is left out: the server takes nothing now.
                        look.live().type_in(bytes);
                        true
                    },
                    Some(Ok(AggregatedMessage::Text(text))) => hear(&look, &text),
                    Some(Ok(AggregatedMessage::Pong(_))) => true,
                    Some(Ok(AggregatedMessage::Close(_)) | Err(_)) | None => false,
                }
            },
            _ = pings.tick() => heard.elapsed() < 3 * PING && session.ping(b"").await.is_ok(),
        };
        if !goes_on {
            return;
        }
    }
}

/// What a page tells of itself; false where it makes no sense, and the line is given up.
fn hear(look: &Look, text: &str) -> bool {
    match serde_json::from_str(text) {
        Ok(Told::Size { columns, rows }) => look.live().resize(Size::new(columns, rows)),
        Ok(Told::Taken { taken }) => look.taken(taken),
        Err(_) => return false,
    }
    true
}

async fn close(session: Session, code: u16) {
    close_for(session, code, None).await;
}

/// With a short reason that the page shows.
async fn close_for(session: Session, code: u16, description: Option<String>) {
    drop(session.close(Some(CloseReason { code: CloseCode::Other(code), description })).await);
}
