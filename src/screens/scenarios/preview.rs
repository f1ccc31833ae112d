//! What would be sent: the message of the first open destination, of what was read last, or of examples. Pure.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use super::super::runs::rows::shown;
use super::draft::Draft;
use crate::language::Message;
use crate::scenarios::destinations::{self, Kind, Told};
use crate::scenarios::fields::accept;
use crate::scenarios::reading::Reading;
use crate::scenarios::sources;
use crate::scenarios::wish::{about, example};
use crate::web::format;

/// Values in the table.
const MOST_VALUES: usize = 40;
/// Characters of a value, and of a part of a message.
const LONGEST: usize = 60;
const LONGEST_PART: usize = 6_000;

/// The preview beside the builder.
#[derive(Debug, Default)]
pub(super) struct Preview {
    /// The kind of destination whose message it is.
    pub(super) of: Option<&'static str>,
    /// The message, part by part.
    pub(super) parts: Vec<Part>,
    /// Why there is none.
    pub(super) problem: Option<Message>,
    /// When the values were read; none: they are examples.
    pub(super) read_at: Option<DateTime<Utc>>,
    /// Names with values, for messages and conditions.
    pub(super) values: Vec<(String, String)>,
}

/// A part of a message.
#[derive(Debug, PartialEq)]
pub(super) enum Part {
    /// A text for people: lines of pieces, of which some are bold.
    Text(Vec<Vec<Piece>>),
    /// Anything else, under its name.
    Other { name: String, text: String },
}

/// A piece of a line.
#[derive(Debug, PartialEq)]
pub(super) struct Piece {
    pub(super) text: String,
    pub(super) is_bold: bool,
}

impl Preview {
    /// Of a draft; `reading` is what its own source read last.
    pub(super) fn of(draft: &Draft, reading: Option<&Reading>, now: DateTime<Utc>) -> Self {
        let Some(source) = sources::of(draft.general.get("source")) else { return Self::default() };
        let name = draft.general.trimmed("name");
        let mut values = match reading {
            Some(reading) => about(name, reading),
            None => example(source, name),
        };
        if reading.is_none() {
            values.insert("time".to_owned(), serde_json::json!(now));
        }
        let mut preview =
            Self { read_at: reading.map(|reading| reading.at), values: leaves(&values), ..Self::default() };
        let open = draft.destinations.iter().find(|one| one.is_on("open")).or(draft.destinations.first());
        let Some((texts, kind)) = open.and_then(|one| Some((one, destinations::of(one.get("kind"))?))) else {
            return preview;
        };
        preview.of = Some(kind.label);
        let entered = kind.fields.iter().map(|field| (field.name.to_owned(), texts.get(field.name).into()));
        match accept(kind.fields, &Value::Object(entered.collect())) {
            Ok(settings) => match message(kind, &Value::Object(settings), values, draft) {
                Ok(parts) => preview.parts = parts,
                Err(why) => preview.problem = Some(why),
            },
            Err(_) => preview.problem = Some("Some fields need another value".into()),
        }
        preview
    }
}

fn message(kind: &Kind, settings: &Value, values: Map<String, Value>, draft: &Draft) -> Result<Vec<Part>, Message> {
    let made = (kind.make)(Told { settings, about: &[values], zone: draft.zone() })?;
    Ok(parts(kind, &made))
}

/// A message, part by part.
pub(super) fn parts(kind: &Kind, message: &Value) -> Vec<Part> {
    let parts = message.as_object().into_iter().flatten().filter(|(name, _)| *name != "content_type");
    parts.map(|(name, value)| part(kind, name, value)).collect()
}

/// A body of JSON with a text for people is that text; other JSON is shown line by line.
fn part(kind: &Kind, name: &str, value: &Value) -> Part {
    let text = shown(value);
    let json = serde_json::from_str::<Value>(&text).ok().filter(|json| json.is_object() || json.is_array());
    if let Some(said) = json.as_ref().and_then(kind.reads) {
        return Part::Text(said.lines().map(pieces).collect());
    }
    let text = json.and_then(|json| serde_json::to_string_pretty(&json).ok()).unwrap_or(text);
    let cut: String = text.chars().take(LONGEST_PART).collect();
    Part::Other { name: name.to_owned(), text: cut }
}

/// `*web-1* is busy` → bold and plain pieces. Marks that close nothing stay what they are.
fn pieces(line: &str) -> Vec<Piece> {
    // What is bold in Slack by one mark is bold elsewhere by two.
    let line = line.replace("**", "*");
    let parts: Vec<&str> = line.split('*').collect();
    let closed = parts.len() % 2 == 1;
    let last = parts.len() - 1;
    let piece = |(place, text): (usize, &&str)| {
        let is_open = !closed && place == last;
        let text = if is_open { format!("*{text}") } else { (*text).to_owned() };
        Piece { text: format::visible(&text), is_bold: place % 2 == 1 && !is_open }
    };
    parts.iter().enumerate().map(piece).filter(|piece| !piece.text.is_empty()).collect()
}

fn leaves(values: &Map<String, Value>) -> Vec<(String, String)> {
    let reading = Reading { server: String::new(), at: DateTime::default(), values: values.clone(), failed: None };
    let told = reading.leaves().into_iter().filter(|(_, value)| !value.is_null() && *value != "").take(MOST_VALUES);
    told.map(|(name, value)| (format::visible(&name), format::visible(&shown(value)).chars().take(LONGEST).collect()))
        .collect()
}

#[cfg(test)]
mod tests {
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    fn draft(acts: &[&str]) -> Draft {
        let mut draft = Draft::new(Tz::UTC, "web-1");
        for act in acts {
            draft.apply(act, &[]).unwrap();
        }
        draft
    }

    #[test]
    fn the_message_is_made_of_what_was_read_or_of_examples() {
        let mut draft = draft(&["source:cpu_usage", "add:http_get", "add:slack"]);
        draft.destinations[1].set("text", "*{{ server.name }}* CPU {{ cpu.total }} %");
        let preview = Preview::of(&draft, None, DateTime::default());
        let bold = |text: &str, is_bold| Piece { text: text.to_owned(), is_bold };
        assert_eq!(preview.of, Some("Slack"), "the open one");
        assert_eq!(preview.parts, [Part::Text(vec![vec![bold("web-1", true), bold(" CPU 31.2 %", false)]])]);
        assert!(preview.values.contains(&("cpu.total".to_owned(), "31.2".to_owned())) && preview.read_at.is_none());
        let values = json!({ "cpu": { "total": 84.5 } }).as_object().unwrap().clone();
        let reading = Reading { server: "<b>".to_owned(), at: DateTime::default(), values, failed: None };
        let preview = Preview::of(&draft, Some(&reading), DateTime::default());
        assert_eq!(preview.parts, [Part::Text(vec![vec![bold("<b>", true), bold(" CPU 84.5 %", false)]])]);
        assert!(preview.read_at.is_some());
    }

    #[test]
    fn what_is_packed_for_a_program_is_shown_as_people_read_it() {
        for kind in ["discord", "teams"] {
            let mut draft = draft(&["source:cpu_usage", &format!("add:{kind}")]);
            draft.destinations[0].set("text", "**{{ server.name }}** CPU {{ cpu.total }} %");
            draft.destinations[0].set("color", "danger");
            let preview = Preview::of(&draft, None, DateTime::default());
            let piece = |text: &str, is_bold| Piece { text: text.to_owned(), is_bold };
            let expected = [Part::Text(vec![vec![piece("web-1", true), piece(" CPU 31.2 %", false)]])];
            assert_eq!(preview.parts, expected, "{kind}");
        }
    }

    #[test]
    fn a_message_that_cannot_be_made_says_why() {
        let mut draft = draft(&["source:cpu_usage", "add:slack"]);
        draft.destinations[0].set("text", "{{ cpu.frobs }}");
        assert!(
            Preview::of(&draft, None, DateTime::default())
                .problem
                .unwrap()
                .to_string()
                .contains("a value that there is not")
        );
        draft.destinations[0].set("text", "");
        assert!(Preview::of(&draft, None, DateTime::default()).problem.is_some());
        assert!(Preview::of(&Draft::default(), None, DateTime::default()).values.is_empty());
    }

    #[test]
    fn marks_that_close_nothing_stay() {
        let texts = |line| pieces(line).iter().map(|piece| (piece.text.clone(), piece.is_bold)).collect::<Vec<_>>();
        assert_eq!(texts("2 * 3"), [("2 ".to_owned(), false), ("* 3".to_owned(), false)]);
        assert_eq!(texts("a *b* c <"), [("a ".to_owned(), false), ("b".to_owned(), true), (" c <".to_owned(), false)]);
    }
}
