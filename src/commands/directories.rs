//! How much the directories below another one hold.

pub(super) mod rows;

use super::text;
use super::{Acting, Command, CommandType, Parameters, ParseError, Read, Value};

/// A path of any bytes as text that survives forms and addresses, and the bytes again.
pub use super::files::path::{decoded as decode, encoded as encode};

pub(super) const FORMATS: &[&str] = &["du", "table"];

/// What was measured, as far as it went.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Measured {
    /// All of it, bytes; none before the end.
    pub total_bytes: Option<u64>,
    /// The directories directly below, in the order in which they were done.
    pub directories: Vec<Directory>,
    /// How many could not be read; none before the end.
    pub unread: Option<u64>,
    /// Rows that are none: names with line ends, where the tool cannot tell them apart.
    pub odd: usize,
}

/// One directory. Its name is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// The whole path.
    pub path: Vec<u8>,
    /// What it holds on its filesystem, bytes.
    pub bytes: u64,
}

/// What takes room in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Room {
    /// How much, bytes.
    pub bytes: u64,
    /// The path of a directory directly below; none for the files directly in it.
    pub path: Option<Vec<u8>>,
}

impl Measured {
    /// Everything that takes room, the biggest first.
    pub fn biggest_first(self) -> Vec<Room> {
        let below: u64 = self.directories.iter().fold(0, |sum, one| sum.saturating_add(one.bytes));
        let own = self.total_bytes.and_then(|total| total.checked_sub(below)).filter(|own| *own > 0);
        let room = |one: Directory| Room { bytes: one.bytes, path: Some(one.path) };
        let mut rooms: Vec<Room> = self.directories.into_iter().map(room).collect();
        rooms.extend(own.map(|bytes| Room { bytes, path: None }));
        rooms.sort_by(|one, other| other.bytes.cmp(&one.bytes).then(one.path.cmp(&other.path)));
        rooms
    }
}

/// Measures the directories directly below `path`, on its filesystem: what else is mounted below it is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MeasureDirectories {
    path: Vec<u8>,
    acting: Acting,
}

impl MeasureDirectories {
    /// Below `path`, as `acting`; none where that is not an absolute path.
    pub fn below(path: &[u8], acting: Acting) -> Option<Self> {
        let is_path = path.starts_with(b"/") && path.len() <= 4_096 && !path.contains(&0);
        let end = path.iter().rposition(|byte| *byte != b'/').map_or(1, |last| last + 1);
        is_path.then(|| Self { path: path.get(..end).unwrap_or(path).to_vec(), acting })
    }

    /// The same where the path is percent-encoded.
    pub fn from_url(path: &str, acting: Acting) -> Option<Self> {
        Self::below(&decode(path.as_bytes())?, acting)
    }

    /// The path, without slashes at its end.
    pub fn path(&self) -> &[u8] {
        &self.path
    }

    /// As whom.
    pub fn whose(&self) -> Acting {
        self.acting
    }

    fn is_child(&self, path: &[u8]) -> bool {
        let below = if self.path == b"/" { path.strip_prefix(b"/") } else { path.strip_prefix(self.path.as_slice()) };
        let name = if self.path == b"/" { below } else { below.and_then(|rest| rest.strip_prefix(b"/")) };
        name.is_some_and(|name| !name.is_empty() && !name.contains(&b'/'))
    }

    fn add(&self, measured: &mut Measured, path: &[u8], bytes: u64) {
        if path == self.path {
            measured.total_bytes = Some(bytes);
        } else if self.is_child(path) {
            measured.directories.push(Directory { path: path.to_vec(), bytes });
        } else {
            measured.odd += 1;
        }
    }
}

impl Command for MeasureDirectories {
    const TYPE: CommandType = CommandType::MeasureDirectories;
    type Output = Measured;
    // A large directory is silent for minutes.
    const SILENCE: Option<std::time::Duration> = None;

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parameters(&self) -> Parameters {
        Parameters::default().with("path", Value::Text(self.path.clone()))
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Measured, ParseError> {
        match format {
            "du" => self.parse_du(output),
            "table" => rows::parse(self, output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for MeasureDirectories {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        encode(self.path())
    }
}

impl MeasureDirectories {
    /// `KiB<tab>path<NUL>` each, and at the end the number of those that could not be read; what follows the last NUL is
    /// still to come.
    fn parse_du(&self, output: &[u8]) -> Result<Measured, ParseError> {
        let mut measured = Measured::default();
        let mut rows = output.split(|byte| *byte == 0);
        rows.next_back();
        for row in rows {
            let Some(tab) = row.iter().position(|byte| *byte == b'\t') else {
                // A name with a line end may look like the number, but the number is last.
                match text::integer(row.trim_ascii()) {
                    Some(unread) => measured.unread = Some(unread),
                    None => measured.odd += 1,
                }
                continue;
            };
            let (size, path) = (row.get(..tab).unwrap_or_default(), row.get(tab + 1..).unwrap_or_default());
            match text::integer(size).and_then(|kibibytes| kibibytes.checked_mul(1024)) {
                Some(bytes) => self.add(&mut measured, path, bytes),
                None => measured.odd += 1,
            }
        }
        if measured.directories.is_empty() && measured.total_bytes.or(measured.unread).is_none() {
            return Err(ParseError::new("the answer lists no directory", output));
        }
        Ok(measured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn below(path: &str) -> MeasureDirectories {
        MeasureDirectories::below(path.as_bytes(), Acting::User).unwrap()
    }

    fn names(measured: &Measured) -> Vec<String> {
        measured.directories.iter().map(|one| String::from_utf8_lossy(&one.path).into_owned()).collect()
    }

    #[test]
    fn directories_below_are_listed_and_the_whole_is_the_total() {
        let measured = below("/var").parse("du", b"8\t/var/log\x00004\t/var/a\nb\x000020\t/var\x003\0").unwrap();
        assert_eq!((measured.total_bytes, measured.unread, measured.odd), (Some(20 * 1024), Some(3), 0));
        assert_eq!(names(&measured), ["/var/log", "/var/a\nb"]);
        let root = below("/").parse("du", b"8\t/etc\x000020\t/\0").unwrap();
        assert_eq!((names(&root), root.total_bytes, root.unread), (vec!["/etc".to_owned()], Some(20 * 1024), None));
    }

    #[test]
    fn what_is_still_on_its_way_is_not_half_a_row() {
        let measured = below("/var").parse("du", b"8\t/var/log\x000012\t/var/li").unwrap();
        assert_eq!((names(&measured), measured.total_bytes), (vec!["/var/log".to_owned()], None));
    }

    #[test]
    fn sec_f01_a_name_cannot_pretend_to_be_another_directory() {
        // As a du without -0 would print a directory named "x\n9\t/etc".
        let measured = below("/var").parse("du", b"8\t/var/x\x00009\t/etc\x000020\t/var\0").unwrap();
        assert_eq!((names(&measured), measured.odd), (vec!["/var/x".to_owned()], 1));
        let bytes = below("/var").parse("du", b"8\t/var/\xff\xfe\x0000").unwrap();
        assert_eq!(bytes.directories[0].path, b"/var/\xff\xfe");
    }

    #[test]
    fn a_path_is_absolute_and_has_no_slash_at_its_end() {
        assert_eq!(below("/var//").path(), b"/var");
        assert_eq!(below("///").path(), b"/");
        for path in [&b""[..], b"var", b"-rf", b"/a\0b"] {
            assert_eq!(MeasureDirectories::below(path, Acting::User), None);
        }
    }

    #[test]
    fn sec_x03_an_answer_of_another_shape_is_refused() {
        assert!(below("/").parse("du", b"du: not found\n").is_err());
        let too_much = below("/").parse("du", b"18446744073709551615\t/x\x004\t/y\0").unwrap();
        assert_eq!((names(&too_much), too_much.odd), (vec!["/y".to_owned()], 1));
    }
}
