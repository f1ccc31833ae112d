//! One event as one line of JSON or CSV, in which nothing can look like another line or move a cursor (L03), and nothing
//! is a formula to a spreadsheet.

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

/// The names of the columns of [`AuditEvent::to_csv_line`].
pub const CSV_HEAD: &str = "number,time,kind,who,address,action,server,target,run_as,outcome,details,asked_number,hash";

impl AuditEvent {
    /// The event as a line of CSV (RFC 4180), every cell quoted, without the line's end.
    pub fn to_csv_line(&self) -> String {
        let details = serde_json::to_string(&self.details.0).unwrap_or_default();
        let cells = [
            self.number.to_string(),
            self.at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true),
            self.actor_kind.clone(),
            self.actor.clone(),
            self.address.map(|address| address.0.to_string()).unwrap_or_default(),
            self.action.clone(),
            self.server.clone(),
            self.target.clone(),
            self.run_as.clone(),
            self.outcome.name().to_owned(),
            details,
            self.asked_number.map(|number| number.to_string()).unwrap_or_default(),
            hex::encode(&self.hash),
        ];
        cells.iter().map(|cell| csv_cell(cell)).collect::<Vec<_>>().join(",")
    }
}

/// A quoted cell. What a spreadsheet would calculate begins with an apostrophe instead: it is text then.
pub fn csv_cell(text: &str) -> String {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠']);
    let apostrophe = if is_formula { "'" } else { "" };
    format!("\"{apostrophe}{}\"", escaped(text).replace('"', "\"\""))
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
    fn sec_l03_no_cell_is_a_formula_or_breaks_its_line() {
        for formula in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"] {
            let cell = csv_cell(formula);
            assert!(cell.starts_with("\"'"), "{cell}");
        }
        assert_eq!(csv_cell("a \"b\", c\nd"), "\"a \"\"b\"\", c\\u000ad\"");
        assert_eq!(csv_cell("web-1"), "\"web-1\"");
    }

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
