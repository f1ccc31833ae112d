//! Any address that takes JSON of its own shape, with what proves who sends it kept in a channel.

use serde_json::{Map, Value, json};

use super::http::{DELIVERY, SECRET_URL, key};
use super::{Asked, Kind, Sent, Told, Way, as_it_is, by_status, headers};
use crate::error::FieldErrors;
use crate::language::Message;
use crate::outbound::header::{CONTENT_TYPE, HeaderValue};
use crate::outbound::{Method, OutboundError, Request};
use crate::scenarios::fields::{Default, Field, Takes, text};
use crate::scenarios::template::{Into, render};

/// Sends JSON of somebody's own through a channel.
pub(super) const WEBHOOK: Kind = Kind {
    kind: "webhook_template",
    label: "Webhook, own JSON",
    icon: "webhook",
    fields: &[
        Field {
            name: "body",
            label: "JSON",
            hint: "Values stand in it like this: {{ server.name }}; of several servers: {% for reading in readings %}",
            takes: Takes::Template { most: 8_000 },
            default: Default::Required,
        },
        Field {
            name: "method",
            label: "Method",
            hint: "",
            takes: Takes::Choice(&[("POST", "POST"), ("PUT", "PUT"), ("PATCH", "PATCH")]),
            default: Default::Text("POST"),
        },
        headers::FIELD,
    ],
    channel: Some(Asked {
        fields: &[
            SECRET_URL,
            Field {
                name: "header",
                label: "Secret header",
                hint: "Authorization",
                takes: Takes::Line { most: 100 },
                default: Default::Text(""),
            },
            Field {
                name: "header_value",
                label: "Its value",
                hint: "",
                takes: Takes::Secret { most: 1_000 },
                default: Default::Text(""),
            },
        ],
        check,
        test: &[("method", "POST"), ("body", "{\"text\": \"{{ text }}\"}")],
    }),
    make: |told| {
        let made = json!({ "method": text(told.settings, "method"), "body": body(told)? });
        headers::add(made, told)
    },
    reads: as_it_is,
    way: Way::Http { request, judge: |answer| by_status(answer.status) },
    pace_ms: 0,
};

/// A header has a name that can be one, and a value.
fn check(channel: &Value) -> FieldErrors {
    let mut problems = FieldErrors::default();
    let (name, value) = (text(channel, "header"), text(channel, "header_value"));
    match (name.is_empty(), value.is_empty()) {
        (true, false) => problems.add("header", "Say in which header it goes"),
        (false, true) => problems.add("header_value", "This is needed"),
        (false, false) => {
            if let Err(why) = headers::name(name) {
                problems.add("header", why);
            } else if HeaderValue::from_str(value).is_err() {
                problems.add("header_value", "A header takes no control characters");
            }
        }
        (true, true) => {}
    }
    problems
}

/// The values of the first reading, and all of them as `readings`.
fn body(told: Told<'_>) -> Result<String, Message> {
    let mut values: Map<String, Value> = told.about.first().cloned().unwrap_or_default();
    values.insert("readings".to_owned(), json!(told.about));
    let body = render(text(told.settings, "body"), &values, Into::Json, told.zone)?;
    match serde_json::from_str::<Value>(&body) {
        Ok(_) => Ok(body),
        Err(_) => Err(Message::new("The body is no JSON once its values are filled in")),
    }
}

fn request(sent: Sent<'_>) -> Result<Request, OutboundError> {
    let method = match text(sent.message, "method") {
        "PUT" => Method::PUT,
        "PATCH" => Method::PATCH,
        _ => Method::POST,
    };
    let body = text(sent.message, "body").to_owned();
    let mut request = headers::put(Request::with(method, text(sent.channel, "url"), body)?, sent.message);
    if let Ok(name) = headers::name(text(sent.channel, "header"))
        && let Ok(value) = HeaderValue::from_str(text(sent.channel, "header_value"))
    {
        request = request.secret(name, value);
    }
    let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(request.header(DELIVERY, key(&sent)))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;

    use super::*;

    fn made(body: &str) -> Result<String, String> {
        let about = |name: &str| json!({"server": {"name": name}}).as_object().unwrap().clone();
        let about = [about("web \"1\""), about("db-1")];
        let settings = json!({ "method": "PUT", "body": body, "headers": "" });
        let made = (WEBHOOK.make)(Told { settings: &settings, about: &about, zone: Tz::UTC });
        made.map(|made| made["body"].as_str().unwrap().to_owned()).map_err(|why| why.to_string())
    }

    #[test]
    fn the_body_is_json_with_the_first_reading_and_all_of_them() {
        assert_eq!(made("{\"a\": \"{{ server.name }}\"}").unwrap(), "{\"a\": \"web \\\"1\\\"\"}");
        let all = "[{% for reading in readings %}\"{{ reading.server.name }}\"{% if not loop.last %},{% endif %}{% endfor %}]";
        assert_eq!(made(all).unwrap(), "[\"web \\\"1\\\"\",\"db-1\"]");
        assert!(made("{\"a\": {{ server.name }}}").unwrap_err().contains("no JSON"));
    }

    #[test]
    fn a_secret_header_is_named_and_has_a_value() {
        let problems = |header: &str, value: &str| {
            let problems = check(&json!({ "header": header, "header_value": value }));
            problems.iter().map(|(field, _)| field.to_owned()).collect::<Vec<_>>()
        };
        assert!(problems("", "").is_empty() && problems("Authorization", "Bearer x").is_empty());
        assert_eq!(problems("", "x"), ["header"]);
        assert_eq!(problems("Authorization", ""), ["header_value"]);
        assert_eq!(problems("Host", "x"), ["header"]);
        assert_eq!(problems("Authorization", "a\u{7f}"), ["header_value"]);
    }
}
