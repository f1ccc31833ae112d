//! Headers of somebody's own in a request: names that say nothing about the connection, values that stay on their line.

use serde_json::{Value, json};

use super::{Told, one_line};
use crate::language::Message;
use crate::outbound::Request;
use crate::outbound::header::{HeaderName, HeaderValue};
use crate::scenarios::fields::{Default, Field, Takes, text};
use crate::scenarios::template::{Into, render};

/// Headers of one request.
const MOST: usize = 20;
/// Characters of a value.
const LONGEST: usize = 1_000;
/// What hannun itself writes, or what would change how the request is read.
const OURS: &[&str] = &[
    "accept-encoding",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "forwarded",
    "host",
    "http2-settings",
    "keep-alive",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
    "via",
];
/// What proves who asks: everybody who sees the scenario would read it.
const SECRET: &[&str] = &["api-key", "authorization", "cookie", "x-api-key", "x-auth-token"];

/// What is asked.
pub(super) const FIELD: Field = Field {
    name: "headers",
    label: "Headers",
    hint: "One a line: X-Server: {{ server.name }}",
    takes: Takes::Template { most: 2_000 },
    default: Default::Text(""),
};

/// What a name is good for, or why it is not.
pub(super) fn name(text: &str) -> Result<HeaderName, Message> {
    let odd = || Message::new("{name} is no name of a header").with("name", text);
    let name: HeaderName = text.parse().map_err(|_odd| odd())?;
    let is_ours =
        |name: &str| OURS.contains(&name) || ["hannun-", "proxy-", "sec-"].iter().any(|of| name.starts_with(of));
    if is_ours(name.as_str()) {
        return Err(Message::new("hannun writes the header {name} itself").with("name", text));
    }
    Ok(name)
}

/// The value of a header: on one line, whatever a server said.
fn value(text: &str) -> String {
    one_line(text.trim(), LONGEST)
}

/// Adds the headers to what was made for a request, with the values of the first reading in them.
pub(super) fn add(mut made: Value, told: Told<'_>) -> Result<Value, Message> {
    let first = told.about.first().cloned().unwrap_or_default();
    let mut headers = Vec::new();
    // Line by line before the values are filled in: none of them makes another header.
    for line in text(told.settings, FIELD.name).lines().filter(|line| !line.trim().is_empty()) {
        let (given, template) =
            line.split_once(':').ok_or_else(|| Message::new("Write headers like this, one a line: Name: value"))?;
        let given = given.trim();
        let name = name(given)?;
        if SECRET.contains(&name.as_str()) {
            return Err(Message::new("{name} is a secret, which everybody who sees the scenario would read: take the destination Webhook, own JSON, whose channel keeps it").with("name", given));
        }
        headers.push(json!([name.as_str(), value(&render(template, &first, Into::Text, told.zone)?)]));
    }
    if headers.len() > MOST {
        return Err(Message::new("A request has {most} headers of its own at most").with("most", MOST));
    }
    if let (Some(made), false) = (made.as_object_mut(), headers.is_empty()) {
        made.insert(FIELD.name.to_owned(), headers.into());
    }
    Ok(made)
}

/// Puts the headers that were made into a request.
pub(super) fn put(mut request: Request, message: &Value) -> Request {
    for header in message.get(FIELD.name).and_then(Value::as_array).into_iter().flatten() {
        let text = |at: usize| header.get(at).and_then(Value::as_str).unwrap_or_default();
        // Judged again: what is kept may be older than the rules.
        if let (Ok(name), Ok(value)) = (name(text(0)), HeaderValue::from_bytes(value(text(1)).as_bytes())) {
            request = request.header(name, value);
        }
    }
    request
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn made(headers: &str, name: &str) -> Result<Value, String> {
        let about = json!({"server": {"name": name}});
        let about: [Map<String, Value>; 1] = [about.as_object().unwrap().clone()];
        let told = Told { settings: &json!({ "headers": headers }), about: &about, zone: Tz::UTC };
        add(json!({}), told).map(|made| made["headers"].clone()).map_err(|why| why.to_string())
    }

    #[test]
    fn a_line_is_a_header_and_values_stand_in_it() {
        assert_eq!(
            made("X-Server: {{ server.name }}\n\nX-B : b:c\n", "web-1"),
            Ok(json!([["x-server", "web-1"], ["x-b", "b:c"]]))
        );
        assert_eq!(made("", "web-1"), Ok(Value::Null));
    }

    #[test]
    fn sec_x05_a_value_of_a_server_makes_no_header() {
        let hostile = made("X-Server: {{ server.name }}", "a\r\nX-Evil: 1\0");
        assert_eq!(hostile, Ok(json!([["x-server", "a  X-Evil: 1 "]])));
        assert_eq!(
            made("X-Server: {{ server.name }}", &"x".repeat(100_000)).unwrap()[0][1].as_str().unwrap().len(),
            1_000
        );
    }

    #[test]
    fn a_name_that_says_how_the_request_is_read_or_who_asks_is_refused() {
        for odd in [
            "Host: a",
            "content-length: 1",
            "Transfer-Encoding: chunked",
            "Proxy-Authorization: x",
            "Hannun-Signature: x",
        ] {
            assert!(made(odd, "").is_err_and(|why| why.contains("itself")), "{odd}");
        }
        for odd in ["X Y: a", ": a", "X\u{e9}: a", "X{}: a"] {
            assert!(made(odd, "").is_err_and(|why| why.contains("no name")), "{odd}");
        }
        assert!(made("nothing", "").is_err_and(|why| why.contains("one a line")));
        for secret in ["Authorization: Bearer x", "cookie: a=b"] {
            assert!(made(secret, "").is_err_and(|why| why.contains("secret")), "{secret}");
        }
        assert!(made(&"X-A: a\n".repeat(21), "").is_err_and(|why| why.contains("20")));
    }
}
