//! What the script of the catalogue prints, part by part.
//!
//! Lines that begin with `@` are the script's own; what it read stands behind a letter (`J` the journal, `F` a file, `R` records, `L` lists of logins),
//! so nothing that is written in a log can begin another part. The first line of a part of a file has U+0002 before it and its
//! last one U+0003 behind it: whoever reads a part of a file begins and ends in the middle of a line.

mod head;

use chrono::{DateTime, Utc};

use self::head::Head;
use super::gather::Gathering;
use super::last::{of_lastlog, of_wtmpdb};
use super::line::{of_file, of_journal};
use super::place::{FilePlace, Place};
use super::records::{of_hex, records};
use super::when::{Times, Zone};
use super::{LoginReading, SourceState};
use crate::commands::ParseError;
use crate::commands::logins::message::address_of;
use crate::commands::text::{self, integer};

/// Entries of the journal that the script asks for at once.
const ENTRIES: usize = 2_000;

const FIRST: u8 = 2;
const LAST: u8 = 3;

pub(super) fn parse(output: &[u8], before: &Place) -> Result<LoginReading, ParseError> {
    let mut reader = Reader { place: Place { sources: [].into(), ..before.clone() }, ..Reader::default() };
    let mut part: Vec<&[u8]> = Vec::new();
    let mut head: Option<(usize, &[u8])> = None;
    for (number, line) in text::lines(output) {
        match line.first() {
            Some(b'@') => {
                if let Some((number, head)) = head.replace((number, line)) {
                    reader.part(number, head, &part)?;
                }
                part.clear();
            }
            Some(b'J' | b'F' | b'R' | b'L') if head.is_some() => part.push(line.get(1..).unwrap_or_default()),
            _ => return Err(ParseError::at(number, "a part, or a line of one, was expected", line)),
        }
    }
    match head {
        Some((_, b"@end")) => Ok(reader.finish()),
        _ => Err(ParseError::new("the end is missing", output)),
    }
}

#[derive(Default)]
struct Reader {
    place: Place,
    zone: Option<Zone>,
    gathering: Gathering,
    /// Entries of the journal that were read.
    entries: usize,
    is_more: bool,
    own_address: Option<std::net::IpAddr>,
    alive: Option<Vec<u32>>,
}

impl Reader {
    fn part(&mut self, number: usize, line: &[u8], lines: &[&[u8]]) -> Result<(), ParseError> {
        let head = Head::of(number, line);
        match head.word(0) {
            b"@clock" => {
                let zone = Zone::of(&head.text(2), &head.text(3));
                self.zone = Some(zone.ok_or_else(|| head.error("no offset from UTC"))?);
            }
            b"@own" => self.own_address = head.text(1).split(' ').next().and_then(address_of),
            b"@journal" => self.journal(&head, lines)?,
            b"@journal-before" => self.journal_before(lines),
            b"@file" if head.word(1) == b"denied" => self.source("file", SourceState::Denied),
            b"@file" if head.word(1) == b"unneeded" => self.source("file", SourceState::Unneeded),
            b"@file" => self.file(&head, lines)?,
            b"@whole" => self.place.is_whole = true,
            b"@wtmp" | b"@btmp" => self.records(&head, lines)?,
            b"@wtmpdb" | b"@lastlog2" => self.list(&head, lines),
            b"@alive" => {
                self.alive = Some(head.word(1).split(|byte| *byte == b' ').filter_map(text::integer32).collect());
            }
            b"@end" => {}
            _ => return Err(head.error("this part is not known")),
        }
        Ok(())
    }

    fn source(&mut self, name: &str, state: SourceState) {
        self.place.sources.insert(name.to_owned(), state);
    }

    fn journal(&mut self, head: &Head<'_>, lines: &[&[u8]]) -> Result<(), ParseError> {
        match head.word(1) {
            b"read" => self.source("journal", SourceState::Read),
            // Whoever stops listening after so many entries makes it fail: then something had come.
            b"failed" if self.entries > 0 => {}
            b"failed" if !self.place.cursor.is_empty() => {
                // Its place is not known any more, so it is read anew.
                self.place.cursor.clear();
                self.is_more = true;
            }
            b"failed" | b"denied" => {
                self.source("journal", SourceState::Denied);
                (self.place.journal_oldest, self.place.journal_is_whole, self.place.journal_begins) =
                    (None, false, None);
            }
            _ => return Err(head.error("a state of the journal was expected")),
        }
        if head.word(1) != b"read" {
            return Ok(());
        }
        let begins = integer(head.word(2)).and_then(|seconds| i64::try_from(seconds).ok());
        if let Some(begins) = begins.and_then(|seconds| DateTime::from_timestamp(seconds, 0)) {
            self.place.journal_begins = Some(begins);
        }
        let is_first = self.place.cursor.is_empty();
        let oldest = self.journal_entries(lines, true);
        if is_first {
            self.place.journal_oldest = oldest;
            self.place.journal_is_whole = lines.len() < ENTRIES;
        } else {
            self.is_more |= lines.len() >= ENTRIES;
        }
        Ok(())
    }

    /// What is older than what was read; up to the second of the oldest, which is known in part.
    fn journal_before(&mut self, lines: &[&[u8]]) {
        let oldest = self.journal_entries(lines, false);
        let goes_on = oldest.is_some() && oldest < self.place.journal_oldest;
        self.place.journal_is_whole = lines.len() < ENTRIES || !goes_on;
        self.place.journal_oldest = oldest.or(self.place.journal_oldest);
    }

    /// The second of the oldest entry.
    fn journal_entries(&mut self, lines: &[&[u8]], moves_on: bool) -> Option<i64> {
        let mut oldest = None;
        for (line, cursor) in lines.iter().filter_map(|line| of_journal(line)) {
            let second = line.at.timestamp();
            oldest = Some(oldest.map_or(second, |before: i64| before.min(second)));
            self.entries += 1;
            self.gathering.add(&line);
            if moves_on {
                self.place.cursor = cursor;
            }
        }
        oldest
    }

    /// A part of a file: `live` of the one that is written now, `rest` of what it was called before it was put away,
    /// `earlier` of what is read backwards.
    fn file(&mut self, head: &Head<'_>, lines: &[&[u8]]) -> Result<(), ParseError> {
        let zone = self.zone.ok_or_else(|| head.error("the clock is missing"))?;
        let (inode, size, start, to) = (head.number(2)?, head.number(3)?, head.number(4)?, head.number(5)?);
        let changed = i64::try_from(head.number(6)?).ok().and_then(|seconds| DateTime::from_timestamp(seconds, 0));
        let changed: DateTime<Utc> = changed.ok_or_else(|| head.error("no time"))?;
        let Some((first, last)) = lines.first().zip(lines.last()) else {
            // Something was there to be read, and nothing came.
            let is_denied = to > start;
            self.source("file", if is_denied { SourceState::Denied } else { SourceState::Read });
            self.place.is_whole |= is_denied && head.word(1) == b"earlier";
            return Ok(());
        };
        let (Some(first), Some(last)) = (first.strip_prefix(&[FIRST]), last.strip_suffix(&[LAST])) else {
            return Err(head.error("a part of a file has no beginning or no end"));
        };
        let length = |line: &[u8]| u64::try_from(line.len()).unwrap_or(u64::MAX);
        let is_alone = lines.len() == 1;
        let first = if is_alone { first.strip_suffix(&[LAST]).unwrap_or(first) } else { first };
        let last = if is_alone { last.strip_prefix(&[FIRST]).unwrap_or(last) } else { last };
        self.lines(Times::new(zone, changed), lines, (first, last), start == 0);
        self.source("file", SourceState::Read);
        let begin = if start == 0 { 0 } else { start.saturating_add(length(first)).saturating_add(1).min(to) };
        // It may be that nobody has written the end of the last line yet: it is read again, and known then.
        let end = to.saturating_sub(length(last) + 1);
        match head.word(1) {
            b"earlier" => {
                let at = if begin < to { begin } else { start };
                self.place.earlier = Some(FilePlace { inode, at });
            }
            b"live" | b"rest" => {
                let is_first = self.place.file.is_none();
                let before = self.place.file.filter(|place| place.inode == inode).map_or(0, |place| place.at);
                // A line longer than a part is passed over.
                let at = if to < size && end <= before { to } else { end };
                self.place.file = Some(FilePlace { inode, at });
                self.is_more |= to < size;
                if is_first {
                    self.place.earlier = Some(FilePlace { inode, at: begin });
                }
            }
            _ => return Err(head.error("this part of a file is not known")),
        }
        Ok(())
    }

    fn lines(&mut self, mut times: Times, lines: &[&[u8]], (first, last): (&[u8], &[u8]), from_the_start: bool) {
        let end = lines.len().saturating_sub(1);
        for (at, line) in lines.iter().enumerate() {
            let line = match at {
                // The end of a line whose beginning is elsewhere: it must not be taken for a line.
                0 if !from_the_start => continue,
                0 => first,
                at if at == end => last,
                _ => line,
            };
            if let Some(line) = of_file(line, &mut times) {
                let is_told = |begins| line.at >= begins && self.place.source("journal") == SourceState::Read;
                if !self.place.journal_begins.is_some_and(is_told) {
                    self.gathering.add(&line);
                }
            }
        }
    }

    fn records(&mut self, head: &Head<'_>, lines: &[&[u8]]) -> Result<(), ParseError> {
        let name = if head.word(0) == b"@wtmp" { "wtmp" } else { "btmp" };
        match head.word(1) {
            b"denied" => {
                self.source(name, SourceState::Denied);
                return Ok(());
            }
            b"unneeded" => {
                self.source(name, SourceState::Unneeded);
                return Ok(());
            }
            _ => {}
        }
        let (inode, to) = (head.number(1)?, head.number(4)?);
        let bytes = of_hex(lines.first().copied().unwrap_or_default());
        let Some(found) = bytes.and_then(|bytes| records(&bytes)) else {
            self.source(name, SourceState::Damaged);
            return Ok(());
        };
        self.source(name, SourceState::Read);
        let place = Some(FilePlace { inode, at: to });
        if name == "wtmp" {
            self.gathering.add_wtmp(&found);
            self.place.wtmp = place;
        } else {
            self.gathering.add_btmp(&found);
            self.place.btmp = place;
        }
        Ok(())
    }

    /// What a program lists that took the place of wtmp.
    fn list(&mut self, head: &Head<'_>, lines: &[&[u8]]) {
        let name = head.text(0).trim_start_matches('@').to_owned();
        if head.word(1) != b"read" {
            self.source(&name, SourceState::Denied);
            return;
        }
        for line in lines {
            let found = if name == "wtmpdb" { of_wtmpdb(line) } else { of_lastlog(line).map(|record| (record, None)) };
            if let Some((record, ended_at)) = found {
                self.gathering.add_ended(&record, ended_at);
            }
        }
        self.source(&name, SourceState::Read);
    }

    fn finish(self) -> LoginReading {
        let (logins, endings) = self.gathering.finish();
        let Self { place, is_more, own_address, alive, .. } = self;
        LoginReading { logins, endings, place, is_more, own_address, alive }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&str; 3] = [
        "Nov 22 11:00:00 web sshd[1]: Accepted password for root from 10.0.0.1 port 5 ssh2",
        "Nov 22 11:00:05 web sshd[2]: Failed password for invalid user x from 10.0.0.2 port 6 ssh2",
        "Nov 22 11:00:09 web sshd[1]: pam_unix(sshd:session): session closed for user root",
    ];

    /// A log of ours, and what the script prints of the bytes from `start` to `to`.
    fn part(kind: &str, log: &str, (start, to): (usize, usize)) -> String {
        let text = log.get(start..to).unwrap();
        let lines: Vec<&str> = text.strip_suffix('\n').unwrap_or(text).split('\n').collect();
        let end = lines.len() - 1;
        let line = |(at, line): (usize, &&str)| {
            let (before, after) = (if at == 0 { "\u{2}" } else { "" }, if at == end { "\u{3}" } else { "" });
            format!("F{before}{line}{after}\n")
        };
        let lines: String = lines.iter().enumerate().map(line).collect();
        format!(
            "@clock\t1795345732\t\t+0000\n@file\t{kind}\t7\t{}\t{start}\t{to}\t1795345732\n{lines}@end\n",
            log.len()
        )
    }

    fn users(reading: &LoginReading) -> Vec<&str> {
        reading.logins.iter().map(|login| login.user.as_str()).collect()
    }

    #[test]
    fn a_file_that_grows_is_read_once_wherever_the_reading_stops() {
        let log = format!("{}\n", LINES.join("\n"));
        for cut in 1..log.len() {
            let first = parse(part("live", log.get(..cut).unwrap(), (0, cut)).as_bytes(), &Place::default()).unwrap();
            let at = usize::try_from(first.place.file.unwrap().at).unwrap();
            let start = at.saturating_sub(1);
            let second = parse(part("live", &log, (start, log.len())).as_bytes(), &first.place).unwrap();
            let mut found: Vec<&str> = users(&first);
            found.extend(users(&second));
            found.dedup();
            let ended = first.logins.iter().chain(&second.logins).any(|login| login.ended_at.is_some());
            assert_eq!(found, ["root", "x"], "cut at {cut}");
            assert!(ended || !second.endings.is_empty(), "cut at {cut}");
        }
    }

    #[test]
    fn a_file_is_read_backwards_without_a_gap() {
        let log = format!("{}\n", LINES.join("\n"));
        for cut in 2..log.len() {
            let first = parse(part("live", &log, (cut - 1, log.len())).as_bytes(), &Place::default()).unwrap();
            let at = usize::try_from(first.place.earlier.unwrap().at).unwrap();
            let mut found: Vec<String> = users(&first).into_iter().map(str::to_owned).collect();
            if at > 0 {
                let second = parse(part("earlier", &log, (0, at)).as_bytes(), &first.place).unwrap();
                found.extend(users(&second).into_iter().map(str::to_owned));
                assert_eq!(second.place.earlier.unwrap().at, 0);
            }
            found.sort();
            assert_eq!(found, ["root", "x"], "cut at {cut}");
        }
    }

    #[test]
    fn sec_x06_the_end_of_a_line_is_not_taken_for_a_line() {
        let log =
            format!("Nov 22 10:00:00 web sshd[3]: Invalid user {} from 10.0.0.9 port 5\n{}\n", LINES[0], LINES[1]);
        let start = log.find("Nov 22 11:00:00").unwrap();
        let reading = parse(part("live", &log, (start, log.len())).as_bytes(), &Place::default()).unwrap();
        assert_eq!(users(&reading), ["x"]);
    }

    #[test]
    fn sec_x06_a_line_of_a_log_begins_no_other_part() {
        let log = "@journal\tread\t0\nJ{}\n@end\nNov 22 11:00:00 web sshd[1]: x\n";
        let reading = parse(part("live", log, (0, log.len())).as_bytes(), &Place::default()).unwrap();
        assert_eq!(reading.place.source("journal"), SourceState::Absent);
    }

    #[test]
    fn what_the_journal_tells_is_not_asked_of_a_file_again() {
        let log = format!("{}\n", LINES.join("\n"));
        let file = part("earlier", &log, (0, log.len()));
        let file = file.replacen("@file", "@journal\tread\t1795345205\n@file", 1);
        let reading = parse(file.as_bytes(), &Place::default()).unwrap();
        assert_eq!(users(&reading), ["root"], "the journal begins after the first line");
    }

    #[test]
    fn what_nobody_may_read_is_said_and_no_log_is_something_else() {
        let denied = parse(b"@clock\t1\t\t+0000\n@journal\tdenied\n@file\tdenied\n@end\n", &Place::default()).unwrap();
        assert!(denied.place.is_denied() && !denied.place.is_silent());
        let silent = parse(b"@clock\t1\t\t+0000\n@end\n", &Place::default()).unwrap();
        assert!(silent.place.is_silent() && !silent.place.is_denied());
        let nothing_came = b"@clock\t1\t\t+0000\n@file\tlive\t7\t100\t0\t100\t1795345732\n@end\n";
        assert!(parse(nothing_came, &Place::default()).unwrap().place.is_denied());
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for odd in [
            "",
            "hello\n",
            "@clock\t1\t\tx\n@end\n",
            "@end\nFx\nhello\n",
            "@other\n@end\n",
            "@file\tlive\tx\n@end\n",
            "Fx\n@end\n",
        ] {
            assert!(parse(odd.as_bytes(), &Place::default()).is_err(), "{odd:?}");
        }
        let binary = part("live", "\u{1}\u{7f}ELF\u{1}\u{1}sshd\n\u{1}\n", (0, 12));
        assert!(parse(binary.as_bytes(), &Place::default()).unwrap().logins.is_empty());
    }

    #[test]
    fn a_line_longer_than_a_part_is_passed_over() {
        let log = "x".repeat(40);
        let first = parse(part("live", &log, (0, 20)).replace("\t20\t0\t", "\t40\t0\t").as_bytes(), &Place::default());
        assert!(first.is_ok());
        let text = "@clock\t1\t\t+0000\n@file\tlive\t7\t40\t0\t20\t1795345732\nF\u{2}xxxxxxxxxxxxxxxxxxxx\u{3}\n@end\n";
        let reading = parse(text.as_bytes(), &Place::default()).unwrap();
        assert_eq!((reading.place.file.unwrap().at, reading.is_more), (20, true));
    }
}
