//! Changes of a crontab: one line more, less or other, and every other byte as it was. Pure.

use super::document::{Crontab, Line, Meaning, OFF, without_end};
use super::entry::{Entry, Parts};
use crate::language::Message;

/// One change. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// A line more, at the end; with a comment above it, where there is one.
    Add {
        /// The comment, without its sign.
        comment: String,
        /// The line's parts; the user only where the table has users.
        time: String,
        /// The user.
        user: String,
        /// The command.
        command: Vec<u8>,
    },
    /// Another time, user or command.
    Change {
        /// Which line.
        line: usize,
        /// Its new time.
        time: String,
        /// Its new user.
        user: String,
        /// Its new command.
        command: Vec<u8>,
    },
    /// A line that does not run any more, and is kept.
    SwitchOff(usize),
    /// A line that runs again.
    SwitchOn(usize),
    /// A line less.
    Delete(usize),
    /// Another text altogether.
    Whole(Vec<u8>),
}

/// What becomes of one line; nothing where it goes.
type Changing<'a> = dyn Fn(&Line) -> Result<Option<Vec<u8>>, Message> + 'a;

impl Edit {
    /// The table with this change. Why it cannot be made, where it cannot.
    pub fn of(&self, table: &Crontab) -> Result<Vec<u8>, Message> {
        let changed = |number: usize, change: &Changing<'_>| {
            let line = table.line(number).ok_or_else(gone)?;
            let new = change(line)?;
            let mut bytes: Vec<u8> = pieces(table, 1..number);
            bytes.extend(new.unwrap_or_default());
            bytes.extend(pieces(table, number + 1..table.lines().len() + 1));
            Ok(ended(bytes, table))
        };
        match self {
            Self::Add { comment, time, user, command } => {
                let mut bytes = ended(table.bytes(), table);
                if !comment.is_empty() {
                    is_one_line(comment.as_bytes())?;
                    bytes.extend_from_slice(format!("# {comment}").as_bytes());
                    bytes.extend_from_slice(table.line_end());
                }
                let user = if table.layout.has_user { format!("{user} ") } else { String::new() };
                let mut line = format!("{} {user}", time.trim()).into_bytes();
                line.extend_from_slice(command);
                is_understood(&line, table)?;
                bytes.extend_from_slice(&line);
                bytes.extend_from_slice(table.line_end());
                Ok(bytes)
            }
            Self::Change { line, time, user, command } => changed(*line, &|line| {
                let (entry, before) = match &line.meaning {
                    Meaning::Entry(entry) => (entry, 0),
                    Meaning::Off(entry, before) => (entry, *before),
                    _ => return Err(gone()),
                };
                let mut new = entry.with(Parts { schedule: time.trim(), user, command });
                if entry.has_carriage_return() {
                    new.push(b'\r');
                }
                is_understood(&new, table)?;
                let mut bytes = line.bytes.get(..before).unwrap_or_default().to_vec();
                bytes.extend(new);
                bytes.extend_from_slice(end_of(line));
                Ok(Some(bytes))
            }),
            Self::SwitchOff(number) => changed(*number, &|line| match line.meaning {
                Meaning::Entry(_) => Ok(Some([OFF, line.bytes.as_slice()].concat())),
                _ => Err(gone()),
            }),
            Self::SwitchOn(number) => changed(*number, &|line| match line.meaning {
                Meaning::Off(_, before) => Ok(line.bytes.get(before..).map(<[u8]>::to_vec)),
                _ => Err(gone()),
            }),
            Self::Delete(number) => changed(*number, &|line| match line.meaning {
                Meaning::Entry(_) | Meaning::Off(..) | Meaning::Unreadable(_) => Ok(None),
                _ => Err(gone()),
            }),
            Self::Whole(bytes) => Ok(bytes.clone()),
        }
    }

    /// What is done, in one line for the audit log. What a line says may be a secret and does not stand there.
    pub fn told(&self) -> String {
        match self {
            Self::Add { .. } => "a line added".to_owned(),
            Self::Change { line, .. } => format!("line {line} changed"),
            Self::SwitchOff(line) => format!("line {line} switched off"),
            Self::SwitchOn(line) => format!("line {line} switched on"),
            Self::Delete(line) => format!("line {line} deleted"),
            Self::Whole(_) => "the whole text replaced".to_owned(),
        }
    }
}

/// A new line must be one, and one that its daemon understands.
fn is_understood(line: &[u8], table: &Crontab) -> Result<(), Message> {
    is_one_line(line.strip_suffix(b"\r").unwrap_or(line))?;
    Entry::read(line, table.layout).map(drop)
}

/// With an end to its last line: without one, some daemons do not read it, and others not at all.
pub fn ended(mut bytes: Vec<u8>, table: &Crontab) -> Vec<u8> {
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(table.line_end());
    }
    bytes
}

fn pieces(table: &Crontab, numbers: std::ops::Range<usize>) -> Vec<u8> {
    let lines = table.lines().iter().skip(numbers.start - 1).take(numbers.end.saturating_sub(numbers.start));
    lines.flat_map(|line| line.bytes.iter().copied()).collect()
}

fn end_of(line: &Line) -> &[u8] {
    line.bytes.get(without_end(&line.bytes).len()..).unwrap_or_default()
}

fn is_one_line(bytes: &[u8]) -> Result<(), Message> {
    if bytes.iter().any(|byte| matches!(byte, b'\n' | b'\r' | 0)) {
        return Err(Message::new("This must be one line"));
    }
    Ok(())
}

fn gone() -> Message {
    Message::new("This line is not what it was any more. Look at the table as it is now")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::commands::cron::Flavour;
    use crate::commands::cron::document::Layout;

    fn table(text: &[u8]) -> Crontab {
        Crontab::read(text, Layout { has_user: false, flavour: Flavour::Vixie })
    }

    fn after(text: &str, edit: &Edit) -> String {
        String::from_utf8(edit.of(&table(text.as_bytes())).unwrap()).unwrap()
    }

    fn add(time: &str, command: &str, comment: &str) -> Edit {
        let (time, command) = (time.to_owned(), command.as_bytes().to_vec());
        Edit::Add { comment: comment.to_owned(), time, user: String::new(), command }
    }

    const TEXT: &str = "# mine\n\nA=1\n 0  3 * * *\tbackup  --all\n61 * * * * bad\n#hannun-off: @daily x\n";

    #[test]
    fn a_line_is_added_at_the_end_and_nothing_else_moves() {
        assert_eq!(after(TEXT, &add("@hourly", "y", "why")), format!("{TEXT}# why\n@hourly y\n"));
        assert_eq!(after("", &add("* * * * *", "y", "")), "* * * * * y\n");
        assert_eq!(after("A=1", &add("@daily", "y", "")), "A=1\n@daily y\n", "the last line had no end");
        assert_eq!(after("A=1\r\n", &add("@daily", "y", "")), "A=1\r\n@daily y\r\n");
    }

    #[test]
    fn a_line_is_changed_switched_and_deleted_where_it_stands() {
        let change = Edit::Change {
            line: 4,
            time: "30  4 * * *".to_owned(),
            user: String::new(),
            command: b"backup  --all".to_vec(),
        };
        assert_eq!(after(TEXT, &change), TEXT.replace("0  3", "30  4"));
        assert_eq!(after(TEXT, &Edit::SwitchOff(4)), TEXT.replace(" 0  3", "#hannun-off:  0  3"));
        assert_eq!(after(TEXT, &Edit::SwitchOn(6)), TEXT.replace("#hannun-off: ", ""));
        assert_eq!(after(TEXT, &Edit::Delete(5)), TEXT.replace("61 * * * * bad\n", ""));
        assert_eq!(after(&after(TEXT, &Edit::SwitchOff(4)), &Edit::SwitchOn(4)), TEXT, "there and back");
    }

    #[test]
    fn what_cron_would_not_understand_is_refused() {
        for edit in [
            add("61 * * * *", "x", ""),
            add("@often", "x", ""),
            add("* * * * *", "", ""),
            add("* * * * *", "a\n* * * * * b", ""),
            add("* * * * *", "a", "why\n* * * * * b"),
            Edit::SwitchOff(1),
            Edit::SwitchOff(6),
            Edit::SwitchOn(4),
            Edit::Delete(1),
            Edit::Delete(99),
            Edit::Delete(0),
        ] {
            assert!(edit.of(&table(TEXT.as_bytes())).is_err(), "{edit:?}");
        }
    }

    proptest! {
        #[test]
        fn switching_off_and_on_again_leaves_every_byte(
            lines in proptest::collection::vec("(# c|A=1|\\* \\* \\* \\* \\* x%y|@daily  z |61 bad|\t)(\r?\n)", 1..12),
            chosen in 1_usize..12,
        ) {
            let text = lines.concat();
            let table = table(text.as_bytes());
            if let Ok(off) = Edit::SwitchOff(chosen).of(&table) {
                let again = Crontab::read(&off, table.layout);
                prop_assert_eq!(Edit::SwitchOn(chosen).of(&again).unwrap(), text.as_bytes());
            }
        }

        #[test]
        fn deleting_takes_one_line_and_no_other_byte(text in "([#*/0-9@a-z =\r-]{0,20}\n){1,10}", chosen in 1_usize..10) {
            let table = table(text.as_bytes());
            if let Ok(left) = Edit::Delete(chosen).of(&table) {
                let gone = table.line(chosen).unwrap().bytes.len();
                prop_assert_eq!(left.len() + gone, text.len());
                prop_assert_eq!(Crontab::read(&left, table.layout).lines().len() + 1, table.lines().len());
            }
        }
    }
}
