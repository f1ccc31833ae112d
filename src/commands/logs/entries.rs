//! One entry of the journal, as `journalctl -o json` prints it: an object a line, every value a text, an array of bytes where it is
//! no plain text, an array of texts where there are several, nothing where it is too long.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};

use crate::commands::ParseError;
use crate::commands::text::shown;

/// The longest message that is kept, bytes.
const LONGEST: usize = 16 << 10;
/// The longest other value that is kept, bytes.
const SHORT: usize = 256;

/// The place of an entry in a journal, in journald's own words.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cursor(String);

impl Cursor {
    /// The cursor that `text` is, if it can be one: `s=…;i=…;b=…;m=…;t=…;x=…`.
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '=' | ';' | '-');
        let fits = !text.is_empty() && text.len() <= SHORT && text.chars().all(is_plain) && text.contains('=');
        (fits && !text.starts_with('-')).then(|| Self(text.to_owned()))
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// One entry. Every text is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its place.
    pub cursor: Cursor,
    /// When journald heard it.
    pub at: DateTime<Utc>,
    /// How bad it is, from 0 (emergency) to 7 (debug).
    pub priority: Option<u8>,
    /// What wrote it calls itself: `sshd`.
    pub identifier: String,
    /// The process that wrote it.
    pub pid: Option<u32>,
    /// The unit that wrote it; empty where it was none.
    pub unit: String,
    /// The boot in which it was written.
    pub boot: String,
    /// What it says; none where the server leaves it out because it is too long.
    pub message: Option<String>,
}

impl Entry {
    /// Who wrote it, as a line of a log names them: `sshd[47]`.
    pub fn who(&self) -> String {
        match self.pid {
            Some(pid) => format!("{}[{pid}]", self.identifier),
            None => self.identifier.clone(),
        }
    }

    /// The entry as one line of text, for a file: line ends and what terminals obey made visible.
    pub fn line(&self) -> String {
        let message = self.message.as_deref().unwrap_or("(too long)");
        let at = self.at.format("%Y-%m-%dT%H:%M:%S%.6fZ");
        let line = format!("{at} {}: {message}", self.who());
        line.chars()
            .flat_map(|c| if c.is_control() && c != '\t' { c.escape_default().collect() } else { vec![c] })
            .collect()
    }
}

/// Reads one line.
pub fn entry(number: usize, line: &[u8]) -> Result<Entry, ParseError> {
    let wrong = |why: &str| ParseError::at(number, why, line);
    let fields: Map<String, Value> =
        serde_json::from_slice(line).map_err(|error| wrong(&format!("an entry was expected: {error}")))?;
    let text = |name: &str, limit: usize| fields.get(name).and_then(|value| text(value, limit));
    let cursor = text("__CURSOR", SHORT + 1).and_then(|cursor| Cursor::read(&cursor));
    let at = text("__REALTIME_TIMESTAMP", SHORT).and_then(|at| at.parse::<i64>().ok());
    let at = at.and_then(DateTime::from_timestamp_micros);
    Ok(Entry {
        cursor: cursor.ok_or_else(|| wrong("an entry has no cursor"))?,
        at: at.ok_or_else(|| wrong("an entry has no time"))?,
        priority: text("PRIORITY", SHORT).and_then(|level| level.parse().ok()).filter(|level| *level <= 7),
        identifier: text("SYSLOG_IDENTIFIER", SHORT).or_else(|| text("_COMM", SHORT)).unwrap_or_default(),
        pid: text("_PID", SHORT).or_else(|| text("SYSLOG_PID", SHORT)).and_then(|pid| pid.parse().ok()),
        unit: text("_SYSTEMD_UNIT", SHORT).or_else(|| text("UNIT", SHORT)).unwrap_or_default(),
        boot: text("_BOOT_ID", SHORT).unwrap_or_default(),
        message: match fields.get("MESSAGE") {
            None => Some(String::new()),
            Some(value) => self::text(value, LONGEST),
        },
    })
}

fn text(value: &Value, limit: usize) -> Option<String> {
    match value {
        Value::String(text) => Some(shown(text.as_bytes(), limit)),
        Value::Array(items) => {
            let bytes: Option<Vec<u8>> =
                items.iter().take(limit).map(|item| item.as_u64().and_then(|byte| u8::try_from(byte).ok())).collect();
            match bytes {
                Some(bytes) => Some(shown(&bytes, limit)),
                None => items.first().filter(|first| !first.is_array()).and_then(|first| text(first, limit)),
            }
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(fields: &str) -> Result<Entry, ParseError> {
        let line = format!(r#"{{"__CURSOR":"s=a;i=1","__REALTIME_TIMESTAMP":"1795954962707228"{fields}}}"#);
        entry(1, line.as_bytes())
    }

    #[test]
    fn a_message_of_bytes_is_text_and_one_that_is_too_long_is_none() {
        let message = |fields: &str| read(fields).unwrap().message;
        assert_eq!(message(r#","MESSAGE":[98,255,27]"#).unwrap(), "b\u{fffd}\u{1b}");
        assert_eq!(message(r#","MESSAGE":["one","two"]"#).unwrap(), "one");
        assert_eq!(message(r#","MESSAGE":null"#), None);
        assert_eq!(message(""), Some(String::new()));
    }

    #[test]
    fn sec_x04_a_line_of_a_file_holds_nothing_that_a_terminal_obeys() {
        let entry = read(r#","MESSAGE":"a\u001b[2Jb\nc","SYSLOG_IDENTIFIER":"x\u0007","_PID":"7""#).unwrap();
        let line = entry.line();
        assert!(!line.contains(['\u{1b}', '\n', '\u{7}']), "{line}");
        assert!(line.starts_with("2026-11-29T12:22:42.707228Z x"), "{line}");
    }

    #[test]
    fn sec_x03_what_is_no_entry_is_refused() {
        for line in
            ["", "hello", "[]", "{}", r#"{"__CURSOR":"s=a"}"#, r#"{"__CURSOR":"$(id)","__REALTIME_TIMESTAMP":"1"}"#]
        {
            assert!(entry(1, line.as_bytes()).is_err(), "{line}");
        }
        for cursor in ["", "-s=a", "s=a b", "s=a\n", "a"] {
            assert_eq!(Cursor::read(cursor), None, "{cursor}");
        }
        assert!(read(r#","PRIORITY":"9","_PID":"x""#).unwrap().priority.is_none());
    }
}
