//! What a URL answers to a server: whether something is up where it is needed, not only where hannun stands.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{Asked, Found, Source, found};
use crate::commands::CommandType;
use crate::commands::url_request::{Answered, RequestUrl, WebUrl};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::models::permission::Permission;
use crate::scenarios::condition::expression;
use crate::scenarios::fields::{Default, Field, Takes, text};

/// Characters of what was found, and of what was said.
const LONGEST: usize = 200;
const NO_URL: &str = "Write a URL that begins with http:// or https://, without a user and a password";

/// Asks a URL.
pub(super) const CHECK: Source = Source {
    kind: "http_check",
    label: "HTTP check",
    icon: "globe",
    fields: &[
        Field {
            name: "url",
            label: "URL",
            hint: "As the server reaches it: http://localhost:8080/health",
            takes: Takes::Line { most: 2_000 },
            default: Default::Required,
        },
        Field {
            name: "pattern",
            label: "Text that must be there",
            hint: "A regular expression; empty: any text will do",
            takes: Takes::Pattern,
            default: Default::Text(""),
        },
    ],
    gives: &[
        ("http.up", "1"),
        ("http.status", "200"),
        ("http.took_ms", "38"),
        ("http.matches", "1"),
        ("http.match", "all is well"),
        ("http.location", "https://example.org/"),
        ("http.said", "curl: (7) Failed to connect"),
        ("http.url", "http://localhost:8080/health"),
        ("command", "curl -i http://localhost:8080/health"),
    ],
    asks_server: true,
    acts: false,
    problems: |settings| match WebUrl::read(text(settings, "url")) {
        Some(_) => FieldErrors::default(),
        None => FieldErrors::default().and("url", NO_URL),
    },
    read: |asked| read(asked).boxed(),
};

async fn read(asked: Asked<'_>) -> Result<Found> {
    let url = WebUrl::read(text(asked.settings, "url")).ok_or_else(|| Error::field("url", NO_URL))?;
    // The server speaks to others for it: who may run nothing there may not have that either.
    let shown = url.to_string();
    asked.host.permits(Permission::RunCommand, CommandType::RequestUrl.name(), &shown).await?;
    let answer = asked.host.read(RequestUrl { url }).await?;
    let http = values(answer.value, text(asked.settings, "pattern"), &shown);
    let Some(http) = http? else {
        let none = Message::new("{server} has neither curl nor wget to ask with");
        return Err(Error::Unavailable(none.with("server", asked.host.name())));
    };
    Ok(found(json!({ "http": http, "command": answer.evidence.line.replace("\"$url\"", &shown) })))
}

/// What is told of an answer; none where nothing could ask. No answer is an answer too: nothing is up.
fn values(answered: Answered, pattern: &str, url: &str) -> Result<Option<Value>> {
    let cut = |text: &str| text.chars().take(LONGEST).collect::<String>();
    Ok(Some(match answered {
        Answered::NoTool => return Ok(None),
        Answered::Nothing { said, took } => json!({
            "up": 0, "status": 0, "took_ms": milliseconds(took), "matches": 0, "match": null, "location": null,
            "said": cut(&said), "url": url,
        }),
        Answered::Status { status, location, body, took, said } => {
            let body = String::from_utf8_lossy(&body);
            let found = if pattern.is_empty() {
                Some("")
            } else {
                let expression = expression(pattern).map_err(Error::BadRequest)?;
                expression.find(&body).map(|found| found.as_str())
            };
            let up = (200..400).contains(&status) && found.is_some() && said.is_empty();
            json!({
                "up": u8::from(up),
                "status": status,
                "took_ms": milliseconds(took),
                "matches": u8::from(found.is_some()),
                "match": found.map(cut),
                "location": Some(location).filter(|location| !location.is_empty()),
                "said": cut(&said),
                "url": url,
            })
        }
    }))
}

fn milliseconds(took: std::time::Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    fn of(status: u16, body: &str, said: &str, pattern: &str) -> Value {
        let (location, took) = (String::new(), Duration::from_millis(38));
        let answered = Answered::Status { status, location, body: body.into(), took, said: said.to_owned() };
        values(answered, pattern, "http://a/").unwrap().unwrap()
    }

    #[test]
    fn up_is_what_answers_well_to_its_end_with_the_text_that_must_be_there() {
        let told = of(200, "all is well", "", "is w.*");
        assert_eq!((&told["up"], &told["match"], &told["took_ms"]), (&json!(1), &json!("is well"), &json!(38)));
        assert_eq!(of(302, "", "", "")["up"], 1);
        for down in [of(500, "", "", ""), of(200, "bad", "", "well"), of(200, "", "curl: (28) timed out", "")] {
            assert_eq!(down["up"], 0, "{down}");
        }
        let nothing = Answered::Nothing { said: "refused".to_owned(), took: Duration::ZERO };
        let told = values(nothing, "", "http://a/").unwrap().unwrap();
        assert_eq!((&told["up"], &told["status"], &told["said"]), (&json!(0), &json!(0), &json!("refused")));
        assert_eq!(values(Answered::NoTool, "", "http://a/").unwrap(), None);
    }

    #[test]
    fn what_is_told_of_a_long_answer_is_short() {
        let told = of(200, &"x".repeat(10_000), "", "x+");
        assert_eq!(told["match"].as_str().unwrap().len(), LONGEST);
    }
}
