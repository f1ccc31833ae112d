//! What is installed on a server, what could be renewed, and what installing or removing something would bring along.

mod apk;
mod brew;
mod bsd;
mod changes;
mod content;
mod dpkg;
mod name;
mod pacman;
mod plan;
mod restarts;
mod rows;
mod rpm;
mod sizes;
mod updates;

use chrono::{DateTime, Utc};

use super::text::{self, SHORT, moment};
use super::{Command, CommandType, ParseError, Read};

pub use changes::{
    InstallFile, InstallPackage, InstallSecurityUpdates, InstallUpdates, PackageStates, RefreshLists, RemovePackage,
    StateAfter,
};
pub use content::{InspectFile, PackageContent, PackageScript, SignatureCheck};
pub use name::PackageName;
pub use plan::{PackagePlan, PlanItem, PreviewInstall, PreviewRemoval, PreviewSecurityUpdates, PreviewUpdates};
pub use restarts::{ListRestarts, Restarts};
pub use sizes::Sizes;
pub use updates::{ListUpdates, Update, UpdateList};

pub(super) use changes::{FORMATS as CHANGE_FORMATS, SHAPES as CHANGE_SHAPES, read as read_states};
pub(super) use content::{FORMATS as CONTENT_FORMATS, SHAPES as CONTENT_SHAPES};
pub(super) use plan::{FORMATS as PLAN_FORMATS, SHAPES as PLAN_SHAPES, read as read_plan};
pub(super) use restarts::{FORMATS as RESTART_FORMATS, SHAPES as RESTART_SHAPES};
pub(super) use rows::SHAPES;
pub(super) use updates::{FORMATS as UPDATE_FORMATS, SHAPES as UPDATE_SHAPES};

pub(super) const FORMATS: &[&str] = &["dpkg", "rpm", "apk-db", "pacman", "pkg", "brew", "table"];

/// One package. Every text is the server's own, and hostile.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Package {
    /// As its tool takes it: `nginx`, `libc6:i386`.
    pub name: String,
    /// With epoch and release: `1:2.38.1-5+deb12u3`.
    pub version: String,
    /// `amd64`, `noarch`; empty where the tool does not tell.
    pub architecture: String,
    /// What it takes on disk, as its tool says.
    pub size_bytes: Option<u64>,
    /// When this version was installed.
    pub installed_at: Option<DateTime<Utc>>,
    /// The repository, the vendor or the maintainer, whichever the tool tells.
    pub origin: String,
    /// What it is, in one line.
    pub summary: String,
    /// Whether it is installed as it should be.
    pub state: PackageState,
}

/// How far a package is installed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PackageState {
    /// As it should be.
    #[default]
    Installed,
    /// Its files are there, its setup has not run.
    Unpacked,
    /// Its setup failed or was interrupted.
    HalfConfigured,
    /// Putting its files there was interrupted.
    HalfInstalled,
    /// Others have to act on it first.
    TriggersPending,
    /// Removed, but for its settings.
    SettingsLeft,
    /// Not there.
    Absent,
}

impl PackageState {
    /// The second letter of a status of `dpkg`.
    fn of_dpkg(letter: u8) -> Option<Self> {
        Some(match letter {
            b'i' => Self::Installed,
            b'U' => Self::Unpacked,
            b'F' => Self::HalfConfigured,
            b'H' => Self::HalfInstalled,
            b'W' | b't' => Self::TriggersPending,
            b'c' => Self::SettingsLeft,
            b'n' => Self::Absent,
            _ => return None,
        })
    }

    /// The stable word of the API and of tables.
    pub fn name(self) -> &'static str {
        match self {
            Self::Installed => "installed",
            Self::Unpacked => "unpacked",
            Self::HalfConfigured => "half-configured",
            Self::HalfInstalled => "half-installed",
            Self::TriggersPending => "triggers-pending",
            Self::SettingsLeft => "settings-left",
            Self::Absent => "absent",
        }
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::Installed => "Installed",
            Self::Unpacked => "Unpacked, not set up",
            Self::HalfConfigured => "Its setup failed",
            Self::HalfInstalled => "Half installed",
            Self::TriggersPending => "Waits for others",
            Self::SettingsLeft => "Removed, settings left",
            Self::Absent => "Not installed",
        }
    }

    /// What a word of a table means.
    fn of_word(word: &[u8]) -> Option<Self> {
        let all = [
            Self::Installed,
            Self::Unpacked,
            Self::HalfConfigured,
            Self::HalfInstalled,
            Self::TriggersPending,
            Self::SettingsLeft,
            Self::Absent,
        ];
        all.into_iter().find(|state| state.name().as_bytes() == word)
    }
}

/// Lists what is installed.
#[derive(Debug, Clone, Copy)]
pub struct ListPackages;

impl Command for ListPackages {
    const TYPE: CommandType = CommandType::ListPackages;
    type Output = Vec<Package>;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Vec<Package>, ParseError> {
        match format {
            "dpkg" => dpkg::installed(output),
            "rpm" => rpm::installed(output),
            "apk-db" => apk::installed(output),
            "pacman" => pacman::installed(output),
            "pkg" => bsd::installed(output),
            "brew" => brew::installed(output),
            "table" => rows::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListPackages {}

/// The `N` fields of a line that tabs divide, neither more nor fewer.
fn fields<const N: usize>(line: &[u8]) -> Option<[&[u8]; N]> {
    let mut found = [line; N];
    let mut parts = line.split(|byte| *byte == b'\t');
    for place in &mut found {
        *place = parts.next()?;
    }
    parts.next().is_none().then_some(found)
}

/// Text that a tool may leave out.
fn shown(bytes: &[u8]) -> String {
    match bytes.trim_ascii() {
        b"(none)" | b"-" => String::new(),
        bytes => text::shown(bytes, SHORT),
    }
}
