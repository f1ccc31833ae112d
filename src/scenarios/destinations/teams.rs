//! An incoming webhook of Microsoft Teams, or a workflow that posts what comes to a webhook: both take an Adaptive Card.

use serde_json::{Value, json};

use super::color::{self, Color};
use super::http::posted;
use super::{Judgement, Kind, Told, Way, by_status, chat, cut, link, texts};
use crate::language::Message;
use crate::outbound::Answer;
use crate::scenarios::fields::text;
use crate::scenarios::template::{Into, without_escapes};

/// Bytes that Teams takes of a message as a whole are 28 KiB; a card has a frame besides.
const LARGEST: usize = 26 << 10;
/// Characters of a message: nobody reads that much.
const LONGEST: usize = 9_000;
/// Lines of a message, each of which is a block of its own.
const MOST_LINES: usize = 150;

/// A message in a channel of Teams.
pub(super) const TEAMS: Kind = Kind {
    kind: "teams",
    label: "Microsoft Teams",
    icon: "message-square",
    fields: &[chat::message("**bold** _italic_; values stand in it like this: {{ server.name }}"), color::FIELD],
    channel: Some(chat::webhook(&[chat::url("https://….webhook.office.com/… or the URL of a workflow")])),
    make: |told| Ok(json!({ "body": message(told)?.to_string() })),
    reads,
    way: Way::Http { request: posted, judge },
    // Four a second for one webhook, and fewer over longer times.
    pace_ms: 1_000,
};

fn message(told: Told<'_>) -> Result<Value, Message> {
    let whole = texts(told, text(told.settings, "text"), Into::Markdown, "\n")?;
    if whole.trim().is_empty() {
        return Err(Message::new("Teams takes no message without a text"));
    }
    let link = link(&told);
    let mut most = LONGEST;
    if whole.lines().count() > MOST_LINES {
        // The line after the last one that fits makes the cut.
        let fits = whole.split_inclusive('\n').take(MOST_LINES).map(|line| line.chars().count()).sum();
        most = most.min(fits);
    }
    loop {
        let card = card(&cut(&whole, most, link), Color::of(told.settings));
        if card.to_string().len() <= LARGEST {
            return Ok(card);
        }
        most = most * 4 / 5;
    }
}

fn card(text: &str, color: Option<Color>) -> Value {
    // One line break means nothing in a block of text.
    let block = |line: &str| json!({ "type": "TextBlock", "text": line, "wrap": true, "spacing": "None" });
    let lines: Vec<Value> = text.lines().filter(|line| !line.trim().is_empty()).map(block).collect();
    let style = color.map_or("default", Color::style);
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "msteams": { "width": "Full" },
                "body": [{ "type": "Container", "style": style, "bleed": true, "items": lines }],
            },
        }],
    })
}

fn reads(body: &Value) -> Option<String> {
    let lines = body.pointer("/attachments/0/content/body/0/items")?.as_array()?;
    let lines = lines.iter().filter_map(|line| line.get("text")?.as_str()).map(without_escapes);
    Some(lines.collect::<Vec<_>>().join("\n"))
}

/// A webhook answers 200 also where Teams itself took nothing, and says so in words; a workflow answers 202.
fn judge(answer: &Answer) -> Judgement {
    let said = String::from_utf8_lossy(&answer.body);
    let refused = Message::new("Teams refused it: {word}. Change the channel or the message");
    let word = || said.trim().chars().take(120).collect::<String>();
    match (answer.status, said.split_once("returned HTTP error ")) {
        (200, Some((_, rest))) => {
            let status: String = rest.chars().take_while(char::is_ascii_digit).collect();
            match by_status(status.parse().unwrap_or(400)) {
                Judgement::Later => Judgement::Later,
                _ => Judgement::Never(refused.with("word", word())),
            }
        }
        (200, None) if said.contains("delivery failed") => Judgement::Never(refused.with("word", word())),
        (400 | 401 | 403 | 404 | 410 | 413, _) => Judgement::Never(refused.with("word", word())),
        (status, _) => by_status(status),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn made(template: &str, color: &str, name: &str) -> Value {
        let about = json!({"server": {"name": name}, "link": "https://hannun.example/runs/7"});
        let about: [Map<String, Value>; 1] = [about.as_object().unwrap().clone()];
        message(Told { settings: &json!({"text": template, "color": color}), about: &about, zone: Tz::UTC }).unwrap()
    }

    #[test]
    fn each_line_is_a_block_of_a_card_in_the_colour_of_its_level() {
        let red = made("**{{ server.name }}**\nis down", "danger", "web-1");
        let container = &red["attachments"][0]["content"]["body"][0];
        assert_eq!((&container["style"], &container["items"][1]["text"]), (&json!("attention"), &json!("is down")));
        assert_eq!(reads(&red).as_deref(), Some("**web-1**\nis down"));
        assert_eq!(made("x", "none", "")["attachments"][0]["content"]["body"][0]["style"], "default");
    }

    #[test]
    fn a_card_is_never_larger_than_teams_takes() {
        for long in ["가나다라마바사\n".repeat(4_000), "*".repeat(60_000), "x\n".repeat(20_000)] {
            let card = made("{{ server.name }}", "good", &long);
            assert!(card.to_string().len() <= 28 << 10, "{}", card.to_string().len());
            assert!(reads(&card).unwrap().ends_with("https://hannun.example/runs/7"));
        }
    }

    #[test]
    fn what_a_webhook_says_in_words_counts_more_than_its_status() {
        let judged = |status: u16, said: &'static str| {
            judge(&Answer {
                status,
                headers: crate::outbound::header::HeaderMap::new(),
                body: said.into(),
                is_whole: true,
                took: Duration::ZERO,
            })
        };
        let failed = "Webhook message delivery failed with error: Microsoft Teams endpoint returned HTTP error ";
        assert_eq!((judged(200, "1"), judged(202, "")), (Judgement::Arrived, Judgement::Arrived));
        let busy: &'static str = Box::leak(format!("{failed}429 with ContextId x").into_boxed_str());
        let wrong: &'static str = Box::leak(format!("{failed}403 with ContextId x").into_boxed_str());
        assert_eq!(judged(200, busy), Judgement::Later);
        assert!(matches!(judged(200, wrong), Judgement::Never(_)));
        assert!(matches!(judged(413, "too large"), Judgement::Never(_)));
        assert_eq!(judged(429, ""), Judgement::Later);
    }
}
