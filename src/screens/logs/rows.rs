//! Lines of a log as the page shows them. Shapes; asks nobody.

use chrono_tz::Tz;

use super::query::{LogQuery, PAGE};
use crate::commands::logs::files::LogLines;
use crate::commands::logs::{Entry, JournalPage, Priority};
use crate::language::Message;

/// One line. Every text is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The file that begins here, where there are several.
    pub file: Option<String>,
    /// When it was written, in the reader's zone; empty where the log does not tell it apart.
    pub at: String,
    /// Its number in its file.
    pub number: Option<u64>,
    /// How bad it is: `crit`, `warn`, `dim` or nothing.
    pub level: &'static str,
    /// How bad it is, in an English word, where it is worse than usual.
    pub word: &'static str,
    /// Who wrote it.
    pub who: String,
    /// What it says; none where the server leaves it out.
    pub text: Option<String>,
    /// The query of what stands around it.
    pub link: String,
    /// It is the one that is looked at.
    pub is_hit: bool,
}

/// A page of a log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Shown {
    /// In their order.
    pub lines: Vec<Line>,
    /// `300 lines`
    pub count: Option<Message>,
    /// The query of what stands before it.
    pub older: Option<String>,
    /// The query of what stands behind it.
    pub newer: Option<String>,
    /// Only root sees all.
    pub is_partial: bool,
    /// The search was given up.
    pub is_cut: bool,
    /// What is shown is no text.
    pub is_binary: bool,
    /// Where following begins.
    pub last: Option<String>,
}

impl Shown {
    /// A page of the journal.
    pub fn journal(page: JournalPage, query: &LogQuery, zone: Tz) -> Self {
        let last = page.entries.last().map(|entry| entry.cursor.as_str().to_owned());
        let first = page.entries.first().map(|entry| entry.cursor.as_str().to_owned());
        let is_full = page.entries.len() >= PAGE;
        let has_older = query.is_around() || is_full || !query.after.is_empty();
        let has_newer = query.is_around() || !query.before.is_empty() || (!query.after.is_empty() && is_full);
        Self {
            count: Some(count(page.entries.len())),
            older: first.filter(|_| has_older).map(|cursor| query.link(&[("before", &cursor)])),
            newer: last.clone().filter(|_| has_newer).map(|cursor| query.link(&[("after", &cursor)])),
            is_partial: page.is_partial,
            is_cut: page.is_cut,
            is_binary: false,
            lines: page.entries.into_iter().map(|entry| line(entry, query, zone)).collect(),
            last,
        }
    }

    /// Lines of a file and of its older selves.
    pub fn file(found: LogLines, query: &LogQuery) -> Self {
        let several = found.files.len() > 1;
        let is_binary = found.files.iter().any(|file| file.is_binary);
        let mut lines = Vec::new();
        for file in found.files {
            let mut heading = several.then(|| file.path.clone());
            for one in file.lines {
                let number = one.number.to_string();
                lines.push(Line {
                    file: heading.take(),
                    at: String::new(),
                    number: Some(one.number),
                    level: "",
                    word: "",
                    who: String::new(),
                    text: Some(one.text),
                    link: query.link(&[("path", &file.path), ("line", &number), ("q", ""), ("rotated", "")]),
                    is_hit: one.is_hit && query.is_around(),
                });
            }
        }
        // Of several files, the last lines of all.
        let left = lines.len().saturating_sub(PAGE * 4);
        lines.drain(..left);
        Self { count: Some(count(lines.len())), is_cut: found.is_cut, is_binary, lines, ..Self::default() }
    }
}

fn count(lines: usize) -> Message {
    Message::new(if lines == 1 { "{n} line" } else { "{n} lines" }).with("n", lines)
}

fn line(entry: Entry, query: &LogQuery, zone: Tz) -> Line {
    let (level, word) = level(entry.priority);
    Line {
        file: None,
        at: clock(&entry, zone),
        number: None,
        level,
        word,
        who: entry.who(),
        link: query.link(&[("around", entry.cursor.as_str()), ("q", ""), ("priority", "")]),
        is_hit: !query.around.is_empty() && query.around == entry.cursor.as_str(),
        text: entry.message,
    }
}

/// When it was written, as lines of logs say it.
pub fn clock(entry: &Entry, zone: Tz) -> String {
    entry.at.with_timezone(&zone).format("%m-%d %H:%M:%S%.3f").to_string()
}

/// How a priority looks, and its word where it is worse than usual.
pub fn level(priority: Option<u8>) -> (&'static str, &'static str) {
    match priority.and_then(Priority::of) {
        Some(priority) if priority <= Priority::Error => ("crit", priority.label()),
        Some(priority @ Priority::Warning) => ("warn", priority.label()),
        Some(Priority::Debug) => ("dim", ""),
        _ => ("", ""),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::logs::Cursor;

    fn entry(number: usize) -> Entry {
        Entry {
            cursor: Cursor::read(&format!("s=a;i={number}")).unwrap(),
            at: chrono::DateTime::UNIX_EPOCH,
            priority: Some(3),
            identifier: "x".into(),
            pid: None,
            unit: String::new(),
            boot: String::new(),
            message: Some(String::new()),
        }
    }

    #[test]
    fn older_ones_are_offered_where_there_may_be_some_and_newer_ones_where_one_came_from_there() {
        let shown = |count: usize, query: &LogQuery| {
            let page = JournalPage { entries: (0..count).map(entry).collect(), ..JournalPage::default() };
            let shown = Shown::journal(page, query, Tz::UTC);
            (shown.older.is_some(), shown.newer.is_some())
        };
        assert_eq!(shown(PAGE, &LogQuery::default()), (true, false));
        assert_eq!(shown(3, &LogQuery::default()), (false, false));
        let before = LogQuery { before: "s=a;i=7".into(), ..LogQuery::default() };
        assert_eq!(shown(3, &before), (false, true));
        let around = LogQuery { around: "s=a;i=1".into(), ..LogQuery::default() };
        assert_eq!(shown(3, &around), (true, true));
    }

    #[test]
    fn what_is_bad_looks_bad_and_says_so() {
        assert_eq!(level(Some(0)), ("crit", "emergency"));
        assert_eq!((level(Some(4)), level(Some(6)), level(None)), (("warn", "warning"), ("", ""), ("", "")));
    }
}
