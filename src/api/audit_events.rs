//! `/audit-events`: who did what to which server, from where, and how it ended.

use std::collections::BTreeMap;
use std::net::IpAddr;

use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Parameters;
use super::paging::{ListQuery, Page};
use super::scope::needs_all;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::audit::{AuditEvent, AuditFilter, Outcome};
use crate::web::extract::Asking;

/// Events looked at for one page of a search.
const SEARCHED: usize = 10_000;
/// Events read at once while searching.
const BATCH: usize = 500;

/// Something that was done, or asked for, or refused.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AuditEvent)]
pub struct AuditEventView {
    /// Its number; there are no gaps.
    pub number: i64,
    /// When.
    pub at: DateTime<Utc>,
    /// `user`, `token`, `system` or `nobody`.
    pub actor_kind: String,
    /// Who.
    pub actor: String,
    /// From where.
    #[schema(value_type = Option<String>)]
    pub address: Option<IpAddr>,
    /// What.
    #[schema(example = "change_server")]
    pub action: String,
    /// To which server; empty: to none.
    pub server: String,
    /// To what on it.
    pub target: String,
    /// As which user on the server.
    pub run_as: String,
    /// `asked`, `succeeded`, `failed`, `refused` or `unknown`.
    pub outcome: &'static str,
    /// What else there is to know.
    pub details: BTreeMap<String, String>,
    /// The number of the event that asked for what ended here.
    pub asked_number: Option<i64>,
    /// SHA-256 over the event before and this one, hexadecimal.
    pub hash: String,
}

impl From<AuditEvent> for AuditEventView {
    fn from(row: AuditEvent) -> Self {
        Self {
            number: row.number,
            at: row.at,
            actor_kind: row.actor_kind,
            actor: row.actor,
            address: row.address.map(|address| address.0),
            action: row.action,
            server: row.server,
            target: row.target,
            run_as: row.run_as,
            outcome: row.outcome.name(),
            details: row.details.0,
            asked_number: row.asked_number,
            hash: hex::encode(row.hash),
        }
    }
}

impl AuditEventView {
    fn says(&self, needle: &str) -> bool {
        let texts = [&self.actor, &self.action, &self.server, &self.target, &self.run_as];
        texts.into_iter().chain(self.details.values()).any(|text| text.to_lowercase().contains(needle))
    }
}

/// Which events are wanted.
#[derive(Debug, Default, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct AuditQuery {
    /// Keeps events that contain this text, whatever its case.
    pub q: Option<String>,
    /// Only `-number`, the newest first.
    pub sort: Option<String>,
    /// How many items at most: 1 to 500, 100 unless given.
    #[serde(deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 500)]
    pub limit: Option<u16>,
    /// `next` of the page before.
    pub cursor: Option<String>,
    /// Of this user or token.
    pub actor: Option<String>,
    /// About this server.
    pub server: Option<String>,
    /// Of this action.
    pub action: Option<String>,
    /// With this outcome: `asked`, `succeeded`, `failed`, `refused` or `unknown`.
    #[param(value_type = Option<String>)]
    pub outcome: Option<Outcome>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
}

/// The audit log, newest first. Role: administrator of all servers.
///
/// A search (`q`) looks at a bounded number of events for each page, so a page may be empty and still have a `next`.
#[utoipa::path(
    get, path = "/api/v1/audit-events", tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEventView>)),
)]
pub async fn index(
    app: Data<App>,
    asking: Asking,
    query: Parameters<AuditQuery>,
) -> Result<Json<Page<AuditEventView>>> {
    needs_all(&asking)?;
    let query = query.0;
    if query.sort.as_deref().is_some_and(|sort| sort != "-number") {
        return Err(Error::field("sort", "The audit log is ordered by -number"));
    }
    let before = query.cursor.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_not_a_number| Error::field("cursor", "This cursor is not of this list"))?;
    let list = ListQuery { q: query.q, limit: query.limit, ..ListQuery::default() };
    let (limit, needle) = (list.limit()?, list.needle());
    let filter = AuditFilter {
        actor: query.actor,
        server: query.server,
        action: query.action,
        outcome: query.outcome,
        from: query.from,
        to: query.to,
        before,
        ..AuditFilter::default()
    };
    let page = app.db.run(move |connection| page(connection, filter, needle.as_deref(), limit)).await?;
    Ok(Json(page))
}

fn page(
    connection: &mut Connection,
    mut filter: AuditFilter,
    needle: Option<&str>,
    limit: usize,
) -> Result<Page<AuditEventView>> {
    let batch = if needle.is_some() { BATCH } else { limit + 1 };
    let (mut items, mut searched) = (Vec::new(), 0);
    loop {
        let events = AuditEvent::latest(connection, &filter, i64::try_from(batch).unwrap_or(i64::MAX))?;
        let at_end = events.len() < batch;
        for event in events.into_iter().map(AuditEventView::from) {
            if items.len() == limit {
                return Ok(Page { items, next: filter.before.map(|number| number.to_string()) });
            }
            filter.before = Some(event.number);
            searched += 1;
            if needle.is_none_or(|needle| event.says(needle)) {
                items.push(event);
            }
        }
        if at_end {
            return Ok(Page { items, next: None });
        }
        if searched >= SEARCHED {
            return Ok(Page { items, next: filter.before.map(|number| number.to_string()) });
        }
    }
}
