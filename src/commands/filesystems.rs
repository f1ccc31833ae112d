//! What is mounted on a server, and how full it is.

mod df;
mod mounts;
pub(super) mod rows;

use super::{Command, CommandType, ParseError, Read};

pub(super) const FORMATS: &[&str] = &["df-gnu", "df-linux", "df-bsd", "table"];

/// One mounted filesystem. Every text is the server's own, and hostile.
///
/// The sizes of one that did not answer (a dead network share) are `None`.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Filesystem {
    /// `/dev/sda1`, `server:/export`
    pub device: String,
    /// `ext4`, `nfs4`, …; empty where the server does not tell.
    pub kind: String,
    /// Where it is mounted.
    pub mount: String,
    /// Its size.
    pub size_bytes: Option<u64>,
    /// In use.
    pub used_bytes: Option<u64>,
    /// Free for ordinary users; size − used − this is kept for root.
    pub available_bytes: Option<u64>,
    /// How many files it can hold; none where it does not count them.
    pub inodes: Option<u64>,
    /// How many it holds.
    pub inodes_used: Option<u64>,
}

/// Lists what is mounted: no pseudo filesystem, and each device once.
#[derive(Debug, Clone, Copy)]
pub struct ListFilesystems;

impl Command for ListFilesystems {
    const TYPE: CommandType = CommandType::ListFilesystems;
    type Output = Vec<Filesystem>;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Vec<Filesystem>, ParseError> {
        match format {
            "df-gnu" => df::parse(output, df::Shape::Gnu),
            "df-linux" => df::parse(output, df::Shape::Posix),
            "df-bsd" => df::parse(output, df::Shape::Bsd),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListFilesystems {}

impl Filesystem {
    /// Percent in use of what ordinary users may use, as `df` has it; `None` where it did not answer.
    pub fn used_percent(&self) -> Option<f64> {
        let (used, available) = (self.used_bytes?, self.available_bytes?);
        #[expect(clippy::cast_precision_loss, reason = "a percentage")]
        let (used, usable) = (used as f64, used.checked_add(available)? as f64);
        (usable > 0.0).then(|| used / usable * 100.0)
    }
}
