//! Any address that takes an HTTP request.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

use super::{Asked, Kind, Sent, Told, Way, as_it_is, by_status, headers, texts};
use crate::language::Message;
use crate::outbound::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use crate::outbound::{OutboundError, Request};
use crate::scenarios::fields::{Default, Field, Takes, text};
use crate::scenarios::template::{Into, render};

/// The same in every try of one delivery.
pub(super) const DELIVERY: HeaderName = HeaderName::from_static("hannun-delivery");
/// When it was sent, and what proves by whom.
const SIGNATURE: HeaderName = HeaderName::from_static("hannun-signature");

const URL: Field = Field {
    name: "url",
    label: "URL",
    hint: "Values may stand in it: https://example.org/ping?cpu={{ cpu.total }}",
    takes: Takes::Line { most: 2_000 },
    default: Default::Required,
};

/// The address of a channel.
pub(super) const SECRET_URL: Field = Field { hint: "https://example.org/hooks/hannun", takes: Takes::SecretUrl, ..URL };

/// Asks for an address.
pub(super) const GET: Kind = Kind {
    kind: "http_get",
    label: "HTTP GET",
    icon: "download",
    fields: &[URL],
    channel: None,
    make: |told| Ok(json!({ "url": url(told)? })),
    reads: as_it_is,
    way: Way::Http {
        request: |sent| Ok(Request::get(text(sent.message, "url"))?.header(DELIVERY, key(&sent))),
        judge: |answer| by_status(answer.status),
    },
    pace_ms: 0,
};

/// Sends something to an address.
pub(super) const POST: Kind = Kind {
    kind: "http_post",
    label: "HTTP POST",
    icon: "send",
    fields: &[
        URL,
        Field {
            name: "format",
            label: "Body",
            hint: "",
            takes: Takes::Choice(&[
                ("json", "All values, as JSON"),
                ("own_json", "JSON of your own"),
                ("form", "A form: one name=value a line"),
                ("text", "Text of your own"),
            ]),
            default: Default::Text("json"),
        },
        Field {
            name: "body",
            label: "Text",
            hint: "Values stand in it like this: {{ server.name }}",
            takes: Takes::Template { most: 8_000 },
            default: Default::Text(""),
        },
        headers::FIELD,
    ],
    channel: None,
    make: |told| {
        let (content_type, body) = body(told)?;
        let made = json!({ "url": url(told)?, "content_type": content_type, "body": body });
        headers::add(made, told)
    },
    reads: as_it_is,
    way: Way::Http {
        request: |sent| {
            let request = Request::post(text(sent.message, "url"), text(sent.message, "body").to_owned())?;
            let request = headers::put(request, sent.message);
            Ok(request.header(CONTENT_TYPE, content_type(sent.message)).header(DELIVERY, key(&sent)))
        },
        judge: |answer| by_status(answer.status),
    },
    pace_ms: 0,
};

/// Sends all values to an address of a channel, which can prove that they come from here.
pub(super) const WEBHOOK: Kind = Kind {
    kind: "webhook",
    label: "Webhook, signed",
    icon: "webhook",
    fields: &[],
    channel: Some(Asked::about(
        &[
            SECRET_URL,
            Field {
                name: "secret",
                label: "Signing secret",
                hint: "The receiver has the same one",
                takes: Takes::Secret { most: 200 },
                default: Default::Required,
            },
            Field {
                name: "secret_before",
                label: "Signing secret of before",
                hint: "Both sign until the receiver has changed",
                takes: Takes::Secret { most: 200 },
                default: Default::Text(""),
            },
        ],
        &[],
    )),
    make: |told| Ok(json!({ "body": all(told)? })),
    reads: as_it_is,
    way: Way::Http {
        request: |sent| {
            let body = text(sent.message, "body");
            let secrets = [text(sent.channel, "secret"), text(sent.channel, "secret_before")];
            let signature = signature(sent.at, body, secrets.into_iter().filter(|secret| !secret.is_empty()));
            let request = Request::post(text(sent.channel, "url"), body.to_owned())?;
            let request = request.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            Ok(request.header(DELIVERY, key(&sent)).secret(SIGNATURE, value(&signature)))
        },
        judge: |answer| by_status(answer.status),
    },
    pace_ms: 0,
};

/// `t=1732838400,v1=…,v1=…`: each `v1` is HMAC-SHA256 of `t.body` with one secret, in hexadecimal digits (O05).
fn signature<'a>(at: i64, body: &str, secrets: impl Iterator<Item = &'a str>) -> String {
    let mut signature = format!("t={at}");
    for secret in secrets {
        if let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) {
            mac.update(format!("{at}.{body}").as_bytes());
            signature.push_str(",v1=");
            signature.push_str(&hex::encode(mac.finalize().into_bytes()));
        }
    }
    signature
}

/// The address, with the values of the first reading in it.
fn url(told: Told<'_>) -> Result<String, Message> {
    let first = Told { about: told.about.get(..1).unwrap_or_default(), ..told };
    texts(first, text(told.settings, "url"), Into::Url, "")
}

fn body(told: Told<'_>) -> Result<(&'static str, String), Message> {
    let template = text(told.settings, "body");
    match text(told.settings, "format") {
        "own_json" => {
            let body = texts(told, template, Into::Json, "\n")?;
            let is_json = serde_json::Deserializer::from_str(&body).into_iter::<Value>().all(|value| value.is_ok());
            if is_json {
                Ok(("application/json", body))
            } else {
                Err(Message::new("The body is no JSON once its values are filled in"))
            }
        }
        "form" => {
            let mut form = form_urlencoded::Serializer::new(String::new());
            // Line by line before the values are filled in: none of them makes another field (X05).
            for values in told.about {
                for (name, template) in template.lines().filter_map(|line| line.split_once('=')) {
                    form.append_pair(name, &render(template, values, Into::Text, told.zone)?);
                }
            }
            Ok(("application/x-www-form-urlencoded", form.finish()))
        }
        "text" => Ok(("text/plain; charset=utf-8", texts(told, template, Into::Text, "\n")?)),
        _ => Ok(("application/json", all(told)?)),
    }
}

/// All values of all readings.
fn all(told: Told<'_>) -> Result<String, Message> {
    serde_json::to_string(&json!({ "readings": told.about })).map_err(|_no_json| Message::new("The values are no JSON"))
}

/// Posts a body of JSON to the address of a channel.
pub(super) fn posted(sent: Sent<'_>) -> Result<Request, OutboundError> {
    let request = Request::post(text(sent.channel, "url"), text(sent.message, "body").to_owned())?;
    Ok(request.header(CONTENT_TYPE, HeaderValue::from_static("application/json")))
}

fn content_type(message: &Value) -> HeaderValue {
    value(text(message, "content_type"))
}

pub(super) fn key(sent: &Sent<'_>) -> HeaderValue {
    value(sent.key)
}

fn value(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).unwrap_or(HeaderValue::from_static(""))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn about(cpu: f64) -> Map<String, Value> {
        let Value::Object(values) = json!({"server": {"name": "web \"1\""}, "cpu": {"total": cpu}}) else { panic!() };
        values
    }

    fn made(kind: &Kind, settings: &Value) -> Result<Value, String> {
        let about = [about(31.25), about(2.0)];
        (kind.make)(Told { settings, about: &about, zone: Tz::UTC }).map_err(|why| why.to_string())
    }

    #[test]
    fn each_format_is_what_its_receiver_expects() {
        let url = "https://example.org/ping?cpu={{ cpu.total }}&on={{ server.name }}";
        let post = |format: &str, body: &str| made(&POST, &json!({"url": url, "format": format, "body": body}));
        let get = made(&GET, &json!({ "url": url })).unwrap();
        assert_eq!(get["url"], "https://example.org/ping?cpu=31.2&on=web+%221%22");
        let own = post("own_json", "{\"text\": \"{{ server.name }}\", \"cpu\": {{ cpu.total }}}").unwrap();
        assert_eq!(
            own["body"],
            "{\"text\": \"web \\\"1\\\"\", \"cpu\": 31.2}\n{\"text\": \"web \\\"1\\\"\", \"cpu\": 2}"
        );
        assert!(post("own_json", "{\"cpu\": {{ server.name }}}").unwrap_err().contains("no JSON"));
        assert_eq!(
            post("form", "cpu={{ cpu.total }}\nname={{ server.name }}").unwrap()["body"],
            "cpu=31.2&name=web+%221%22&cpu=2&name=web+%221%22"
        );
        assert_eq!(post("text", "{{ cpu.total }}").unwrap()["body"], "31.2\n2");
        let all: Value = serde_json::from_str(post("json", "").unwrap()["body"].as_str().unwrap()).unwrap();
        assert_eq!(all["readings"][1]["cpu"]["total"], 2.0);
        assert!(post("text", "{{ memory.used }}").unwrap_err().contains("a value that there is not"));
    }

    #[test]
    fn sec_x05_a_value_of_a_server_makes_no_field_of_a_form() {
        let Value::Object(values) = json!({"server": {"name": "web-1\nadmin=1&x=y"}}) else { panic!() };
        let settings = json!({"url": "https://example.org/", "format": "form", "body": "name={{ server.name }}"});
        let made = (POST.make)(Told { settings: &settings, about: &[values], zone: Tz::UTC }).unwrap();
        assert_eq!(made["body"], "name=web-1%0Aadmin%3D1%26x%3Dy");
    }

    #[test]
    fn sec_o05_a_signature_is_that_of_the_reference_vectors() {
        // RFC 4231, test case 2: what is signed there is written as time and body here.
        let signed = signature(0, "", ["secret", "before"].into_iter());
        let parts: Vec<&str> = signed.split(',').collect();
        assert_eq!((parts[0], parts.len()), ("t=0", 3));
        assert_eq!(parts[1], format!("v1={}", hmac_of("secret", "0.")));
        assert_eq!(parts[2], format!("v1={}", hmac_of("before", "0.")));
        assert_eq!(
            hmac_of("Jefe", "what do ya want for nothing?"),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
    }

    fn hmac_of(secret: &str, text: &str) -> String {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(text.as_bytes());
        hex::encode(mac.finalize().into_bytes())
    }
}
