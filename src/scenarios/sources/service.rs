//! What a service does now.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{Source, found};
use crate::commands::services::{ReadService, ServiceName, State};
use crate::error::{Error, FieldErrors};
use crate::language::Message;
use crate::scenarios::fields::{Default, Field, Takes, text};

const NO_NAME: &str = "A service has letters, digits and the signs : - _ . @ + in its name, and no blank";

/// The state of a service.
pub(super) const STATE: Source = Source {
    kind: "service_state",
    label: "Service state",
    icon: "server",
    fields: &[Field {
        name: "service",
        label: "Service",
        hint: "nginx.service",
        takes: Takes::Line { most: 255 },
        default: Default::Required,
    }],
    gives: &[
        ("service.runs", "1"),
        ("service.state", "active"),
        ("service.detail", "running"),
        ("service.at_boot", "enabled"),
        ("service.since", "2026-11-28T08:00:00Z"),
        ("service.restarts", "0"),
        ("service.exit_status", "0"),
        ("command", "systemctl show -- nginx.service"),
    ],
    asks_server: true,
    acts: false,
    problems: |settings| match ServiceName::read(text(settings, "service")) {
        Some(_) => FieldErrors::default(),
        None => FieldErrors::default().and("service", NO_NAME),
    },
    read: |asked| {
        async move {
            let name = ServiceName::read(text(asked.settings, "service"));
            let name = name.ok_or_else(|| Error::field("service", NO_NAME))?;
            let answer = asked.host.read(ReadService { name: name.clone() }).await?;
            let Some(details) = answer.value else {
                let none = Message::new("{server} has no service {name}").with("name", &name);
                return Err(Error::Unavailable(none.with("server", asked.host.name())));
            };
            let service = &details.service;
            let state = |known: &Value| if service.state == State::Unknown { Value::Null } else { known.clone() };
            Ok(found(json!({
                "service": {
                    "name": service.name,
                    "runs": state(&json!(u8::from(service.state == State::Active))),
                    "state": service.state.name(),
                    "detail": service.detail,
                    "at_boot": service.at_boot,
                    "since": service.since,
                    "restarts": details.restarts,
                    "exit_status": details.exit_status.unwrap_or_default(),
                },
                "command": answer.evidence.line.replace("\"$unit\"", name.as_str()),
            })))
        }
        .boxed()
    },
};
