//! How a trial went: what the server printed, line by line, beside what was understood.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::commands::Preview;
use crate::commands::script::Privilege;
use crate::language::Message;
use crate::remote::trial::Tried;
use crate::remote::trouble::Trouble;

/// Lines of an answer that are shown.
const LINES: usize = 120;
/// Lines around the one that could not be read, where it is further down.
const AROUND: usize = 5;
/// Characters of a line that are shown.
const WIDTH: usize = 400;

/// A trial as the page shows it.
#[derive(Debug, Clone)]
pub struct ResultView {
    /// What went wrong; none where it worked.
    pub problem: Option<Message>,
    /// What to do about it.
    pub next_step: Option<Message>,
    /// The server could not be asked: nothing was learnt about the script.
    pub is_elsewhere: bool,
    /// Where and as whom it ran.
    pub ran: Option<Message>,
    /// How long it took.
    pub took: Option<Duration>,
    /// When it was sent.
    pub at: Option<DateTime<Utc>>,
    /// The exit status.
    pub status: Option<u32>,
    /// What it printed.
    pub output: Lines,
    /// What it said on standard error.
    pub errors: Lines,
    /// What was understood.
    pub preview: Option<Preview>,
}

/// Some lines of an answer; a server's own text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Lines {
    /// Number, text, and whether it is the line that could not be read. Number 0 stands for lines that are left out.
    pub shown: Vec<(usize, String, bool)>,
    /// How many there are.
    pub total: usize,
    /// Bytes of all of them.
    pub bytes: u64,
}

impl Lines {
    fn of(output: &[u8], marked: Option<usize>) -> Self {
        let text = output.strip_suffix(b"\n").unwrap_or(output);
        let bytes = output.len() as u64;
        if text.is_empty() {
            return Self { bytes, ..Self::default() };
        }
        let mut lines = Self { bytes, ..Self::default() };
        for (at, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let number = at + 1;
            lines.total = number;
            let is_near = marked.is_some_and(|marked| number.abs_diff(marked) <= AROUND);
            if number > LINES && !is_near {
                continue;
            }
            if number > LINES && lines.shown.last().is_some_and(|(last, ..)| last + 1 < number) {
                lines.shown.push((0, String::new(), false));
            }
            let cut = String::from_utf8_lossy(line.get(..4 * WIDTH).unwrap_or(line));
            // Between columns stands one tab; blanks look like it, and are the usual mistake.
            let cut: String = cut.chars().take(WIDTH).map(|c| if c == '\t' { '→' } else { c }).collect();
            lines.shown.push((number, cut, marked == Some(number)));
        }
        lines
    }

    /// Whether lines are left out at the end.
    pub fn is_cut(&self) -> bool {
        self.shown.last().is_some_and(|(last, ..)| *last < self.total)
    }
}

impl ResultView {
    /// Nothing was sent.
    pub fn of_problem(problem: Message) -> Self {
        Self {
            problem: Some(problem),
            next_step: None,
            is_elsewhere: true,
            ran: None,
            took: None,
            at: None,
            status: None,
            output: Lines::default(),
            errors: Lines::default(),
            preview: None,
        }
    }

    /// What was found.
    pub fn of(tried: &Tried) -> Self {
        let trouble = tried.outcome.as_ref().err();
        let marked = match trouble {
            Some(Trouble::Unreadable(problem)) => problem.line,
            _ => None,
        };
        let answer = tried.answer.as_ref();
        Self {
            problem: trouble.map(Trouble::message),
            next_step: match trouble {
                Some(Trouble::Server(error)) => Some(error.advice().next_step),
                _ => None,
            },
            is_elsewhere: !tried.is_about_the_script(),
            ran: Some(ran(tried)),
            took: answer.map(|answer| answer.took),
            at: Some(tried.at),
            status: answer.map(|answer| answer.status),
            output: Lines::of(answer.map(|answer| &*answer.stdout).unwrap_or_default(), marked),
            errors: Lines::of(answer.map(|answer| &*answer.stderr).unwrap_or_default(), None),
            preview: tried.outcome.as_ref().ok().cloned(),
        }
    }
}

/// Where it ran, as whom, and what its root lines got.
fn ran(tried: &Tried) -> Message {
    let sentence = match tried.root {
        None => "Ran on {server} as {user}; it asks for no root rights",
        Some(Privilege::AlreadyRoot) => "Ran on {server} as {user}, who is root",
        Some(Privilege::None) => "Ran on {server} as {user}; its lines that ask for root ran without",
        Some(Privilege::Sudo) => {
            "Ran on {server} as {user}; its lines that ask for root ran by sudo without a password"
        }
        Some(Privilege::SudoPassword) => {
            "Ran on {server} as {user}; its lines that ask for root ran by sudo with a password"
        }
    };
    Message::new(sentence).with("server", &tried.server).with("user", &tried.run_as)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_that_could_not_be_read_is_shown_wherever_it_stands() {
        let text = (1..=1_000).map(|number| format!("line {number}")).collect::<Vec<_>>().join("\n");
        let lines = Lines::of(text.as_bytes(), Some(500));
        let numbers: Vec<usize> = lines.shown.iter().map(|(number, ..)| *number).collect();
        assert_eq!(numbers[LINES - 1..LINES + 3], [120, 0, 495, 496]);
        assert!(
            lines
                .shown
                .iter()
                .any(|(number, text, marked)| (*number, text.as_str(), *marked) == (500, "line 500", true))
        );
        assert_eq!((lines.total, lines.is_cut()), (1_000, true));
        let short = Lines::of(b"a\nb", Some(2));
        assert_eq!((short.shown.len(), short.is_cut(), short.bytes), (2, false, 3));
        assert_eq!(Lines::of(b"", None).shown, []);
    }

    #[test]
    fn sec_x01_a_line_without_end_is_cut() {
        let lines = Lines::of(&vec![b'x'; 100_000], None);
        assert_eq!(lines.shown[0].1.len(), WIDTH);
    }
}
