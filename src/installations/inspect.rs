//! What an uploaded file is, as far as the console reads it: its kind by ending and content, and of an RPM its header. Nothing
//! is ever unpacked (X08): what lies in a compressed part is asked of a server's own tool.

mod deb;
mod rpm;

use std::fs::File;
use std::io::{self, Read};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::artifact_store::Received;
use crate::commands::packages::PackageScript;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::artifacts::{Artifact, ArtifactKind, NewArtifact};

/// Files of a list that are kept.
pub(super) const MOST_FILES: usize = 2_000;
/// The longest file name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// What the console read of a package besides its name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Header {
    /// What it is, in one line.
    pub summary: String,
    /// Who made it.
    pub vendor: String,
    /// What it takes once it is installed, bytes.
    pub installed_bytes: Option<u64>,
    /// Whether somebody vouches for it.
    pub signature: Signature,
    /// What runs as root when it is installed or removed; none where nobody looked yet.
    pub scripts: Option<Vec<PackageScript>>,
    /// What it brings; cut after two thousand.
    pub files: Vec<String>,
    /// How many files it brings.
    pub file_count: usize,
}

/// Whether a package carries a signature. Nobody checked it: that takes the keys of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// It carries one. Whose, only a server with the keys can tell.
    Present,
    /// It carries none.
    Absent,
    /// That cannot be seen without unpacking.
    #[default]
    Unknown,
}

impl Signature {
    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::Present => "It carries a signature, which the console does not check",
            Self::Absent => "Not signed: nobody vouches for it",
            Self::Unknown => "Whether it is signed cannot be seen without unpacking it",
        }
    }
}

/// What the first look found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    name: String,
    version: String,
    architecture: String,
    header: Header,
}

/// Why a file is not taken.
#[derive(Debug)]
pub(super) enum Refusal {
    /// It is not what it says.
    Wrong(Message),
    /// Our own disk.
    Disk(io::Error),
}

impl From<io::Error> for Refusal {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof => Self::Wrong(Message::new("It ends too early: it is not whole")),
            _ => Self::Disk(error),
        }
    }
}

fn wrong(why: &'static str) -> Refusal {
    Refusal::Wrong(Message::new(why))
}

/// The kind that a file's ending claims.
pub fn kind_of(file_name: &str) -> Option<ArtifactKind> {
    let (name, ending) = file_name.rsplit_once('.')?;
    let kind = ArtifactKind::ALL.iter().copied().find(|kind| ending.eq_ignore_ascii_case(kind.name()));
    kind.filter(|_| !name.is_empty())
}

/// Looks into a file that came; the row that it becomes.
pub(super) async fn inspect(
    received: Received,
    file_name: &str,
    uploaded_by: String,
    uploaded_at: DateTime<Utc>,
) -> Result<(NewArtifact, Received)> {
    let file_name = cleaned(file_name);
    let (path, named) = (received.path().to_owned(), file_name.clone());
    let looked =
        tokio::task::spawn_blocking(move || look(&named, &mut File::open(path)?)).await.map_err(Error::internal)?;
    let (kind, found) = looked.map_err(|refusal| match refusal {
        Refusal::Wrong(why) => Error::field("file", why),
        Refusal::Disk(error) => Error::internal(error),
    })?;
    let Found { name, version, architecture, header } = found;
    let new = NewArtifact {
        file_name,
        stored_name: received.stored_name.clone(),
        kind,
        size_bytes: i64::try_from(received.size).map_err(Error::internal)?,
        sha256: received.sha256.clone(),
        name,
        version,
        architecture,
        header: serde_json::to_value(&header).map_err(Error::internal)?,
        uploaded_by,
        uploaded_at,
    };
    Ok((new, received))
}

fn look(file_name: &str, file: &mut impl Read) -> Result<(ArtifactKind, Found), Refusal> {
    let kind = kind_of(file_name).ok_or_else(|| wrong("Only files that end in .rpm, .deb or .apk are taken"))?;
    let mut magic = [0; 8];
    file.read_exact(&mut magic)?;
    let really = match &magic {
        [0xed, 0xab, 0xee, 0xdb, ..] => Some(ArtifactKind::Rpm),
        b"!<arch>\n" => Some(ArtifactKind::Deb),
        [0x1f, 0x8b, 8, ..] | [b'A', b'D', b'B', ..] => Some(ArtifactKind::Apk),
        _ => None,
    };
    match really {
        Some(really) if really == kind => {}
        Some(really) => {
            let why = Message::new("Its name says {claimed}, and it is a package of the kind {really}");
            return Err(Refusal::Wrong(why.with("claimed", kind.name()).with("really", really.name())));
        }
        None => return Err(wrong("It is no package: its first bytes are not those of one")),
    }
    let found = match kind {
        ArtifactKind::Rpm => rpm::read(magic, file)?,
        ArtifactKind::Deb => deb::read(file)?,
        ArtifactKind::Apk => Found {
            name: String::new(),
            version: String::new(),
            architecture: String::new(),
            header: Header::default(),
        },
    };
    Ok((kind, found))
}

/// A file's name as people see it: without folders, without what is no text, bounded.
fn cleaned(file_name: &str) -> String {
    let name = file_name.rsplit(['/', '\\']).next().unwrap_or_default();
    let plain: String = name.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect();
    let length = plain.chars().count();
    // The ending stays, it says what the file is.
    plain.chars().skip(length.saturating_sub(LONGEST_NAME)).collect()
}

/// The header that is stored with an artifact.
pub fn header_of(artifact: &Artifact) -> Header {
    serde_json::from_value(artifact.header.clone()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_f07_ending_and_content_must_agree() {
        let refused = |name: &str, bytes: &[u8]| match look(name, &mut &bytes[..]) {
            Err(Refusal::Wrong(why)) => why.to_string(),
            other => panic!("{other:?}"),
        };
        assert!(refused("a.rpm", b"!<arch>\nmore").contains("it is a package of the kind deb"));
        assert!(refused("a.deb", b"PK\x03\x04 polyglot").contains("no package"));
        assert!(refused("a.zip", b"!<arch>\n").contains("Only files that end in"));
        assert!(refused(".rpm", b"\xed\xab\xee\xdb1234").contains("Only files that end in"));
        assert!(refused("a.rpm", b"\xed\xab").contains("not whole"));
        assert!(refused("a.rpm.exe", b"\xed\xab\xee\xdb1234").contains("Only files that end in"));
    }

    #[test]
    fn sec_f07_a_name_of_a_file_is_only_shown() {
        assert_eq!(cleaned("../../etc/passwd.rpm"), "passwd.rpm");
        assert_eq!(cleaned("C:\\x\\a\n<b>.deb"), "a\u{fffd}<b>.deb");
        assert_eq!(cleaned(&format!("{}.rpm", "x".repeat(500))).chars().count(), LONGEST_NAME);
        assert!(cleaned(&format!("{}.rpm", "x".repeat(500))).ends_with("x.rpm"));
    }
}
