//! One command of a crontab with its time: where each part of its line stands, so that a change touches that part alone. Pure.

use std::ops::Range;

use super::document::{Layout, is_blank};
use super::schedule::Schedule;
use crate::language::Message;

/// A command and when it runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// When.
    pub schedule: Schedule,
    /// As whom, where the table says so.
    pub user: Option<String>,
    text: Vec<u8>,
    at: Spans,
}

/// Where the parts stand in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Spans {
    schedule: Range<usize>,
    user: Range<usize>,
    command: Range<usize>,
}

/// Parts of a line that are to be others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts<'a> {
    /// The time.
    pub schedule: &'a str,
    /// The user, where there is one.
    pub user: &'a str,
    /// The command.
    pub command: &'a [u8],
}

impl Entry {
    /// Reads a line without its end; why it is no entry, where it is none.
    pub fn read(text: &[u8], layout: Layout) -> Result<Self, Message> {
        let word = |from: usize| -> Range<usize> {
            let begin = skip(text, from, is_blank);
            begin..skip(text, begin, |byte| !is_blank(byte))
        };
        let first = word(0);
        let fields = if text.get(first.clone()).is_some_and(|word| word.starts_with(b"@")) { 1 } else { 5 };
        let mut schedule = first.clone();
        for _ in 1..fields {
            schedule.end = word(schedule.end).end;
        }
        // cronie and SUSE's cron: the line is not written to the log.
        let is_quiet = layout.has_user && text.get(first.start) == Some(&b'-');
        let from = schedule.start + usize::from(is_quiet);
        let time = text.get(from..schedule.end).map(String::from_utf8_lossy).unwrap_or_default();
        let read = Schedule::read(&time, layout.flavour)?;
        let mut end = schedule.end;
        let mut user = end..end;
        if layout.has_user {
            user = word(end);
            end = user.end;
        }
        let begin = skip(text, end, is_blank);
        let command = begin..text.len();
        let name = text.get(user.clone()).unwrap_or_default();
        if layout.has_user && name.is_empty() {
            return Err(Message::new("After the time a user is missing"));
        }
        if text.get(command.clone()).unwrap_or_default().trim_ascii().is_empty() {
            return Err(Message::new("After the time a command is missing"));
        }
        let user_name = layout.has_user.then(|| String::from_utf8_lossy(name).into_owned());
        Ok(Self {
            schedule: read,
            user: user_name,
            text: text.to_vec(),
            at: Spans { schedule: from..schedule.end, user, command },
        })
    }

    /// Its time, as it was written.
    pub fn time(&self) -> String {
        String::from_utf8_lossy(self.text.get(self.at.schedule.clone()).unwrap_or_default()).into_owned()
    }

    /// Its command as it was written, with what it is given behind a `%`; hostile.
    pub fn command(&self) -> &[u8] {
        self.text.get(self.at.command.clone()).unwrap_or_default()
    }

    /// The command as the shell gets it, and what it is given on its standard input.
    pub fn divided(&self, by_percent: bool) -> (Vec<u8>, Option<Vec<u8>>) {
        let command = self.command();
        if !by_percent {
            return (command.to_vec(), None);
        }
        let mut parts: Vec<Vec<u8>> = vec![Vec::new()];
        let mut bytes = command.iter().copied().peekable();
        while let Some(byte) = bytes.next() {
            match byte {
                b'\\' if bytes.peek() == Some(&b'%') => {
                    bytes.next();
                    parts.last_mut().into_iter().for_each(|part| part.push(b'%'));
                }
                b'%' => parts.push(Vec::new()),
                other => parts.last_mut().into_iter().for_each(|part| part.push(other)),
            }
        }
        let run = parts.remove(0);
        if parts.is_empty() {
            return (run, None);
        }
        let mut input = parts.join(&b'\n');
        // The shell's input ends with its line.
        if !input.ends_with(b"\n") {
            input.push(b'\n');
        }
        (run, Some(input))
    }

    /// Whether a carriage return ends it, which cron gives to the command.
    pub fn has_carriage_return(&self) -> bool {
        self.text.ends_with(b"\r")
    }

    /// The line with other parts; what is the same keeps its place and its blanks.
    pub fn with(&self, parts: Parts<'_>) -> Vec<u8> {
        let piece = |range: Range<usize>| self.text.get(range).unwrap_or_default();
        let mut line = piece(0..self.at.schedule.start).to_vec();
        line.extend_from_slice(parts.schedule.as_bytes());
        if self.user.is_some() {
            line.extend_from_slice(piece(self.at.schedule.end..self.at.user.start));
            line.extend_from_slice(parts.user.as_bytes());
            line.extend_from_slice(piece(self.at.user.end..self.at.command.start));
        } else {
            line.extend_from_slice(piece(self.at.schedule.end..self.at.command.start));
        }
        line.extend_from_slice(parts.command);
        line
    }
}

fn skip(text: &[u8], from: usize, wanted: impl Fn(u8) -> bool) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    from + rest.iter().position(|byte| !wanted(*byte)).unwrap_or(rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::cron::Flavour;

    fn entry(text: &str, has_user: bool) -> Entry {
        Entry::read(text.as_bytes(), Layout { has_user, flavour: Flavour::Vixie }).unwrap()
    }

    #[test]
    fn a_change_touches_its_own_part_alone() {
        let line = entry("  0\t3 * *   1-5\t root   /bin/x  a ", true);
        let same = Parts { schedule: "0\t3 * *   1-5", user: "root", command: b"/bin/x  a " };
        assert_eq!(line.with(same), b"  0\t3 * *   1-5\t root   /bin/x  a ");
        assert_eq!(line.with(Parts { user: "www-data", ..same }), b"  0\t3 * *   1-5\t www-data   /bin/x  a ");
        let line = entry("@daily  x", false);
        assert_eq!(line.with(Parts { schedule: "@weekly", user: "", command: b"x" }), b"@weekly  x");
    }

    #[test]
    fn the_first_percent_divides_a_command_from_its_input() {
        let (run, input) = entry("0 0 * * * mail -s \"50\\% off\" a%Hello,%%there\\%", false).divided(true);
        assert_eq!(
            (run.as_slice(), input.as_deref()),
            (b"mail -s \"50% off\" a".as_slice(), Some(b"Hello,\n\nthere%\n".as_slice()))
        );
        assert_eq!(entry("0 0 * * * date +\\%F", false).divided(true), (b"date +%F".to_vec(), None));
        assert_eq!(entry("0 0 * * * date +%F", false).divided(false), (b"date +%F".to_vec(), None));
    }

    #[test]
    fn a_line_that_is_not_logged_has_a_hyphen_before_its_time() {
        let line = entry("-*/15 * * * * root /bin/x", true);
        assert_eq!((line.time().as_str(), line.user.as_deref()), ("*/15 * * * *", Some("root")));
        let same = Parts { schedule: "@hourly", user: "root", command: b"/bin/x" };
        assert_eq!(line.with(same), b"-@hourly root /bin/x");
    }
}
