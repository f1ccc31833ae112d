//! An incoming webhook of Slack (`facts` 5.7).

use serde_json::{Value, json};

use super::color::{self, Color};
use super::http::posted;
use super::{Judgement, Kind, Told, Way, by_status, chat, cut, link, texts};
use crate::language::Message;
use crate::outbound::Answer;
use crate::scenarios::fields::text;
use crate::scenarios::template::Into;

/// Characters of one block of text that Slack takes.
const LONGEST_BLOCK: usize = 3_000;
/// Characters of a message: beyond some thirteen thousand Slack refuses it as a whole, and nobody reads that much.
const LONGEST: usize = 9_000;

/// A message in a channel of Slack.
pub(super) const SLACK: Kind = Kind {
    kind: "slack",
    label: "Slack",
    icon: "message-square",
    fields: &[chat::message("*bold* _italic_ `code`; values stand in it like this: {{ server.name }}"), color::FIELD],
    channel: Some(chat::webhook(&[chat::url("https://hooks.slack.com/services/…")])),
    make: |told| Ok(json!({ "body": message(told)?.to_string() })),
    reads: |body| Some(without_marks(body.get("text")?.as_str()?)),
    way: Way::Http { request: posted, judge },
    pace_ms: 1_000,
};

fn message(told: Told<'_>) -> Result<Value, Message> {
    let whole = texts(told, text(told.settings, "text"), Into::Slack, "\n")?;
    let link = link(&told).map(|link| format!("<{link}>"));
    let shown = cut(&whole, LONGEST, link.as_deref());
    let blocks: Vec<Value> = pieces(&shown)
        .into_iter()
        .map(|text| json!({"type": "section", "text": {"type": "mrkdwn", "text": text}}))
        .collect();
    Ok(match Color::of(told.settings) {
        None => json!({ "text": shown, "blocks": blocks }),
        Some(color) => json!({ "text": shown, "attachments": [{ "color": color.word(), "blocks": blocks }] }),
    })
}

/// What Slack writes for the three signs that it keeps to itself.
fn without_marks(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// Parts of a text that each fit into a block, cut at ends of lines where there are any.
fn pieces(text: &str) -> Vec<String> {
    let mut pieces: Vec<String> = Vec::new();
    for line in text.split_inclusive('\n') {
        let mut rest: Vec<char> = line.chars().collect();
        while !rest.is_empty() {
            let part: String = rest.drain(..rest.len().min(LONGEST_BLOCK)).collect();
            match pieces.last_mut() {
                Some(last) if last.chars().count() + part.chars().count() <= LONGEST_BLOCK => last.push_str(&part),
                _ => pieces.push(part),
            }
        }
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
}

/// Slack says `ok`, or names what is wrong.
fn judge(answer: &Answer) -> Judgement {
    let said = String::from_utf8_lossy(&answer.body);
    match (answer.status, said.trim()) {
        (200, "ok") => Judgement::Arrived,
        (400 | 403 | 404 | 410, word) => {
            let word: String = word.chars().take(80).collect();
            Judgement::Never(
                Message::new("Slack refused it: {word}. Change the channel or the message").with("word", word),
            )
        }
        (status, _) => by_status(status),
    }
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn made(template: &str, color: &str, name: &str) -> Value {
        let Value::Object(about) = json!({"server": {"name": name}, "link": "https://hannun.example/runs/7"}) else {
            panic!()
        };
        let about: [Map<String, Value>; 1] = [about];
        message(Told { settings: &json!({"text": template, "color": color}), about: &about, zone: Tz::UTC }).unwrap()
    }

    #[test]
    fn a_message_has_a_text_for_notifications_and_blocks_that_slack_takes() {
        let plain = made("*{{ server.name }}* is up", "none", "web-1");
        assert_eq!(plain["text"], "*web-1* is up");
        assert_eq!(plain["blocks"][0]["text"]["text"], "*web-1* is up");
        let red = made("{{ server.name }}", "danger", "web-1");
        assert_eq!((red["attachments"][0]["color"].as_str(), red.get("blocks")), (Some("danger"), None));
        let long = made("{{ server.name }}", "none", &"word\n".repeat(4_000));
        let blocks = long["blocks"].as_array().unwrap();
        let sizes: Vec<usize> =
            blocks.iter().map(|block| block["text"]["text"].as_str().unwrap().chars().count()).collect();
        assert!(sizes.len() <= 4 && sizes.iter().all(|size| *size <= 3_000), "{sizes:?}");
        assert!(long["text"].as_str().unwrap().ends_with("<https://hannun.example/runs/7>"));
    }

    #[test]
    fn sec_x05_a_server_calls_nobody_in_slack() {
        let called = made("{{ server.name }}", "none", "<!channel> <@U1> & <https://evil.example|ok>");
        assert_eq!(called["text"], "&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;https://evil.example|ok&gt;");
    }
}
