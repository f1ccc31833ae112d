//! One file as a directory lists it. Every text is the server's own, and hostile.

use std::fmt;
use std::str::FromStr;

use chrono::{DateTime, Utc};

use crate::commands::text::integer;

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
            other => [b"fifo".as_slice(), b"socket", b"character", b"block"]
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
    /// Since 1970.
    pub seconds: u64,
    /// Of the second; none where the server's `stat` tells none.
    pub nanos: Option<u32>,
}

impl Moment {
    /// For people and programs.
    pub fn at(self) -> Option<DateTime<Utc>> {
        DateTime::from_timestamp(i64::try_from(self.seconds).ok()?, self.nanos.unwrap_or_default())
    }

    /// `1700000000` or `1700000000.123456789`; find tells a tenth digit.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let mut parts = text.splitn(2, |byte| *byte == b'.');
        let seconds = integer(parts.next()?)?;
        let nanos = match parts.next() {
            None => None,
            Some(digits) if (9..=10).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit) => {
                Some(u32::try_from(integer(digits.get(..9)?)?).ok()?)
            }
            Some(_) => return None,
        };
        Some(Self { seconds, nanos })
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.nanos {
            Some(nanos) => write!(out, "{}.{nanos:09}", self.seconds),
            None => write!(out, "{}", self.seconds),
        }
    }
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
    /// How many names it has.
    pub links: u64,
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
        Kind::Special => 's',
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
        assert_eq!(seen.to_string(), "7:1:2.000000003:3");
        assert_eq!(moment("2.0000000039"), moment("2.000000003"), "find tells more than stat");
        for refused in ["", "7:1:2", "7:1:2:3:4", "7:1:2:-3", "7:1:2:$(id)", "7:1:2:3\n", "7:1.5:2:3", "7:1:2.:3"] {
            assert_eq!(refused.parse::<Seen>(), Err(()), "{refused:?}");
        }
    }
}
