//! `/audit-events`: who did what to which server, from where, and how it ended.

use std::collections::BTreeMap;
use std::net::IpAddr;

use actix_web::web::{Data, Json};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::input::Parameters;
use super::paging::{ListQuery, Page};
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::audit::{AuditEvent, AuditFilter, Outcome};

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
#[utoipa::path(
    operation_id = "list_audit_events",
    get, path = "/api/v1/audit-events", tag = "audit",
    params(AuditQuery),
    responses((status = 200, body = Page<AuditEventView>)),
)]
pub async fn index(app: Data<App>, query: Parameters<AuditQuery>) -> Result<Json<Page<AuditEventView>>> {
    let query = query.0;
    if query.sort.as_deref().is_some_and(|sort| sort != "-number") {
        return Err(Error::field("sort", "The audit log is ordered by -number"));
    }
    let before = query.cursor.as_deref().map(str::parse).transpose();
    let before = before.map_err(|_not_a_number| Error::field("cursor", "This cursor is not of this list"))?;
    let limit = ListQuery { limit: query.limit, ..ListQuery::default() }.limit()?;
    let filter = AuditFilter {
        actor: query.actor,
        server: query.server,
        action: query.action,
        outcome: query.outcome,
        from: query.from,
        to: query.to,
        text: query.q.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty()),
        before,
        ..AuditFilter::default()
    };
    // One more than is shown tells whether there is more.
    let wanted = i64::try_from(limit + 1).unwrap_or(i64::MAX);
    let mut events = app.db.run(move |connection| AuditEvent::latest(connection, &filter, wanted)).await?;
    let more = events.len() > limit;
    events.truncate(limit);
    let next = events.last().filter(|_| more).map(|event| event.number.to_string());
    Ok(Json(Page { items: events.into_iter().map(AuditEventView::from).collect(), next }))
}
