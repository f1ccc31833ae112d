//! Files of lines, below `/var/log` or anywhere: their last lines, what is around a line, what holds a text, read by what
//! unpacks them where they are packed.
//!
//! The answer is `@file` with a path for each file, its lines with their number and `:` (or `-` where they only stand around what
//! was found), and `@binary`, `@cut` where that is to be said.

use super::Needle;
use crate::commands::files::{FilePath, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::text::{self, integer};
use crate::commands::{Acting, Command, CommandType, ParseError, Read, Refusal};
use crate::language::Message;

pub(in crate::commands) const FORMATS: &[&str] = &["log-lines"];

/// The exit status of a script that lacks the program that unpacks a file.
const NOTHING_UNPACKS: u32 = 89;

/// Reads lines of a file.
#[derive(Debug, Clone)]
pub struct SearchLog {
    /// Which; a link is followed.
    pub path: FilePath,
    /// What the lines hold; all of them where it is empty.
    pub needle: Needle,
    /// The file's older selves as well: `syslog.1`, `syslog.2.gz`, `messages-20261122`.
    pub with_rotated: bool,
    /// Only the lines around this one, counted from 1.
    pub around: Option<u64>,
    /// How many lines at most, the last ones.
    pub count: usize,
    /// As whom.
    pub acting: Acting,
}

/// One line of a file. It is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its number, from 1.
    pub number: u64,
    /// Whether it was searched for; it stands around another one otherwise.
    pub is_hit: bool,
    /// Its bytes as text; what is no UTF-8 is replaced.
    pub text: String,
}

/// Lines of one file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogText {
    /// Which.
    pub path: String,
    /// The file holds what is no text.
    pub is_binary: bool,
    /// In their order.
    pub lines: Vec<LogLine>,
}

/// Lines of a file and of its older selves.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LogLines {
    /// The oldest first.
    pub files: Vec<LogText>,
    /// The search was given up: there may be more.
    pub is_cut: bool,
}

impl Command for SearchLog {
    const TYPE: CommandType = CommandType::SearchLog;
    type Output = LogLines;

    fn parameters(&self) -> Parameters {
        let yes = |is: bool| Value::OneOf(if is { "yes" } else { "" });
        let whole = |number: u64| Value::Integer(i64::try_from(number).unwrap_or(i64::MAX));
        Parameters::default()
            .with("path", Value::Text(self.path.bytes().to_vec()))
            .with("needle", Value::Text(self.needle.text.clone().into_bytes()))
            .with("is_pattern", yes(self.needle.is_pattern))
            .with("with_rotated", yes(self.with_rotated))
            .with("around", whole(self.around.unwrap_or(0)))
            .with("count", whole(self.count as u64))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<LogLines, ParseError> {
        read(format, output)
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        if status == NOTHING_UNPACKS {
            return Some(Refusal::NoFile(Message::new("The server has no program that unpacks this file")));
        }
        refusals::refusal(status)
    }
}

impl Read for SearchLog {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

/// The longest line that is kept, bytes.
const LONGEST: usize = 4096;

pub(in crate::commands) fn read(format: &str, output: &[u8]) -> Result<LogLines, ParseError> {
    if format != "log-lines" {
        return Err(ParseError::unknown_format(format));
    }
    let mut found = LogLines::default();
    for (number, line) in text::lines(output) {
        if let Some(path) = line.strip_prefix(b"@file ") {
            found.files.push(LogText { path: text::shown(path, LONGEST), ..LogText::default() });
            continue;
        }
        if line == b"@cut" {
            found.is_cut = true;
            continue;
        }
        let wrong = || ParseError::at(number, "a line with its number was expected", line);
        let file = found.files.last_mut().ok_or_else(wrong)?;
        match line {
            b"@binary" => file.is_binary = true,
            // Between what stands around one and around another.
            b"--" => {}
            line => file.lines.push(numbered(line).ok_or_else(wrong)?),
        }
    }
    if found.files.is_empty() {
        return Err(ParseError::new("the answer names no file", output));
    }
    Ok(found)
}

/// `12:text` or `13-text`
fn numbered(line: &[u8]) -> Option<LogLine> {
    let digits = line.iter().position(|byte| !byte.is_ascii_digit())?;
    let (number, rest) = line.split_at_checked(digits)?;
    let (mark, text) = rest.split_first()?;
    let is_hit = match mark {
        b':' => true,
        b'-' => false,
        _ => return None,
    };
    let text = text.strip_suffix(b"\r").unwrap_or(text);
    Some(LogLine { number: integer(number)?, is_hit, text: text::shown(text, LONGEST) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_known_by_their_number_whatever_they_hold() {
        let answer =
            b"@file /var/log/x.1\n@binary\n7:@file /etc/passwd\n8-@cut\n--\n12:a:b\r\n@file /var/log/x\n@cut\n";
        let found = read("log-lines", answer).unwrap();
        assert!(found.is_cut && found.files[0].is_binary && found.files[1].lines.is_empty());
        let told: Vec<_> =
            found.files[0].lines.iter().map(|line| (line.number, line.is_hit, line.text.as_str())).collect();
        assert_eq!(told, [(7, true, "@file /etc/passwd"), (8, false, "@cut"), (12, true, "a:b")]);
    }

    #[test]
    fn sec_x03_what_is_no_line_is_refused() {
        for answer in ["", "hello\n", "7:x\n", "@file x\nhello\n", "@file x\n7x\n", "@file x\n:x\n"] {
            assert!(read("log-lines", answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
