//! What was added to a file since somebody read it last: its place is known by the file's own number, by how far it was read and by
//! how it begins, so that a file that was put away, emptied or replaced meanwhile is found out.

use serde::{Deserialize, Serialize};

use super::{Acting, FilePath, on, refusals};
use crate::commands::script::{Parameters, Value};
use crate::commands::text::integer;
use crate::commands::{Command, CommandType, ParseError, Read, Refusal};

/// How much is read at once, bytes; what there is more of comes with the next reading.
pub const GROWTH_LIMIT: usize = 1 << 20;
/// How much of the beginning of a file it is known by, bytes.
const BEGINNING: usize = 128;
/// What has no line end for so long is taken for a line, bytes.
const LONGEST_LINE: usize = 64 << 10;

/// How far a file was read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// Its number on the server.
    pub inode: u64,
    /// The byte after the last that was read.
    pub at: u64,
    /// How it began then, in hexadecimal digits: up to 128 bytes, and no more than were read.
    pub begins: String,
}

/// Reads what was added to a file.
#[derive(Debug, Clone)]
pub struct ReadGrowth {
    /// Which; a link is followed.
    pub path: FilePath,
    /// As whom.
    pub acting: Acting,
    /// Where the last reading ended; none: there was none.
    pub after: Option<Place>,
    /// Where there was none: whether all of the file is new, or nothing of it.
    pub whole: bool,
}

/// What became of a file since the last reading.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// There was no last reading.
    First,
    /// It is the same file.
    Same,
    /// Another one has its name.
    Rotated,
    /// It is shorter than it was.
    Truncated,
    /// It begins in another way.
    Replaced,
}

impl Fate {
    /// The word in readings.
    pub fn name(self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Same => "same",
            Self::Rotated => "rotated",
            Self::Truncated => "truncated",
            Self::Replaced => "replaced",
        }
    }

    fn of(word: &[u8]) -> Option<Self> {
        let all = [Self::First, Self::Same, Self::Rotated, Self::Truncated, Self::Replaced];
        all.into_iter().find(|fate| fate.name().as_bytes() == word)
    }
}

/// What was added.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Growth {
    /// What became of the file.
    pub fate: Fate,
    /// The file that has the name now.
    pub inode: u64,
    /// How long it is, bytes.
    pub size: u64,
    /// How it begins, in hexadecimal digits.
    pub begins: String,
    /// The byte from which it was read.
    pub from: u64,
    /// What was read of it; hostile.
    pub bytes: Vec<u8>,
    /// What was read of the file that was put away, where that was found.
    pub old: Option<Old>,
}

/// A file that was put away.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Old {
    /// Its number.
    pub inode: u64,
    /// How long it is, bytes.
    pub size: u64,
    /// What was read of it; hostile.
    pub bytes: Vec<u8>,
}

/// Lines that were added, and where the next reading goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Added {
    /// Whole lines.
    pub text: Vec<u8>,
    /// Where it goes on.
    pub place: Place,
    /// There is more already.
    pub is_more: bool,
    /// Something may have been written that nobody can read any more: what was put away was not found.
    pub has_gap: bool,
}

impl Growth {
    /// The whole lines of it. A line that has no end yet comes with the next reading, but the last one of a file that was put away.
    pub fn after(&self, before: Option<&Place>) -> Added {
        let has_gap = !matches!(self.fate, Fate::First | Fate::Same) && self.old.is_none();
        let mut text = Vec::new();
        if let (Some(old), Some(before)) = (&self.old, before) {
            let reached = before.at.saturating_add(old.bytes.len() as u64);
            if reached < old.size {
                let whole = whole_lines(&old.bytes);
                let at = before.at.saturating_add(whole.len() as u64);
                let place = Place { inode: old.inode, at, begins: before.begins.clone() };
                return Added { text: whole.to_vec(), place, is_more: true, has_gap };
            }
            text.extend_from_slice(&old.bytes);
            if text.last().is_some_and(|last| *last != b'\n') {
                text.push(b'\n');
            }
        }
        let whole = whole_lines(&self.bytes);
        text.extend_from_slice(whole);
        let at = self.from.saturating_add(whole.len() as u64);
        let known = usize::try_from(at).unwrap_or(BEGINNING).min(BEGINNING) * 2;
        let begins = self.begins.get(..known).unwrap_or(&self.begins).to_owned();
        let is_more = self.from.saturating_add(self.bytes.len() as u64) < self.size;
        Added { text, place: Place { inode: self.inode, at, begins }, is_more, has_gap }
    }
}

/// Up to the last line end; all where there is none for long.
fn whole_lines(bytes: &[u8]) -> &[u8] {
    match bytes.iter().rposition(|byte| *byte == b'\n') {
        Some(at) => bytes.get(..=at).unwrap_or(bytes),
        None if bytes.len() >= LONGEST_LINE => bytes,
        None => &[],
    }
}

impl Command for ReadGrowth {
    const TYPE: CommandType = CommandType::ReadGrowth;
    type Output = Growth;

    fn parameters(&self) -> Parameters {
        let text = |text: String| Value::Text(text.into_bytes());
        let after = self.after.as_ref();
        let at = after.and_then(|place| i64::try_from(place.at).ok()).unwrap_or_default();
        on(&self.path)
            .with("inode", text(after.map(|place| place.inode.to_string()).unwrap_or_default()))
            .with("at", Value::Integer(at))
            .with("head", text(after.map(|place| place.begins.clone()).unwrap_or_default()))
            .with("whole", Value::OneOf(if self.whole { "yes" } else { "" }))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Growth, ParseError> {
        match format {
            "growth" => read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }

    fn refusal(&self, status: u32) -> Option<Refusal> {
        refusals::refusal(status)
    }
}

impl Read for ReadGrowth {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        self.path.shown()
    }
}

pub(in crate::commands) const FORMATS: &[&str] = &["growth"];

/// A line of what became of it, then the bytes of the file that was put away, then those of the file.
fn read(output: &[u8]) -> Result<Growth, ParseError> {
    let wrong = |why: &str| ParseError::at(1, why, output);
    let end = output.iter().position(|byte| *byte == b'\n').ok_or_else(|| wrong("a line was expected"))?;
    let (line, rest) = output.split_at_checked(end).ok_or_else(|| wrong("a line was expected"))?;
    let bytes = rest.strip_prefix(b"\n").unwrap_or_default();
    let fields: Vec<&[u8]> = line.split(|byte| *byte == b'\t').collect();
    let [b"growth", fate, inode, size, from, begins, old_inode, old_size, count] = fields.as_slice() else {
        return Err(wrong("growth with eight columns was expected"));
    };
    let fate = Fate::of(fate).ok_or_else(|| wrong("what became of the file is not known"))?;
    let number = |field: &[u8]| integer(field).ok_or_else(|| wrong("a number was expected"));
    let is_hexadecimal = begins.len() <= 2 * BEGINNING && begins.iter().all(u8::is_ascii_hexdigit);
    let begins = std::str::from_utf8(begins).ok().filter(|_| is_hexadecimal);
    let begins = begins.ok_or_else(|| wrong("how the file begins was expected"))?.to_owned();
    if bytes.len() > GROWTH_LIMIT {
        return Err(wrong("more came than was asked for"));
    }
    let count = usize::try_from(number(count)?).unwrap_or(usize::MAX);
    let (of_old, bytes) = bytes.split_at_checked(count).ok_or_else(|| wrong("less came than was told"))?;
    let old = match (old_inode.is_empty(), old_size.is_empty()) {
        (true, true) => None,
        _ => Some(Old { inode: number(old_inode)?, size: number(old_size)?, bytes: of_old.to_vec() }),
    };
    let (inode, size, from) = (number(inode)?, number(size)?, number(from)?);
    Ok(Growth { fate, inode, size, begins, from, bytes: bytes.to_vec(), old })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(inode: u64, at: u64, begins: &str) -> Place {
        Place { inode, at, begins: begins.to_owned() }
    }

    fn added(output: &str, before: Option<&Place>) -> (String, Place, bool, bool) {
        let added = read(output.as_bytes()).unwrap().after(before);
        (String::from_utf8(added.text).unwrap(), added.place, added.is_more, added.has_gap)
    }

    #[test]
    fn a_line_without_an_end_waits_for_it() {
        let before = place(7, 4, "610a620a");
        let output = "growth\tsame\t7\t8\t4\t610a620a630a6465\t\t\t0\nc\nde";
        let (text, after, is_more, has_gap) = added(output, Some(&before));
        assert_eq!((text.as_str(), is_more, has_gap), ("c\n", false, false));
        assert_eq!(after, place(7, 6, "610a620a630a"));
    }

    #[test]
    fn what_was_put_away_is_read_to_its_end_first() {
        let before = place(7, 4, "610a620a");
        let output = "growth\trotated\t8\t2\t0\t640a\t7\t7\t3\nc\nxd\n";
        let (text, after, is_more, has_gap) = added(output, Some(&before));
        assert_eq!((text.as_str(), is_more, has_gap), ("c\nx\nd\n", false, false), "nobody will end that line");
        assert_eq!(after, place(8, 2, "640a"));
        let long = "growth\trotated\t8\t2\t0\t640a\t7\t99\t3\nc\nx";
        let (text, after, is_more, _) = added(long, Some(&before));
        assert_eq!((text.as_str(), is_more), ("c\n", true), "there is more of it");
        assert_eq!(after, place(7, 6, "610a620a"));
    }

    #[test]
    fn what_cannot_be_found_any_more_is_told() {
        let before = place(7, 400, "61");
        let (text, after, is_more, has_gap) = added("growth\ttruncated\t7\t2\t0\t640a\t\t\t0\nd\n", Some(&before));
        assert_eq!((text.as_str(), after, is_more, has_gap), ("d\n", place(7, 2, "640a"), false, true));
    }

    #[test]
    fn a_line_that_never_ends_is_taken_in_pieces() {
        let piece = "x".repeat(LONGEST_LINE);
        let output = format!("growth\tsame\t7\t99999999\t0\t{}\t\t\t0\n{piece}", "78".repeat(BEGINNING));
        let (text, after, is_more, _) = added(&output, Some(&place(7, 0, "")));
        assert_eq!((text.len(), after.at, is_more), (LONGEST_LINE, LONGEST_LINE as u64, true));
        assert_eq!(after.begins.len(), 2 * BEGINNING);
    }

    #[test]
    fn sec_x03_what_is_no_answer_is_refused() {
        for output in [
            "",
            "\n",
            "growth\n",
            "growth\tsame\t7\t9\t4\tzz\t\t\t0\n",
            "growth\tsame\t7\t9\t4\t61\t\t\t1\n",
            "growth\todd\t7\t9\t4\t61\t\t\t0\n",
            "growth\tsame\t-7\t9\t4\t61\t\t\t0\n",
            "growth\tsame\t7\t9\t4\t61\t8\t\t0\n",
        ] {
            assert!(read(output.as_bytes()).is_err(), "{output:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_growth_is_read_or_refused(
            sizes in (0_u64..20, 0_u64..20, 0_u64..20),
            count in 0_usize..20,
            bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..60),
        ) {
            let (size, from, old) = sizes;
            for fate in ["first", "same", "rotated", "truncated", "replaced"] {
                let head = format!("growth\t{fate}\t7\t{size}\t{from}\t6100\t8\t{old}\t{count}\n");
                if let Ok(growth) = read(&[head.as_bytes(), bytes.as_slice()].concat()) {
                    let after = growth.after(Some(&place(7, from, "61")));
                    // It never goes on behind what was read.
                    proptest::prop_assert!(after.place.at <= from + bytes.len() as u64);
                }
            }
        }
    }
}
