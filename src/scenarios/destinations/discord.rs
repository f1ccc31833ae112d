//! An incoming webhook of Discord.

use serde_json::{Value, json};

use super::color::{self, Color};
use super::http::posted;
use super::{Judgement, Kind, Told, Way, by_status, chat, cut, link, texts};
use crate::language::Message;
use crate::outbound::Answer;
use crate::scenarios::fields::text;
use crate::scenarios::template::{Into, without_escapes};

/// Characters that the text of a message may have; what is longer goes into an embed.
const LONGEST_TEXT: usize = 2_000;
/// Characters that the description of an embed may have, with room for the link where it is cut.
const LONGEST: usize = 4_096 - 200;

/// A message in a channel of Discord.
pub(super) const DISCORD: Kind = Kind {
    kind: "discord",
    label: "Discord",
    icon: "message-square",
    fields: &[chat::message("**bold** *italic* `code`; values stand in it like this: {{ server.name }}"), color::FIELD],
    channel: Some(chat::webhook(&[chat::url("https://discord.com/api/webhooks/…")])),
    make: |told| Ok(json!({ "body": message(told)?.to_string() })),
    reads,
    way: Way::Http { request: posted, judge },
    // Thirty a minute for one webhook.
    pace_ms: 2_000,
};

fn message(told: Told<'_>) -> Result<Value, Message> {
    let whole = texts(told, text(told.settings, "text"), Into::Markdown, "\n")?;
    let shown = cut(&whole, LONGEST, link(&told));
    if shown.trim().is_empty() {
        return Err(Message::new("Discord takes no message without a text"));
    }
    // Whoever is named in it is not called (X05).
    let nobody = json!({ "parse": [] });
    let color = Color::of(told.settings);
    Ok(if color.is_none() && shown.chars().count() <= LONGEST_TEXT {
        json!({ "content": shown, "allowed_mentions": nobody })
    } else {
        let mut embed = json!({ "description": shown });
        if let (Some(color), Some(embed)) = (color, embed.as_object_mut()) {
            embed.insert("color".to_owned(), color.number().into());
        }
        json!({ "embeds": [embed], "allowed_mentions": nobody })
    })
}

fn reads(body: &Value) -> Option<String> {
    let text = body.get("content").or_else(|| body.pointer("/embeds/0/description"))?;
    text.as_str().map(without_escapes)
}

/// Discord says 204, or names what is wrong in JSON.
fn judge(answer: &Answer) -> Judgement {
    if !matches!(answer.status, 400 | 401 | 403 | 404 | 410) {
        return by_status(answer.status);
    }
    let said: Option<Value> = serde_json::from_slice(&answer.body).ok();
    let said = said.as_ref().and_then(|said| said.get("message")?.as_str()).unwrap_or("no reason was given");
    let word: String = said.chars().take(80).collect();
    Judgement::Never(Message::new("Discord refused it: {word}. Change the channel or the message").with("word", word))
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::Map;

    use super::*;

    fn made(template: &str, color: &str, name: &str) -> Result<Value, Message> {
        let about = json!({"server": {"name": name}, "link": "https://hannun.example/runs/7"});
        let about: [Map<String, Value>; 1] = [about.as_object().unwrap().clone()];
        message(Told { settings: &json!({"text": template, "color": color}), about: &about, zone: Tz::UTC })
    }

    #[test]
    fn a_short_text_is_one_and_what_is_long_or_coloured_is_an_embed_that_discord_takes() {
        let plain = made("**{{ server.name }}** is up", "none", "web_1").unwrap();
        assert_eq!((plain["content"].as_str(), plain.get("embeds")), (Some("**web\\_1** is up"), None));
        assert_eq!(reads(&plain).as_deref(), Some("**web_1** is up"));
        let red = made("{{ server.name }}", "danger", "web1").unwrap();
        assert_eq!((&red["embeds"][0]["color"], red.get("content")), (&json!(0xA3_02_00), None));
        assert_eq!(reads(&red).as_deref(), Some("web1"));
        let long = made("{{ server.name }}", "none", &"가나다\n".repeat(4_000)).unwrap();
        let shown = long["embeds"][0]["description"].as_str().unwrap();
        assert!(shown.chars().count() <= 4_096 && shown.ends_with("…\nhttps://hannun.example/runs/7"), "{shown}");
        assert!(made("  ", "none", "web1").unwrap_err().to_string().contains("without a text"));
    }

    #[test]
    fn sec_x05_a_server_calls_nobody_in_discord_and_links_to_nothing() {
        let hostile = made("{{ server.name }}", "none", "@everyone <@1> [ok](https://evil.example) `x`").unwrap();
        assert_eq!(hostile["allowed_mentions"], json!({ "parse": [] }));
        let shown = hostile["content"].as_str().unwrap();
        assert!(shown.contains("\\@everyone \\<\\@1\\> \\[ok\\]\\(") && shown.contains("\\`x\\`"), "{shown}");
    }
}
