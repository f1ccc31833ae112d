//! Lines of the journal and of log files: who wrote them, in which process, and what.

use chrono::{DateTime, Utc};
use serde_json::Value;

use super::when::Times;
use crate::commands::text;

/// Programs that let people in.
const PROGRAMS: [&[u8]; 4] = [b"sshd", b"sshd-session", b"sshd-auth", b"dropbear"];

/// One message of such a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: DateTime<Utc>,
    /// In which process.
    pub pid: Option<u32>,
    /// What it said; hostile.
    pub message: Vec<u8>,
}

/// A line of a log file: `TIME host sshd[4121]: message`, with BusyBox `TIME host auth.info sshd[4121]: message`.
///
/// What stands before the message was written by the logger, so the first program named counts.
pub fn of_file(line: &[u8], times: &mut Times) -> Option<Line> {
    let (at, rest) = times.read(line)?;
    let (_host, rest) = text::first_word(rest)?;
    let (tag, message) = text::first_word(rest)?;
    let (tag, message) = if is_facility(tag) { text::first_word(message)? } else { (tag, message) };
    let tag = tag.strip_suffix(b":")?;
    let (program, pid) = match tag.iter().position(|byte| *byte == b'[') {
        Some(open) => (tag.get(..open)?, Some(text::integer32(tag.get(open + 1..)?.strip_suffix(b"]")?)?)),
        None => (tag, None),
    };
    PROGRAMS.contains(&program).then(|| Line { at, pid, message: message.to_vec() })
}

/// `auth.info`
fn is_facility(word: &[u8]) -> bool {
    let Some(dot) = word.iter().position(|byte| *byte == b'.') else { return false };
    let is_plain =
        |part: &[u8]| !part.is_empty() && part.iter().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit());
    word.get(..dot).is_some_and(is_plain) && word.get(dot + 1..).is_some_and(is_plain)
}

/// One entry of the journal, with the word by which the journal knows its place.
pub fn of_journal(line: &[u8]) -> Option<(Line, String)> {
    let entry: Value = serde_json::from_slice(line).ok()?;
    let word = |name: &str| entry.get(name).and_then(Value::as_str);
    let micros: i64 = word("_SOURCE_REALTIME_TIMESTAMP").or_else(|| word("__REALTIME_TIMESTAMP"))?.parse().ok()?;
    let at = DateTime::from_timestamp_micros(micros)?;
    // The query asks for root's messages alone; what does not say so is not believed.
    let is_roots = word("_UID") == Some("0");
    let is_theirs = word("_COMM").is_some_and(|name| PROGRAMS.contains(&name.as_bytes()));
    let message = match entry.get("MESSAGE")? {
        Value::String(text) => text.clone().into_bytes(),
        // What is no UTF-8 comes as numbers.
        Value::Array(bytes) => bytes.iter().map(|byte| u8::try_from(byte.as_u64()?).ok()).collect::<Option<_>>()?,
        _ => Vec::new(),
    };
    let pid = word("_PID").and_then(|pid| pid.parse().ok());
    let cursor = word("__CURSOR").filter(|cursor| cursor.len() <= 512)?.to_owned();
    let message = if is_roots && is_theirs { message } else { Vec::new() };
    Some((Line { at, pid, message }, cursor))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::logins::when::Zone;

    fn times() -> Times {
        Times::new(Zone::of("", "+0000").unwrap(), "2026-11-22T12:00:00Z".parse().unwrap())
    }

    fn of(line: &str) -> Option<(Option<u32>, String)> {
        of_file(line.as_bytes(), &mut times()).map(|line| (line.pid, String::from_utf8(line.message).unwrap()))
    }

    #[test]
    fn lines_of_every_logger_name_the_program() {
        let message = "Accepted password for root from 10.0.0.1 port 5 ssh2";
        for head in [
            "2026-11-22T11:08:47.094145+00:00 deb12 sshd[485]: ",
            "Nov 22 11:11:21 web-1 sshd[485]: ",
            "Nov  2 11:11:21 alpine auth.info sshd[485]: ",
            "Nov 22 11:11:21 alpine sshd-session[485]: ",
        ] {
            assert_eq!(of(&format!("{head}{message}")), Some((Some(485), message.to_owned())), "{head}");
        }
        assert_eq!(of("Nov 22 11:11:21 alpine authpriv.notice dropbear[7]: hello").unwrap().0, Some(7));
    }

    #[test]
    fn sec_x06_another_program_cannot_speak_for_sshd() {
        for line in [
            "Nov 22 11:11:21 web-1 sudo[1]: sshd[485]: Accepted password for root from 10.0.0.1 port 5 ssh2",
            "Nov 22 11:11:21 web-1 mallory: sshd[485]: Accepted password for root from 10.0.0.1 port 5 ssh2",
            "Nov 22 11:11:21 web-1 sshd[x]: Accepted password for root from 10.0.0.1 port 5 ssh2",
            "Nov 22 11:11:21 web-1 sshdx[4]: Accepted password for root from 10.0.0.1 port 5 ssh2",
            "sshd[485]: Accepted password for root from 10.0.0.1 port 5 ssh2",
        ] {
            assert_eq!(of(line), None, "{line}");
        }
    }

    #[test]
    fn sec_x06_the_journal_is_believed_where_root_has_spoken() {
        let entry = |uid: &str, comm: &str| {
            format!(
                r#"{{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795345732520659","_UID":"{uid}","_COMM":"{comm}","_PID":"555","MESSAGE":"Accepted"}}"#
            )
        };
        let message = |uid, comm| of_journal(entry(uid, comm).as_bytes()).unwrap().0.message;
        assert_eq!(message("0", "sshd-session"), b"Accepted");
        assert_eq!(message("1000", "sshd"), b"");
        assert_eq!(message("0", "logger"), b"");
    }

    #[test]
    fn bytes_that_are_no_text_and_fields_that_are_missing_are_borne_with() {
        let entry = br#"{"__CURSOR":"s=1","__REALTIME_TIMESTAMP":"1795345732520659","_UID":"0","_COMM":"sshd","MESSAGE":[255,65]}"#;
        assert_eq!(of_journal(entry).unwrap().0.message, [255, 65]);
        for odd in
            ["", "{", "{}", "[]", r#"{"__CURSOR":"s=1"}"#, r#"{"__CURSOR":1,"__REALTIME_TIMESTAMP":2,"MESSAGE":3}"#]
        {
            assert_eq!(of_journal(odd.as_bytes()), None, "{odd}");
        }
    }
}
