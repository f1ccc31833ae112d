//! What an uploaded file is, as far as the console reads it: its kind by ending and content, and of an RPM its header. Nothing
//! is ever unpacked (X08): what lies in a compressed part is asked of a server's own tool.

mod deb;
mod rpm;

use std::fs::File;
use std::io::{self, Read};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::artifact_store::{ArtifactStore, Received};
use crate::commands::packages::{InspectFile, PackageContent, PackageScript};
use crate::commands::platform::Platform;
use crate::commands::{Catalog, Command, CommandType};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::artifacts::{Artifact, ArtifactKind, NewArtifact};
use crate::models::executions::Execution;

/// Files of a list that are kept.
const MOST_FILES: usize = 2_000;
/// The longest file name that is kept, in characters.
const LONGEST_NAME: usize = 200;

/// What is known of a package besides its name.
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
    /// The server whose tool looked inside; none where the console could read it.
    pub seen_by: Option<String>,
    /// What that tool says of its signature.
    pub signature_said: Option<String>,
}

/// Whether somebody vouches for a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Signature {
    /// It carries a signature. Whose, only a server with the keys can tell.
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
            Self::Present => "Signed; the server's tool checks by whom",
            Self::Absent => "Not signed: nobody vouches for it",
            Self::Unknown => "Not known: it lies in a compressed part",
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

/// Looks into a stored file; the row that it becomes. A file that is not taken is removed.
pub async fn inspect(
    store: &ArtifactStore,
    received: Received,
    file_name: &str,
    uploaded_by: String,
    uploaded_at: DateTime<Utc>,
) -> Result<NewArtifact> {
    let file_name = cleaned(file_name);
    let path = store.path_of(&received.stored_name);
    let named = file_name.clone();
    let looked =
        tokio::task::spawn_blocking(move || look(&named, &mut File::open(path)?)).await.map_err(Error::internal)?;
    let (kind, found) = match looked {
        Ok(found) => found,
        Err(refusal) => {
            store.remove(&received.stored_name).map_err(Error::internal)?;
            return Err(match refusal {
                Refusal::Wrong(why) => Error::field("file", why),
                Refusal::Disk(error) => Error::internal(error),
            });
        }
    };
    let size_bytes = i64::try_from(received.size).map_err(Error::internal)?;
    let header = serde_json::to_value(&found.header).map_err(Error::internal)?;
    let Found { name, version, architecture, .. } = found;
    let Received { stored_name, sha256, .. } = received;
    Ok(NewArtifact {
        file_name,
        stored_name,
        kind,
        size_bytes,
        sha256,
        name,
        version,
        architecture,
        header,
        uploaded_by,
        uploaded_at,
    })
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

/// Keeps what a server's own tool found inside a file.
pub(super) fn learn(connection: &mut Connection, execution: &Execution, answer: &str) -> Result<()> {
    let Some(id) = execution.artifact_id else { return Ok(()) };
    let artifact = Artifact::by_id(connection, id)?;
    let Ok(content) = InspectFile::default().parse("table", answer.as_bytes()) else { return Ok(()) };
    let server =
        crate::models::servers::Server::by_id(connection, &crate::models::actor::Scope::All, execution.server_id)?;
    let (names, header) = merged(&artifact, content, server.name);
    let (name, version, architecture) = names;
    let header = serde_json::to_value(header).map_err(Error::internal)?;
    Ok(artifact.learn(connection, (&name, &version, &architecture), &header)?)
}

/// What a tool found, put to what was known.
fn merged(artifact: &Artifact, content: PackageContent, server: String) -> ((String, String, String), Header) {
    let mut header = header_of(artifact);
    let value = |names: &[&str]| {
        let found = content.fields.iter().find(|(name, _)| names.contains(&name.as_str()));
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    };
    let either = |known: &str, found: String| if known.is_empty() { found } else { known.to_owned() };
    let names = (
        either(&artifact.name, value(&["Package", "Name", "pkgname"])),
        either(&artifact.version, value(&["Version", "pkgver"])),
        either(&artifact.architecture, value(&["Architecture", "arch"])),
    );
    header.summary = either(&header.summary, value(&["Description", "pkgdesc"]));
    header.vendor = either(&header.vendor, value(&["Maintainer"]));
    header.signature_said = Some(value(&["Signature"])).filter(|said| !said.is_empty());
    header.file_count = content.files.len();
    header.files = content.files.into_iter().take(MOST_FILES).collect();
    header.scripts = Some(content.scripts);
    header.seen_by = Some(server);
    (names, header)
}

/// Why a file cannot be installed on a platform; none where it fits. What is not known yet is asked for first.
pub fn misfit(artifact: &Artifact, catalog: &Catalog, platform: &Platform) -> Option<Message> {
    let kind = artifact.kind;
    let tools: &[&str] = match kind {
        ArtifactKind::Rpm => &["dnf", "zypper", "rpm"],
        ArtifactKind::Deb => &["apt-get"],
        ArtifactKind::Apk => &["apk"],
    };
    let chosen = catalog.choose(CommandType::InstallFile, platform).ok();
    let fits = chosen.is_some_and(|chosen| !chosen.built_in || tools.contains(&chosen.name.as_str()));
    if !fits {
        let why = Message::new("It is a {kind} package, and {system} does not install those");
        let system = if platform.pretty_name.is_empty() { &platform.os } else { &platform.pretty_name };
        return Some(why.with("kind", kind.name()).with("system", system));
    }
    if artifact.architecture.is_empty() || runs_on(&artifact.architecture, &platform.arch) {
        return None;
    }
    let why = Message::new("It is for {architecture}, and this server is {actual}");
    Some(why.with("architecture", &artifact.architecture).with("actual", &platform.arch))
}

/// Refuses what does not fit, what nobody has looked into, and what nobody vouches for unless somebody said yes (F08).
pub fn may_install(artifact: &Artifact, catalog: &Catalog, platform: &Platform, unsigned: bool) -> Result<()> {
    if let Some(why) = misfit(artifact, catalog, platform) {
        return Err(Error::Conflict(why));
    }
    let header = header_of(artifact);
    if header.scripts.is_none() {
        let why = "Nobody has looked into this file yet: have a server's tool tell what runs as root in it first";
        return Err(Error::Conflict(Message::new(why)));
    }
    if header.signature != Signature::Present && !unsigned {
        return Err(Error::field(
            "unsigned",
            "Nobody vouches for this package. Say that it may be installed all the same",
        ));
    }
    Ok(())
}

/// Whether a package for `wanted` runs on a machine that calls itself `machine`.
fn runs_on(wanted: &str, machine: &str) -> bool {
    if matches!(wanted, "noarch" | "all" | "any") || wanted == machine {
        return true;
    }
    match machine {
        "x86_64" | "amd64" => matches!(wanted, "amd64" | "x86_64" | "i386" | "i486" | "i586" | "i686"),
        "aarch64" | "arm64" => matches!(wanted, "arm64" | "aarch64"),
        "armv7l" => matches!(wanted, "armhf" | "armv7hl" | "armv7"),
        "armv6l" => matches!(wanted, "armhf" | "armv6hl" | "armel"),
        "i686" | "i586" | "i386" => matches!(wanted, "i386" | "i486" | "i586" | "i686" | "x86"),
        "ppc64le" => matches!(wanted, "ppc64el" | "ppc64le"),
        _ => false,
    }
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

    #[test]
    fn an_architecture_fits_by_all_its_names() {
        for (wanted, machine) in [("amd64", "x86_64"), ("noarch", "s390x"), ("i686", "x86_64"), ("arm64", "aarch64")] {
            assert!(runs_on(wanted, machine), "{wanted} {machine}");
        }
        for (wanted, machine) in [("aarch64", "x86_64"), ("amd64", "aarch64"), ("x86_64", "i686"), ("src", "x86_64")] {
            assert!(!runs_on(wanted, machine), "{wanted} {machine}");
        }
    }
}
