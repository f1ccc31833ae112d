//! What a server runs, and which tools it has.

pub(super) mod probe;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use super::{Command, CommandType, Locale, ParseError, Read};

/// What a server runs, and which tools it has. An empty text means that the server did not tell.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Platform {
    /// `linux`, `freebsd`, `macos`, …
    pub os: String,
    /// `ID` of os-release: `debian`, `rocky`, `alpine`.
    pub distro: String,
    /// `ID_LIKE` of os-release, in its order.
    pub like: Vec<String>,
    /// `VERSION_ID` of os-release, or what the system calls its version: `9.4`.
    pub version: String,
    /// `x86_64`, `aarch64`, …
    pub arch: String,
    /// What people call it: `Rocky Linux 9.4 (Blue Onyx)`.
    pub pretty_name: String,
    /// The kernel's release.
    pub kernel: String,
    /// The server's own name for itself.
    pub hostname: String,
    /// The tools it has, by the names that the catalogue uses.
    pub capabilities: BTreeSet<String>,
    /// Logical processors.
    pub cores: Option<u32>,
    /// The processor's name.
    pub cpu_model: String,
    /// Installed memory.
    pub memory_bytes: Option<u64>,
    /// Another word after each boot.
    pub boot_id: String,
    /// When it was booted, by its own clock.
    pub booted_at: Option<DateTime<Utc>>,
    /// `Asia/Seoul` where it is known by name, else its offset: `+0900`.
    pub time_zone: String,
    /// `kvm`, `lxc`, …; `none` on bare metal.
    pub virtualisation: String,
}

impl Platform {
    /// Whether the server has this tool.
    pub fn has(&self, capability: &str) -> bool {
        self.capabilities.contains(capability)
    }

    /// The locale of its scripts.
    pub fn locale(&self) -> Locale {
        if self.has("c-utf8") { Locale::Utf8 } else { Locale::Plain }
    }
}

pub(super) const FORMATS: &[&str] = &["table"];

/// Asks for identity and capabilities in one round trip; its script runs on every POSIX shell.
#[derive(Debug, Clone, Copy)]
pub struct DetectPlatform;

impl Command for DetectPlatform {
    const TYPE: CommandType = CommandType::DetectPlatform;
    type Output = Platform;

    fn parse(&self, format: &str, output: &[u8]) -> Result<Platform, ParseError> {
        match format {
            "table" => probe::parse(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for DetectPlatform {}
