//! What the audit log has besides its list: the export, and whether its chain is whole (L02). The export is the page
//! without its end: same filters, same permission (Z02).

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;

use super::asked::{Asked, BEFORE};
use super::desk::Desk;
use super::entered::Entered;
use super::index::only;
use super::resources::audit_events;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::audit::kept_heads::KeptHeads;
use crate::models::audit::{self, AuditEntry, AuditEvent, AuditFilter, CSV_HEAD, Outcome, Verification};
use crate::web::extract::Admin;
use crate::web::render::Render;

/// Events read at a time for the export.
const BATCH: i64 = 1_000;
/// The action of a verification, by which the last one is found.
const VERIFY: &str = "verify_audit";

/// The last time somebody looked whether the chain is whole.
#[derive(Debug, Clone)]
pub struct Chain {
    /// The event that says so; none where nobody looked yet.
    pub last: Option<AuditEvent>,
}

impl Chain {
    /// Reads it from the log itself.
    pub fn load(connection: &mut Connection) -> Result<Self> {
        let filter = AuditFilter { action: Some(VERIFY.to_owned()), ..AuditFilter::default() };
        Ok(Self { last: AuditEvent::latest(connection, &filter, 1)?.pop() })
    }

    /// How its sign looks.
    pub fn dot(&self) -> &'static str {
        match self.last.as_ref().map(|last| last.outcome) {
            None => "none",
            Some(Outcome::Succeeded) => "up",
            Some(_) => "crit",
        }
    }

    /// What was found.
    pub fn sentence(&self) -> Message {
        let Some(last) = &self.last else { return Message::new("Nobody verified the hash chain yet") };
        let number = last.details.0.get("number").map(String::as_str).unwrap_or_default();
        let sentence = match last.outcome {
            Outcome::Succeeded => "Verified up to event {number}",
            _ => "The log is broken at event {number}",
        };
        Message::new(sentence).with("number", number)
    }
}

/// Reads the whole chain and says whether it is whole, or the first number that is not as it was written.
///
/// `POST /admin/audit-events/verifications`
pub async fn verify(desk: Desk, body: Entered, render: Render) -> Result<HttpResponse> {
    only(&body, &["csrf_token"])?;
    let by = desk.by();
    let kept = KeptHeads::in_folder(&desk.app.config.data_dir).read().map_err(Error::internal)?;
    if let Some(line) = kept.unreadable.first() {
        let sentence = Message::new("Line {line} of the file audit-heads in the data directory is no head of the log");
        return Err(Error::Conflict(sentence.with("line", line)));
    }
    // It reads the whole log, however long that takes.
    let db = desk.app.db.patient();
    let found = db.run(move |connection| audit::verify(connection, &kept.heads)).await?;
    let (number, outcome, message) = match found {
        Verification::Intact(head) => {
            let message = Message::new("The log is whole up to event {number}").with("number", head.number);
            (head.number, Outcome::Succeeded, message)
        }
        Verification::Broken { number, why } => {
            let message = Message::new("The log is broken at event {number}: {why}").with("number", number);
            (number, Outcome::Failed, message.with_words("why", why))
        }
    };
    desk.app
        .db
        .transaction(move |connection| {
            AuditEntry::by(&by.actor, VERIFY).detail("number", number).record(connection, outcome, by.at)
        })
        .await?;
    render.done(message).go("/admin/audit-events")
}

/// How an export is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Csv,
    JsonLines,
}

impl Format {
    fn from_name(name: &str) -> Result<Self> {
        match name {
            "csv" => Ok(Self::Csv),
            "jsonl" => Ok(Self::JsonLines),
            _ => Err(Error::NotFound("This page")),
        }
    }

    /// What stands before the first event. Spreadsheets take a file for UTF-8 only where it begins with U+FEFF.
    fn head(self) -> String {
        match self {
            Self::Csv => format!("\u{feff}{CSV_HEAD}\r\n"),
            Self::JsonLines => String::new(),
        }
    }

    fn lines(self, events: &[AuditEvent]) -> String {
        let line = |event: &AuditEvent| match self {
            Self::Csv => event.to_csv_line() + "\r\n",
            Self::JsonLines => event.to_json_line() + "\n",
        };
        events.iter().map(line).collect()
    }
}

/// Every event that the page's filters let through, newest first, read and sent in batches.
///
/// `GET /admin/audit-events/exports/csv?who=anna`
pub async fn export(admin: Admin, format: Path<String>, app: Data<App>, request: HttpRequest) -> Result<HttpResponse> {
    let format = Format::from_name(&format)?;
    let asked = Asked::of(request.query_string()).filtered(BEFORE, None).in_zone(admin.time_zone());
    let now = app.clock.now();
    let filter = audit_events::filter(&asked, now)?;
    // The first batch is read before the answer begins, so that what goes wrong there is still an error.
    let first = batch(&app, filter.clone()).await?;
    let rest = Some((app, filter, first, format.head()));
    let chunks = stream::unfold(rest, move |state| async move {
        let (app, mut filter, events, head) = state?;
        let chunk = Bytes::from(head + &format.lines(&events));
        let Some(last) = events.last() else { return Some((Ok(chunk), None)) };
        filter.before = Some(last.number);
        match batch(&app, filter.clone()).await {
            Ok(next) if next.is_empty() => Some((Ok(chunk), None)),
            Ok(next) => Some((Ok(chunk), Some((app, filter, next, String::new())))),
            // The connection is cut, so that half a log is not taken for the whole.
            Err(error) => Some((Err(error), None)),
        }
    });
    let (kind, ending) = match format {
        Format::Csv => ("text/csv; charset=utf-8", "csv"),
        Format::JsonLines => ("application/jsonl; charset=utf-8", "jsonl"),
    };
    let name = format!("attachment; filename=\"hannun-audit-{}.{ending}\"", now.format("%Y%m%dT%H%M%SZ"));
    Ok(HttpResponse::Ok().content_type(kind).insert_header((CONTENT_DISPOSITION, name)).streaming(Box::pin(chunks)))
}

async fn batch(app: &App, filter: AuditFilter) -> Result<Vec<AuditEvent>> {
    app.db.run(move |connection| AuditEvent::latest(connection, &filter, BATCH)).await
}
