//! Texts in which values of a reading stand: `*{{ server.name }}* {{ cpu.percent|round }} %`. The language is Jinja's. Pure.
//!
//! Values come from servers, and are written so that they stay text wherever they go; a template of somebody's own is bounded in what
//! it may cost.

mod filters;
mod members;

use chrono_tz::Tz;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::ValueKind;
use minijinja::{AutoEscape, Environment, Error, Output, State, UndefinedBehavior, Value};
use serde::Serialize;

use crate::language::Message;

/// Steps that one text may take: a loop over every line of a long reading, a few times.
const FUEL: u64 = 200_000;
/// The longest text that is made, bytes.
const LONGEST: usize = 128 << 10;

/// Where a text goes, and so how values are written into it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Into {
    /// Plain text.
    Text,
    /// A string of JSON.
    Json,
    /// Slack's own markup, in which a server could otherwise call everybody: `<!channel>`.
    Slack,
    /// Markdown, as Discord and Teams show it: links, mentions and the like are made by the template only.
    Markdown,
    /// A part of a URL.
    Url,
}

/// The text that a template makes of values; why it makes none.
pub fn render(template: &str, values: &impl Serialize, into: Into, zone: Tz) -> Result<String, Message> {
    let environment = environment(into, zone);
    let values = serde_json::to_value(values).unwrap_or_default();
    let made = environment.template_from_str(template).and_then(|template| template.render(members::value(&values)));
    match made {
        Ok(text) if text.len() > LONGEST => Err(Message::new("The text would be longer than 128 KiB")),
        Ok(text) => Ok(text),
        Err(error) => Err(why(&error)),
    }
}

fn environment(into: Into, zone: Tz) -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    if let Ok(syntax) = SyntaxConfig::builder().trim_blocks(true).build() {
        environment.set_syntax(syntax);
    }
    environment.set_auto_escape_callback(|_name| AutoEscape::None);
    environment.set_formatter(move |out, state, value| write(out, state, value, into));
    filters::add(&mut environment, zone);
    environment
}

fn write(out: &mut Output, state: &mut State, value: &Value, into: Into) -> Result<(), Error> {
    if value.is_undefined() {
        // Says which one.
        return minijinja::escape_formatter(out, state, value);
    }
    let text = match value.kind() {
        ValueKind::None => String::new(),
        ValueKind::Map | ValueKind::Seq | ValueKind::Iterable if into == Into::Json => {
            let json = serde_json::to_string(value).unwrap_or_default();
            return out.write_str(&json).map_err(Error::from);
        }
        ValueKind::Number => filters::plain(value),
        _ => value.to_string(),
    };
    let written = match into {
        Into::Text => text,
        Into::Slack => text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"),
        Into::Markdown => escaped(&text),
        Into::Url => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
        Into::Json => {
            let quoted = serde_json::to_string(&text).unwrap_or_default();
            quoted.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or_default().to_owned()
        }
    };
    out.write_str(&written).map_err(Error::from)
}

/// Each sign that makes something in Markdown, with a backslash before it.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for sign in text.chars() {
        if matches!(sign, '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '#' | '[' | ']' | '(' | ')' | '@') {
            escaped.push('\\');
        }
        escaped.push(sign);
    }
    escaped
}

/// The same as people read it.
pub fn without_escapes(text: &str) -> String {
    let mut signs = text.chars().peekable();
    let mut read = String::with_capacity(text.len());
    while let Some(sign) = signs.next() {
        match signs.peek() {
            Some(next) if sign == '\\' && next.is_ascii_punctuation() => read.extend(signs.next()),
            _ => read.push(sign),
        }
    }
    read
}

/// The sentence about a template that makes no text.
fn why(error: &Error) -> Message {
    use minijinja::ErrorKind;
    let line = error.line().unwrap_or_default();
    let detail = error.detail().unwrap_or_default();
    match error.kind() {
        ErrorKind::OutOfFuel => Message::new("The text takes too many steps to make"),
        ErrorKind::UndefinedError => Message::new("Line {line} uses a value that there is not").with("line", line),
        ErrorKind::UnknownFilter | ErrorKind::UnknownFunction | ErrorKind::UnknownTest | ErrorKind::UnknownMethod => {
            Message::new("Line {line}: {detail}").with("line", line).with("detail", detail)
        }
        kind => Message::new("Line {line}: {detail}")
            .with("line", line)
            .with("detail", if detail.is_empty() { kind.to_string() } else { detail.to_owned() }),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn made(template: &str, into: Into) -> Result<String, String> {
        let values = json!({
            "server": {"name": "web-1"},
            "cpu": {"percent": 31.249, "whole": 42.0},
            "load": {"1": 2.4},
            "top": [{"name": "java", "cpu": 14.2}, {"name": "<!channel> \"x\" & y\n", "cpu": 5.1}],
            "time": "2026-11-29T23:50:03Z",
            "nothing": null,
            "bytes": 4_831_838_208_i64,
        });
        render(template, &values, into, Tz::Asia__Seoul).map_err(|why| why.to_string())
    }

    #[test]
    fn a_template_of_the_builder_says_what_it_shows() {
        let template = "*{{ server.name }}* {{ time|hm }} 점검\nCPU {{ cpu.percent|round }}% {{ cpu.percent }} {{ cpu.whole }}, 로드 {{ load.1 }}\n\
            {% for p in top[:1] %}\n• {{ p.name }} {{ p.cpu }}%\n{% endfor %}\n{{ nothing }}{{ bytes|bytes }}";
        let expected = "*web-1* 08:50 점검\nCPU 31% 31.2 42, 로드 2.4\n• java 14.2%\n4.5 GiB";
        assert_eq!(made(template, Into::Text).as_deref(), Ok(expected));
    }

    #[test]
    fn sec_x05_what_a_server_says_stays_text_wherever_it_goes() {
        let hostile = "{{ top[1].name }}";
        assert_eq!(made(hostile, Into::Slack).as_deref(), Ok("&lt;!channel&gt; \"x\" &amp; y\n"));
        assert_eq!(
            made(&format!("{{\"text\": \"{hostile}\"}}"), Into::Json).as_deref(),
            Ok(r#"{"text": "<!channel> \"x\" & y\n"}"#)
        );
        let markdown = made(hostile, Into::Markdown).unwrap();
        assert_eq!(markdown, "\\<!channel\\> \"x\" & y\n");
        assert_eq!(without_escapes(&markdown), "<!channel> \"x\" & y\n");
        assert_eq!(made(hostile, Into::Url).as_deref(), Ok("%3C%21channel%3E+%22x%22+%26+y%0A"));
        let body = made("{{ top }}", Into::Json).unwrap();
        assert_eq!(serde_json::from_str::<serde_json::Value>(&body).unwrap()[0]["name"], "java");
        // A template in a value is a value.
        let values = json!({"said": "{{ 7 * 7 }}{% raw %}"});
        assert_eq!(render("{{ said }}", &values, Into::Text, Tz::UTC).unwrap(), "{{ 7 * 7 }}{% raw %}");
        assert!(made("{{ top[1].name|safe }}", Into::Slack).is_ok_and(|text| !text.contains("<!")));
    }

    #[test]
    fn an_unknown_value_or_filter_is_said_with_its_line() {
        assert_eq!(made("a\n{{ cpu.frobs }}", Into::Text), Err("Line 2 uses a value that there is not".to_owned()));
        assert_eq!(made("{{ frobs.percent }}", Into::Text), Err("Line 1 uses a value that there is not".to_owned()));
        assert!(made("{{ cpu.percent|frob }}", Into::Text).is_err_and(|why| why.contains("frob")));
        assert!(made("{{ cpu.percent", Into::Text).is_err());
        assert!(made("{% include 'other' %}", Into::Text).is_err());
        assert!(made("{% if cpu.frobs is defined %}a{% else %}b{% endif %}", Into::Text).is_ok_and(|text| text == "b"));
    }

    #[test]
    fn sec_x01_a_template_cannot_run_for_ever_nor_fill_the_memory() {
        assert!(
            made("{% for a in range(10000) %}{% for b in range(10000) %}x{% endfor %}{% endfor %}", Into::Text)
                .is_err()
        );
        assert!(made("{{ 'x' * 1000000000 }}", Into::Text).is_err());
    }
}
