//! Servers out of files that people have already: `~/.ssh/config`, Ansible inventories, and `known_hosts` for the keys.
//!
//! Reading is pure: a text goes in, and a way to ask for the files that it names; what was found comes out, and what was
//! left out, each with its place and the reason. Nothing here opens a file or asks the network; [`offer()`] alone knows what
//! is registered.

pub mod ansible;
pub mod files;
pub mod found;
mod gather;
mod hops;
pub mod known_hosts;
mod names;
pub mod offer;
mod pattern;
pub mod report;
pub mod ssh_config;
mod words;

pub use files::{Entry, Files, NoFiles};
pub use found::{Found, FoundKey, FoundSecret, FoundServer, Place, SignIn, Skipped};
pub use offer::{Offer, Offered, offer};

/// More servers than one import brings in.
pub const MAXIMUM_SERVERS: usize = 5_000;

/// A text to read, and how it is called in messages.
#[derive(Debug, Clone, Copy)]
pub struct Source<'a> {
    /// `config`, `hosts.ini`
    pub name: &'a str,
    /// What it says.
    pub text: &'a str,
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportFormat)]
pub enum Format {
    /// The client configuration of OpenSSH.
    SshConfig,
    /// An inventory of Ansible: INI, YAML or JSON.
    Ansible,
}

impl Format {
    /// The word in the API, on the command line and in forms.
    pub fn name(self) -> &'static str {
        match self {
            Self::SshConfig => "ssh-config",
            Self::Ansible => "ansible",
        }
    }

    /// The format of a word.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::SshConfig, Self::Ansible].into_iter().find(|format| format.name() == name)
    }

    /// What such a file is usually called.
    pub fn usual_file(self) -> &'static str {
        match self {
            Self::SshConfig => "config",
            Self::Ansible => "hosts",
        }
    }
}

/// Whose files they are, where that is known: programs fill in what a file leaves out from the person who runs them.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// Who signs in where the file names nobody: for `ssh` the person's name on their own machine.
    pub user: Option<String>,
    /// The person's home folder.
    pub home: Option<String>,
}

/// Reads a text and the files that it names.
pub fn read(
    format: Format,
    source: Source<'_>,
    files: &dyn Files,
    owner: &Owner,
    known_hosts: Option<&known_hosts::KnownHosts>,
) -> Found {
    match format {
        Format::SshConfig => ssh_config::read(source, files, owner, known_hosts),
        Format::Ansible => ansible::read(source, files, owner, known_hosts),
    }
}
