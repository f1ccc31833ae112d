//! Who changed a row, when, and which fields: read from the audit log.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use askama::Template;
use chrono::{DateTime, Utc};

use super::any::AnyResource;
use super::form::CHANGED;
use super::record::{OBJECT, object};
use crate::app::App;
use crate::error::{Error, Result};
use crate::models::actor::Scope;
use crate::models::audit::{AuditEvent, AuditFilter};
use crate::web::extract::Admin;
use crate::web::filters;
use crate::web::menu::Screen;
use crate::web::render::Render;

/// Events shown of one row.
const MOST: i64 = 200;

#[derive(Template)]
#[template(path = "admin/history.html")]
struct HistoryPage {
    screen: &'static Screen,
    id: i64,
    name: String,
    is_gone: bool,
    entries: Vec<Entry>,
}

/// One event.
struct Entry {
    number: i64,
    at: DateTime<Utc>,
    actor: String,
    address: Option<String>,
    action: String,
    outcome: &'static str,
    fields: Vec<FieldChange>,
}

/// One field of an event.
#[derive(Debug, PartialEq, Eq)]
pub struct FieldChange {
    /// The field's label in English, or the name of a detail.
    pub label: String,
    /// Whether the label has a translation.
    pub is_word: bool,
    /// A secret: nothing more is known.
    pub is_secret: bool,
    /// The value before; empty where there was none.
    pub before: String,
    /// The value after.
    pub after: String,
}

/// The changes of one row.
///
/// `GET /admin/{resource}/{id}/history`
#[tracing::instrument(skip_all, fields(resource = %path.0))]
pub async fn index(admin: Admin, path: Path<(String, i64)>, app: Data<App>, render: Render) -> Result<HttpResponse> {
    let (slug, id) = path.into_inner();
    let resource = super::resource(&slug)?;
    let filter = AuditFilter { object: Some(object(&slug, id)), ..AuditFilter::default() };
    let scope = admin.actor.scope().clone();
    let (name, is_gone, events) = app
        .db
        .run(move |connection| {
            let events = AuditEvent::latest(connection, &filter, MOST)?;
            match resource.name_of(connection, &scope, id) {
                Ok(name) => Ok((name, false, events)),
                // What was deleted keeps its history, for those who may read the whole log.
                Err(Error::NotFound(_)) if scope == Scope::All && !events.is_empty() => {
                    let name = events.first().map(|event| event.target.clone()).unwrap_or_default();
                    Ok((name, true, events))
                }
                Err(error) => Err(error),
            }
        })
        .await?;
    let entries = events.into_iter().map(|event| Entry::of(event, resource)).collect();
    render.page(&HistoryPage { screen: resource.screen(), id, name, is_gone, entries })
}

impl Entry {
    fn of(event: AuditEvent, resource: &dyn AnyResource) -> Self {
        Self {
            fields: fields_of(&event, resource),
            number: event.number,
            at: event.at,
            actor: event.actor,
            address: event.address.map(|address| address.0.to_string()),
            action: event.action,
            outcome: event.outcome.label(),
        }
    }
}

fn fields_of(event: &AuditEvent, resource: &dyn AnyResource) -> Vec<FieldChange> {
    let details = event.details.0.iter().filter(|(name, _)| *name != OBJECT);
    details.map(|(name, value)| FieldChange::of(name, value, resource.label_of(name))).collect()
}

impl FieldChange {
    /// A detail as it is shown; `label` where it is a field of the form.
    pub fn of(name: &str, value: &str, label: Option<&'static str>) -> Self {
        let (before, after) = match serde_json::from_str::<[String; 2]>(value) {
            Ok([before, after]) => (before, after),
            Err(_) => (String::new(), value.to_owned()),
        };
        Self {
            label: label.unwrap_or(name).to_owned(),
            is_word: label.is_some(),
            is_secret: label.is_some() && value == CHANGED,
            before,
            after,
        }
    }

    /// In one line: `Port: 22 → 2222`.
    pub fn in_one_line(&self) -> String {
        match (self.before.as_str(), self.after.as_str()) {
            ("", after) => format!("{}: {after}", self.label),
            (before, after) => format!("{}: {before} → {after}", self.label),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_shown_with_both_values_and_a_secret_with_none() {
        let port = FieldChange::of("port", r#"["22","2222"]"#, Some("Port"));
        assert_eq!(port.in_one_line(), "Port: 22 → 2222");
        assert!(FieldChange::of("password", "changed", Some("Password")).is_secret);
        let other = FieldChange::of("why", "changed", None);
        assert_eq!((other.is_secret, other.in_one_line()), (false, "why: changed".to_owned()));
    }
}
