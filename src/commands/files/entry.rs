//! One file as a directory lists it. Every text is the server's own, and hostile.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::commands::text::{self, SHORT, integer};

/// What kind of file something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A file with content.
    File,
    /// A symbolic link.
    Link,
    /// Anything that is not read: a FIFO, a socket, a device.
    Special,
}

impl Kind {
    /// `d`, `f`, `l` as GNU find has it; anything else is special.
    pub(super) fn of_letter(letter: &[u8]) -> Option<Self> {
        match letter {
            b"d" => Some(Self::Directory),
            b"f" => Some(Self::File),
            b"l" => Some(Self::Link),
            b"p" | b"s" | b"c" | b"b" | b"D" => Some(Self::Special),
            _ => None,
        }
    }

    /// `regular file`, `Directory`, `Fifo File`: what programs called `stat` say.
    pub(super) fn of_words(words: &[u8]) -> Option<Self> {
        let words = words.to_ascii_lowercase();
        match words.as_slice() {
            b"directory" => Some(Self::Directory),
            b"regular file" | b"regular empty file" => Some(Self::File),
            b"symbolic link" => Some(Self::Link),
            other => [b"fifo".as_slice(), b"socket", b"character", b"block", b"door", b"whiteout", b"weird"]
                .iter()
                .any(|begin| other.starts_with(begin))
                .then_some(Self::Special),
        }
    }

    /// The word in the API.
    pub fn name(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::File => "file",
            Self::Link => "link",
            Self::Special => "special",
        }
    }
}

/// A moment as the server tells it: some tell seconds only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Moment {
    /// Since 1970; less than nothing before that.
    pub seconds: i64,
    /// Of the second; none where the server's `stat` tells none.
    pub nanos: Option<u32>,
}

impl Moment {
    /// For people and programs.
    pub fn at(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(self.seconds, self.nanos.unwrap_or_default())
    }

    /// `1700000000` or `1700000000.123456789`. A second and a quarter before 1970 is `-1.250000000` to stat and
    /// `-2.7500000000` to find, which tells a tenth digit.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let before = text.strip_prefix(b"-");
        let mut parts = before.unwrap_or(text).splitn(2, |byte| *byte == b'.');
        let seconds = i64::try_from(integer(parts.next()?)?).ok()?;
        let Some(digits) = parts.next() else {
            return Some(Self { seconds: if before.is_some() { -seconds } else { seconds }, nanos: None });
        };
        let is_of_find = digits.len() == 10;
        if !(9..=10).contains(&digits.len()) || !digits.iter().all(u8::is_ascii_digit) {
            return None;
        }
        let nanos = u32::try_from(integer(digits.get(..9)?)?).ok()?;
        let (seconds, nanos) = match (before.is_some(), nanos) {
            (false, nanos) => (seconds, nanos),
            (true, 1..) if !is_of_find => (-seconds - 1, SECOND - nanos),
            (true, nanos) => (-seconds, nanos),
        };
        Some(Self { seconds, nanos: Some(nanos) })
    }
}

/// A second, nanoseconds.
const SECOND: u32 = 1_000_000_000;

/// As the server's own `stat` tells it: what was seen is compared there, letter by letter.
impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.seconds < 0 { "-" } else { "" };
        match self.nanos {
            Some(nanos @ 1..) if self.seconds < 0 => {
                write!(out, "-{}.{:09}", self.seconds.unsigned_abs() - 1, SECOND.saturating_sub(nanos))
            }
            Some(nanos) => write!(out, "{}.{nanos:09}", self.seconds),
            // BusyBox takes the digits that are asked for as digits of the seconds.
            None => write!(out, "{sign}{:09}", self.seconds.unsigned_abs()),
        }
    }
}

/// Whose something is. Of nobody with a name stat of the BSDs tells the number in parentheses.
pub(super) fn account(name: &[u8]) -> String {
    let number = name.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
    text::shown(number.filter(|number| integer(number).is_some()).unwrap_or(name), SHORT)
}

/// By what an action knows that a file is still the one that somebody looked at (X06).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Seen {
    /// The file's number in its filesystem.
    pub inode: u64,
    /// When its content was changed.
    pub modified: Moment,
    /// When anything about it was changed.
    pub changed: Moment,
    /// Its size, bytes.
    pub size: u64,
}

impl Seen {
    /// Whether `now` is the same file with the same content; its mode, owner or names may be others.
    pub fn is_still(&self, now: &Self) -> bool {
        (self.inode, self.modified, self.size) == (now.inode, now.modified, now.size)
    }
}

impl fmt::Display for Seen {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}:{}:{}:{}", self.inode, self.modified, self.changed, self.size)
    }
}

impl FromStr for Seen {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let fields: Vec<&[u8]> = text.split(':').map(str::as_bytes).collect();
        let [inode, modified, changed, size] = fields.as_slice() else { return Err(()) };
        let read = || {
            Some(Self {
                inode: integer(inode)?,
                modified: Moment::read(modified)?,
                changed: Moment::read(changed)?,
                size: integer(size)?,
            })
        };
        read().ok_or(())
    }
}

/// One file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its name: bytes, without a slash.
    pub name: Vec<u8>,
    /// What it is.
    pub kind: Kind,
    /// Of a link: what is at its end; none where nothing is, or where the server was not asked.
    pub leads_to: Option<Kind>,
    /// Of a link: where it says to go; empty where the server was not asked.
    pub target: Vec<u8>,
    /// By what it is known again.
    pub seen: Seen,
    /// Permission bits, with set-user-ID and the like.
    pub mode: u32,
    /// Whose it is; a number where the name is not known.
    pub owner: String,
    /// Which group's.
    pub group: String,
}

impl Entry {
    /// Whether it can be opened as a directory.
    pub fn is_directory(&self) -> bool {
        self.kind == Kind::Directory || self.leads_to == Some(Kind::Directory)
    }

    /// `-rw-r-----`, as `ls` shows it.
    pub fn letters(&self) -> String {
        letters(self.kind, self.mode)
    }
}

/// `-rw-r-----`, as `ls` shows it.
pub fn letters(kind: Kind, mode: u32) -> String {
    let first = match kind {
        Kind::Directory => 'd',
        Kind::File => '-',
        Kind::Link => 'l',
        // A pipe, a socket, a device: which one, its kind does not say.
        Kind::Special => '?',
    };
    let mut text = String::from(first);
    for (shift, special, lower, upper) in [(6, 0o4000, 's', 'S'), (3, 0o2000, 's', 'S'), (0, 0o1000, 't', 'T')] {
        let bits = mode >> shift;
        text.push(if bits & 4 != 0 { 'r' } else { '-' });
        text.push(if bits & 2 != 0 { 'w' } else { '-' });
        text.push(match (mode & special != 0, bits & 1 != 0) {
            (true, true) => lower,
            (true, false) => upper,
            (false, true) => 'x',
            (false, false) => '-',
        });
    }
    text
}

/// The permission bits that somebody entered: three or four octal digits.
pub fn entered_mode(text: &str) -> Option<u32> {
    mode(text.trim().as_bytes()).filter(|_| (3..=4).contains(&text.trim().len()))
}

/// What is wrong with permission bits that are none.
pub const NO_MODE: &str = "Three or four octal digits, such as 0644";

/// Octal digits, at most five.
pub(super) fn mode(digits: &[u8]) -> Option<u32> {
    let plain = (1..=5).contains(&digits.len()) && digits.iter().all(|digit| (b'0'..=b'7').contains(digit));
    plain
        .then(|| digits.iter().fold(0, |mode, digit| mode * 8 + u32::from(digit - b'0')))
        .filter(|mode| *mode <= 0o7777)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn permission_bits_are_shown_as_ls_shows_them() {
        for (kind, mode, expected) in [
            (Kind::File, 0o640, "-rw-r-----"),
            (Kind::Directory, 0o1777, "drwxrwxrwt"),
            (Kind::File, 0o4755, "-rwsr-xr-x"),
            (Kind::File, 0o2644, "-rw-r-Sr--"),
            (Kind::Link, 0o777, "lrwxrwxrwx"),
        ] {
            assert_eq!(letters(kind, mode), expected);
        }
        assert_eq!((mode(b"0644"), mode(b"8"), mode(b"77777"), mode(b"")), (Some(0o644), None, None, None));
    }

    #[test]
    fn sec_x06_what_was_seen_is_read_back_whole_or_not_at_all() {
        let moment = |text: &str| Moment::read(text.as_bytes()).unwrap();
        let seen = Seen { inode: 7, modified: moment("1"), changed: moment("2.000000003"), size: 3 };
        assert_eq!("7:1:2.000000003:3".parse(), Ok(seen));
        assert_eq!(seen.to_string(), "7:000000001:2.000000003:3");
        assert_eq!(moment("2.0000000039"), moment("2.000000003"), "find tells more than stat");
        for refused in ["", "7:1:2", "7:1:2:3:4", "7:1:2:-3", "7:1:2:$(id)", "7:1:2:3\n", "7:1.5:2:3", "7:1:2.:3"] {
            assert_eq!(refused.parse::<Seen>(), Err(()), "{refused:?}");
        }
    }

    #[test]
    fn a_moment_before_1970_is_the_same_whoever_tells_it_and_is_told_as_stat_tells_it() {
        let moment = |text: &str| Moment::read(text.as_bytes()).unwrap();
        // What GNU stat, GNU find and BusyBox stat say of the same files.
        for (stat, find, at) in [
            ("-1.500000000", "-2.5000000000", "1969-12-31T23:59:58.500Z"),
            ("-0.250000000", "-1.7500000000", "1969-12-31T23:59:59.750Z"),
            ("-315619200.000000000", "-315619200.0000000000", "1960-01-01T00:00:00Z"),
            ("1700000000.500000000", "1700000000.5000000000", "2023-11-14T22:13:20.500Z"),
        ] {
            assert_eq!(moment(stat), moment(find), "{stat}");
            assert_eq!(moment(stat).to_string(), stat);
            assert_eq!(moment(stat).at(), Some(at.parse().unwrap()), "{stat}");
        }
        for busybox in ["-000000002", "000000005", "-315619200", "1700000000"] {
            assert_eq!(moment(busybox).to_string(), busybox);
        }
        assert!(moment("-1.500000000") < moment("-0.250000000") && moment("-0.250000000") < moment("0.000000000"));
        for refused in ["-", "--1", "-1.5", "1.-00000000", "-9223372036854775809"] {
            assert_eq!(Moment::read(refused.as_bytes()), None, "{refused}");
        }
    }
}
