//! A crontab line by line, every byte of it kept: comments, variables, order and spacing stay what they are. Pure.

use std::collections::HashMap;

use super::schedule::Schedule;
use super::{Entry, Flavour};
use crate::language::Message;

/// What stands before a line that hannun switched off.
pub(super) const OFF: &[u8] = b"#hannun-off: ";

/// How the lines of a table are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Layout {
    /// A user stands between the time and the command.
    pub has_user: bool,
    /// By whom it is read.
    pub flavour: Flavour,
}

/// A crontab. Its lines put together are what was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Crontab {
    lines: Vec<Line>,
    /// Its variables in the order in which they come first, and the places in `lines` where each is set. A table may be nothing
    /// but variables, and each of its lines asks for them.
    variables: Vec<(String, Vec<usize>)>,
    /// Which of `variables` is the one of a name.
    by_name: HashMap<String, usize>,
    /// How its lines are read.
    pub layout: Layout,
}

/// One line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Every byte of it, its end included.
    pub bytes: Vec<u8>,
    /// What it means.
    pub meaning: Meaning,
}

/// What a line means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meaning {
    /// Nothing.
    Blank,
    /// Words for people.
    Comment,
    /// One of the lines that `crontab` of Debian and the BSDs writes by itself each time.
    Header,
    /// A variable for the lines below it.
    Variable {
        /// Its name.
        name: String,
        /// Its value, without quotes; hostile.
        value: Vec<u8>,
    },
    /// A command that runs.
    Entry(Entry),
    /// A command that is switched off, and how many bytes before it do that.
    Off(Entry, usize),
    /// Nothing that cron understands, and why.
    Unreadable(Message),
}

impl Crontab {
    /// Reads all of `bytes`.
    pub fn read(bytes: &[u8], layout: Layout) -> Self {
        let mut table = Self { layout, ..Self::default() };
        for (at, line) in bytes.split_inclusive(|byte| *byte == b'\n').enumerate() {
            let text = without_end(line);
            let is_header = |known: &[&[u8]]| known.iter().any(|known| text.starts_with(known));
            let follows_one = || table.lines.last().is_some_and(|line| line.meaning == Meaning::Header);
            let writes_header = layout.flavour == Flavour::Vixie && !layout.has_user;
            let meaning = if writes_header
                && (at == 0 && is_header(HEADER_FIRST)
                    || (1..3).contains(&at) && follows_one() && is_header(HEADER_NEXT))
            {
                Meaning::Header
            } else {
                meaning(text, layout)
            };
            if let Meaning::Variable { name, .. } = &meaning {
                table.note(name, at);
            }
            table.lines.push(Line { bytes: line.to_vec(), meaning });
        }
        table
    }

    fn note(&mut self, name: &str, at: usize) {
        let which = *self.by_name.entry(name.to_owned()).or_insert(self.variables.len());
        match self.variables.get_mut(which) {
            Some((_, places)) => places.push(at),
            None => self.variables.push((name.to_owned(), vec![at])),
        }
    }

    /// What was read.
    pub fn bytes(&self) -> Vec<u8> {
        self.lines.iter().flat_map(|line| line.bytes.iter().copied()).collect()
    }

    /// Its lines.
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// A line by its number, counted from 1.
    pub fn line(&self, number: usize) -> Option<&Line> {
        self.lines.get(number.checked_sub(1)?)
    }

    /// Without the lines that `crontab` writes by itself: what it is given.
    pub fn without_header(&self) -> Vec<u8> {
        let kept = self.lines.iter().filter(|line| line.meaning != Meaning::Header);
        kept.flat_map(|line| line.bytes.iter().copied()).collect()
    }

    /// The variables that a line runs with, in their order, each once with the value that it has there.
    pub fn variables_at(&self, number: usize) -> impl Iterator<Item = (&str, &[u8])> {
        let known = self.variables.get(..self.count_variables_at(number)).unwrap_or_default();
        known.iter().filter_map(move |(name, places)| Some((name.as_str(), self.value_at(number, places)?)))
    }

    /// How many they are.
    pub fn count_variables_at(&self, number: usize) -> usize {
        let is_above = |places: &[usize]| places.first().is_some_and(|at| *at + 1 < number);
        self.variables.partition_point(|(_, places)| is_above(places))
    }

    /// The value of one of them.
    pub fn variable_at(&self, number: usize, name: &str) -> Option<String> {
        let (_, places) = self.variables.get(*self.by_name.get(name)?)?;
        self.value_at(number, places).map(|value| String::from_utf8_lossy(value).into_owned())
    }

    /// What stands in the last of `places` above a line.
    fn value_at(&self, number: usize, places: &[usize]) -> Option<&[u8]> {
        let above = places.partition_point(|at| *at + 1 < number);
        match &self.lines.get(*places.get(above.checked_sub(1)?)?)?.meaning {
            Meaning::Variable { value, .. } => Some(value),
            _ => None,
        }
    }

    /// Whether its last line has no end: Vixie's cron does not read such a table at all.
    pub fn has_open_end(&self) -> bool {
        self.lines.last().is_some_and(|line| !line.bytes.ends_with(b"\n"))
    }

    /// How new lines end.
    pub fn line_end(&self) -> &'static [u8] {
        let mut ended = self.lines.iter().filter(|line| line.bytes.ends_with(b"\n")).peekable();
        if ended.peek().is_some() && ended.all(|line| line.bytes.ends_with(b"\r\n")) { b"\r\n" } else { b"\n" }
    }
}

const HEADER_FIRST: &[&[u8]] = &[b"# DO NOT EDIT THIS FILE - edit the master and reinstall."];
const HEADER_NEXT: &[&[u8]] = &[b"# (", b"# $Id: crontab"];

impl Line {
    /// Its text for people, without its end.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(without_end(&self.bytes)).into_owned()
    }

    /// Its command, whether it runs or is switched off.
    pub fn entry(&self) -> Option<&Entry> {
        match &self.meaning {
            Meaning::Entry(entry) | Meaning::Off(entry, _) => Some(entry),
            _ => None,
        }
    }
}

pub(super) fn without_end(line: &[u8]) -> &[u8] {
    line.strip_suffix(b"\n").unwrap_or(line)
}

fn meaning(text: &[u8], layout: Layout) -> Meaning {
    let begin = text.iter().position(|byte| !is_blank(*byte));
    let Some(rest) = begin.and_then(|begin| text.get(begin..)).filter(|rest| *rest != b"\r") else {
        return Meaning::Blank;
    };
    if rest.starts_with(b"#") {
        return off(text, layout).unwrap_or(Meaning::Comment);
    }
    if let Some((name, value)) = variable(text) {
        return Meaning::Variable { name, value };
    }
    match Entry::read(text, layout) {
        Ok(entry) => Meaning::Entry(entry),
        Err(why) => Meaning::Unreadable(why),
    }
}

/// A line that hannun switched off, or that somebody did by a `#` right before its time. Examples in comments have a blank there.
fn off(text: &[u8], layout: Layout) -> Option<Meaning> {
    let own = text.strip_prefix(OFF);
    let rest = own.or_else(|| text.strip_prefix(b"#").filter(|rest| !rest.starts_with(b" ")))?;
    if own.is_none() && rest.first().is_some_and(|byte| is_blank(*byte) || *byte == b'#') {
        return None;
    }
    Entry::read(rest, layout).ok().map(|entry| Meaning::Off(entry, text.len() - rest.len()))
}

/// `NAME = value`, as Vixie's `load_env` has it: with or without quotes around either.
fn variable(text: &[u8]) -> Option<(String, Vec<u8>)> {
    let text = text.trim_ascii();
    let (name, rest) = if let quote @ (b'"' | b'\'') = text.first()? {
        let inside = text.get(1..)?;
        let end = inside.iter().position(|byte| byte == quote)?;
        (inside.get(..end)?, inside.get(end + 1..)?)
    } else {
        let end = text.iter().position(|byte| *byte == b'=' || is_blank(*byte))?;
        text.split_at_checked(end)?
    };
    let value = rest.trim_ascii_start().strip_prefix(b"=")?.trim_ascii();
    if name.is_empty() {
        return None;
    }
    let unquoted = [b'"', b'\''].into_iter().find_map(|quote| {
        let inside = value.strip_prefix(&[quote])?.strip_suffix(&[quote])?;
        (!inside.contains(&quote)).then_some(inside)
    });
    Some((String::from_utf8(name.to_vec()).ok()?, unquoted.unwrap_or(value).to_vec()))
}

pub(super) fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

impl Crontab {
    /// Whether a text is a time that this table could hold.
    pub fn schedule(&self, text: &str) -> Result<Schedule, Message> {
        Schedule::read(text, self.layout.flavour)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn table(text: &[u8], has_user: bool) -> Crontab {
        Crontab::read(text, Layout { has_user, flavour: Flavour::Vixie })
    }

    fn word(line: &Line) -> &'static str {
        match line.meaning {
            Meaning::Blank => "blank",
            Meaning::Comment => "comment",
            Meaning::Header => "header",
            Meaning::Variable { .. } => "variable",
            Meaning::Entry(_) => "entry",
            Meaning::Off(..) => "off",
            Meaning::Unreadable(_) => "unreadable",
        }
    }

    fn words(text: &str, has_user: bool) -> Vec<&'static str> {
        table(text.as_bytes(), has_user).lines().iter().map(word).collect()
    }

    #[test]
    fn each_line_is_what_cron_takes_it_for() {
        let text = "# m h dom mon dow command\n\nSHELL=/bin/sh\n MAILTO = \"ops@example.org\" \n*/5 * * * * /usr/bin/true # every five\n\
            0 3 * * 1-5 tar cf /tmp/b.tar \"/srv/a b\" 2>&1 % x\n@reboot /bin/true\n61 * * * * no\nhello\n\
            #hannun-off: 0 4 * * * /bin/off\n#0 5 * * * /bin/off\n# 0 5 * * 1 tar -zcf /var/backups/home.tgz /home/\n#\n\t\n1 2 3 4 5";
        assert_eq!(
            words(text, false),
            [
                "comment",
                "blank",
                "variable",
                "variable",
                "entry",
                "entry",
                "entry",
                "unreadable",
                "unreadable",
                "off",
                "off",
                "comment",
                "comment",
                "blank",
                "unreadable"
            ]
        );
        let table = table(text.as_bytes(), false);
        assert_eq!(table.variable_at(5, "MAILTO").as_deref(), Some("ops@example.org"));
        assert_eq!(table.variable_at(3, "SHELL"), None, "a variable is for the lines below it");
        assert!(table.has_open_end());
    }

    #[test]
    fn a_line_has_each_variable_once_with_its_last_value_above_it() {
        let table = table(b"B=1\nA=1\n* * * * * x\nB=2\nC=1\n* * * * * y\nA=3\n", false);
        let told = |number| {
            let found =
                table.variables_at(number).map(|(name, value)| format!("{name}={}", String::from_utf8_lossy(value)));
            (found.collect::<Vec<_>>().join(" "), table.count_variables_at(number))
        };
        assert_eq!(told(3), ("B=1 A=1".to_owned(), 2));
        assert_eq!(told(6), ("B=2 A=1 C=1".to_owned(), 3));
        assert_eq!(told(0), (String::new(), 0));
        assert_eq!((table.variable_at(6, "B").as_deref(), table.variable_at(1, "B")), (Some("2"), None));
    }

    #[test]
    fn a_table_with_users_has_one_in_each_line() {
        let table = table(b"17 *\t* * *\troot    cd / && run-parts --report /etc/cron.hourly\n@daily\n", true);
        let entry = table.line(1).and_then(Line::entry).unwrap();
        assert_eq!(
            (entry.user.as_deref(), entry.command()),
            (Some("root"), b"cd / && run-parts --report /etc/cron.hourly".as_slice())
        );
        assert_eq!(word(&table.lines()[1]), "unreadable");
    }

    #[test]
    fn what_crontab_writes_by_itself_is_not_given_back_to_it() {
        let text = b"# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (/tmp/crontab.x installed on Sun Nov 29 12:00:00 2026)\n\
            # (Cron version -- $Id: crontab.c,v 2.13 1994/01/17 03:20:37 vixie Exp $)\n# mine\n* * * * * a\n";
        let table = table(text, false);
        assert_eq!(table.bytes(), text);
        assert_eq!(table.without_header(), b"# mine\n* * * * * a\n");
        // Only at the top: further down it is a comment of somebody's.
        let other = b"* * * * * a\n# DO NOT EDIT THIS FILE - edit the master and reinstall.\n# (x)\n";
        assert_eq!(self::table(other, false).without_header(), other);
    }

    #[test]
    fn a_line_with_a_carriage_return_keeps_it() {
        let table = table(b"A=1\r\n* * * * * a\r\n", false);
        assert_eq!(
            (table.bytes().as_slice(), table.line_end()),
            (b"A=1\r\n* * * * * a\r\n".as_slice(), b"\r\n".as_slice())
        );
        assert!(table.line(2).and_then(Line::entry).unwrap().has_carriage_return());
        assert_eq!(self::table(b"a\r\nb\n", false).line_end(), b"\n");
    }

    proptest! {
        #[test]
        fn any_bytes_come_back_as_they_were(bytes in proptest::collection::vec(any::<u8>(), 0..400), has_user: bool) {
            prop_assert_eq!(table(&bytes, has_user).bytes(), bytes);
        }

        #[test]
        fn any_text_like_a_crontab_comes_back_as_it_was(text in "([#*/0-9,@a-z =\"'%\\\\\t\r-]{0,40}\n?){0,12}", has_user: bool) {
            let table = table(text.as_bytes(), has_user);
            prop_assert_eq!(table.bytes(), text.as_bytes());
            for line in table.lines() {
                if let Some(entry) = line.entry() {
                    prop_assert!(!entry.command().is_empty());
                }
            }
        }
    }
}
