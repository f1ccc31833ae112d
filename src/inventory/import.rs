//! Servers out of files that people have already: `~/.ssh/config`, Ansible inventories, and `known_hosts` for the keys.
//!
//! Reading is pure: a text goes in, and a way to ask for the files that it names; what was found comes out, and what was
//! left out, each with its place and the reason. Nothing here opens a file, asks the network or knows the database.

pub mod ansible;
pub mod files;
pub mod found;
mod gather;
mod hops;
pub mod known_hosts;
mod names;
mod pattern;
pub mod ssh_config;
mod words;

pub use files::{Entry, Files, NoFiles};
pub use found::{Found, FoundKey, FoundSecret, FoundServer, Place, SignIn, Skipped};

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

/// Whose files they are, where that is known: programs fill in what a file leaves out from the person who runs them.
#[derive(Debug, Clone, Default)]
pub struct Owner {
    /// The person's name on their own machine.
    pub user: Option<String>,
    /// The person's home folder.
    pub home: Option<String>,
}
