//! What was found in a text: servers, and what was left out.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use crate::language::Message;
use crate::secret::SecretText;

/// Everything that a text holds, as far as hannun can use it.
#[derive(Debug, Default)]
pub struct Found {
    /// The servers, in the order in which they were found.
    pub servers: Vec<FoundServer>,
    /// What is not a server that hannun could reach, and what could not be read.
    pub skipped: Vec<Skipped>,
}

/// A server as a file describes it.
#[derive(Debug)]
pub struct FoundServer {
    /// Its name in hannun.
    pub name: String,
    /// Its name in the file.
    pub original: String,
    /// Host name or IP address.
    pub address: String,
    /// The port of its SSH server.
    pub port: u16,
    /// How somebody signs in.
    pub sign_in: SignIn,
    /// The server that it is reached through: its name in hannun.
    pub jump: Option<String>,
    /// The groups it is in, by their names in hannun.
    pub groups: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The keys that `known_hosts` holds for it.
    pub host_keys: Vec<FoundKey>,
    /// The name under which `known_hosts` has it, where that is not its address.
    pub key_alias: Option<String>,
    /// Where it stands.
    pub place: Place,
    /// What the file says about it and hannun does not use.
    pub ignored: Vec<Skipped>,
}

/// How somebody signs in to a server.
#[derive(Debug, Clone, Default)]
pub struct SignIn {
    /// The user name there.
    pub user: Option<String>,
    /// The file of the private key, as it is written.
    pub key_file: Option<String>,
    /// The password.
    pub password: FoundSecret,
    /// How to become root with `sudo`, if at all: its password.
    pub sudo: Option<FoundSecret>,
}

/// A secret of a file.
#[derive(Debug, Clone, Default)]
pub enum FoundSecret {
    /// The file has none.
    #[default]
    Absent,
    /// The file has one that only its own program can open or work out: a vault, a template.
    NeedsValue,
    /// The file has it in plain text.
    Given(SecretText),
}

impl FoundSecret {
    /// Whether the file speaks of one, readable or not.
    pub fn is_there(&self) -> bool {
        !matches!(self, Self::Absent)
    }
}

/// A host key out of `known_hosts`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FoundKey {
    /// `ssh-ed25519`
    pub algorithm: String,
    /// `ssh-ed25519 AAAA…`
    pub public_key: String,
    /// `SHA256:…`
    pub fingerprint: String,
}

/// More notes than anybody reads about one server.
pub(super) const MOST_NOTES: usize = 20;
/// More than anybody reads of what was left out of one import.
const MOST_SKIPPED: usize = 1_000;
/// As much of a name as is repeated, in bytes.
const LONGEST_NAMED: usize = 255;
/// The longest value that is kept, in bytes: a few lines may stand for thousands of servers, each with all of them (F11).
pub(super) const LONGEST_VALUE: usize = 4 * 1024;

impl FoundServer {
    /// Notes something about it that is not used.
    pub(super) fn ignore(&mut self, what: impl Into<String>, place: &Place, why: impl Into<Message>) {
        if self.ignored.len() < MOST_NOTES {
            self.ignored.push(Skipped::new(what, place, why));
        }
    }
}

/// Something that was left out, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// A host's name, a keyword, a line's first words: never a value that could be a secret.
    pub what: String,
    /// Where it stands.
    pub place: Place,
    /// The reason, as a sentence.
    pub why: Message,
}

impl Skipped {
    pub(super) fn new(what: impl Into<String>, place: &Place, why: impl Into<Message>) -> Self {
        let mut what = what.into();
        if what.len() > LONGEST_NAMED {
            what.truncate(what.floor_char_boundary(LONGEST_NAMED));
            what.push('…');
        }
        Self { what, place: place.clone(), why: why.into() }
    }

    /// Adds it to a list, which says once that it is not complete any more.
    pub(super) fn add_to(self, list: &mut Vec<Self>) {
        if list.len() < MOST_SKIPPED {
            list.push(self);
        } else if list.len() == MOST_SKIPPED {
            list.push(Self { what: String::new(), why: "More was left out than is listed here".into(), ..self });
        }
    }
}

/// A line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    /// The file, as messages call it.
    pub file: Arc<str>,
    /// The line, counted from 1; 0 where only the file is known.
    pub line: usize,
}

impl Place {
    pub(super) fn new(file: &str, line: usize) -> Self {
        Self { file: Arc::from(file), line }
    }

    /// Another line of the same file.
    pub(super) fn at(&self, line: usize) -> Self {
        Self { file: Arc::clone(&self.file), line }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.line {
            0 => out.write_str(&self.file),
            line => write!(out, "{}:{line}", self.file),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s06_a_password_that_was_found_prints_as_stars() {
        let sign_in = SignIn {
            password: FoundSecret::Given(SecretText::new("correct horse".to_owned())),
            sudo: Some(FoundSecret::Given(SecretText::new("battery staple".to_owned()))),
            ..SignIn::default()
        };
        let printed = format!("{sign_in:?}");
        assert!(printed.contains("***") && !printed.contains("horse") && !printed.contains("staple"), "{printed}");
    }
}
