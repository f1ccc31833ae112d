//! One event as one line of JSON, in which nothing can look like another line or move a cursor (L03).

use std::fmt::Write;

use super::{AuditEvent, chain};

impl AuditEvent {
    /// The event as a line of JSON with its hashes, without the newline.
    pub fn to_json_line(&self) -> String {
        let entry = String::from_utf8(chain::canonical(self)).unwrap_or_default();
        let entry = entry.strip_suffix('}').unwrap_or(&entry);
        let (previous, own) = (hex::encode(&self.previous_hash), hex::encode(&self.hash));
        escaped(&format!("{entry},\"previous_hash\":\"{previous}\",\"hash\":\"{own}\"}}"))
    }
}

/// JSON leaves C1 controls, line separators and direction marks as they are; here they are escaped as well. All of them
/// can only stand inside strings, where an escape means the same.
fn escaped(json: &str) -> String {
    let mut line = String::with_capacity(json.len());
    for c in json.chars() {
        if c.is_control() || is_invisible(c) {
            // Writing to a String cannot fail.
            let _ = write!(line, "\\u{:04x}", u32::from(c));
        } else {
            line.push(c);
        }
    }
    line
}

/// Separators, direction marks and zero-width characters, all below U+10000.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::db::types::Labels;
    use crate::models::audit::Outcome;

    #[test]
    fn sec_l03_an_event_is_one_line_whatever_its_texts_hold() {
        let hostile = "a\n{\"forged\":1}\r\u{1b}[2J\u{7f}\u{9b}\u{2028}\u{202e}\u{feff}";
        let event = AuditEvent {
            number: 1,
            at: chrono::DateTime::UNIX_EPOCH,
            actor_kind: "user".to_owned(),
            actor: hostile.to_owned(),
            address: None,
            action: "x".to_owned(),
            server: String::new(),
            target: hostile.to_owned(),
            run_as: String::new(),
            outcome: Outcome::Succeeded,
            details: Labels([("why".to_owned(), hostile.to_owned())].into()),
            asked_number: None,
            previous_hash: vec![1],
            hash: vec![2],
        };
        let line = event.to_json_line();
        assert!(!line.chars().any(|c| c.is_control() || is_invisible(c)), "{line:?}");
        let read: serde_json::Value = serde_json::from_str(&line).unwrap();
        assert_eq!(read["actor"], hostile);
        assert_eq!(read["details"]["why"], hostile);
        assert_eq!(read["hash"], "02");
    }
}
