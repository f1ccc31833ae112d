//! Who there is on a server: its users and groups, who may become root by `sudo`, and by which keys they sign in.
//!
//! Files of keys are kept byte by byte ([`KeyTable`]). Texts are the server's own, and hostile.

pub mod change;
pub mod keys;
mod listing;
mod sudo;

use super::files::Acting;
use super::{Command, CommandType, ParseError, Read};

pub use keys::{Key, KeyTable};
pub use sudo::SudoLine;

pub(super) const FORMATS: &[&str] = &["accounts"];

/// How much of a file of keys is read.
pub const KEYS_LIMIT: usize = 256 << 10;

/// All accounts of a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListAccounts {
    /// As whom: root alone sees the keys of others, and who may become root.
    pub acting: Acting,
}

/// What a server tells.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accounts {
    /// Root looked.
    pub by_root: bool,
    /// The name of who looked.
    pub user: String,
    /// Its users, in its order.
    pub users: Vec<Account>,
    /// Its groups.
    pub groups: Vec<AccountGroup>,
    /// Rules of `sudo` that could be read.
    pub sudo: Vec<SudoLine>,
    /// Whether those are all.
    pub sudo_is_told: bool,
    /// Files of keys.
    pub keys: Vec<KeyFile>,
    /// Things that could not be read, or have a name that cannot be told.
    pub left_out: usize,
}

/// One user.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The name.
    pub name: String,
    /// The number.
    pub uid: u32,
    /// The number of the first group.
    pub gid: u32,
    /// What is written about it.
    pub comment: String,
    /// The home directory.
    pub home: String,
    /// The login shell.
    pub shell: String,
    /// Whether a password is set.
    pub password: Password,
}

/// The password of a user.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Password {
    /// There is one.
    Set,
    /// It opens nothing.
    Locked,
    /// None is needed.
    Empty,
    /// Only root may know.
    #[default]
    Unknown,
}

/// One group.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccountGroup {
    /// The name.
    pub name: String,
    /// The number.
    pub gid: u32,
    /// Its members but for those of whom it is the first group.
    pub members: Vec<String>,
}

/// The keys of one user in one file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyFile {
    /// Whose.
    pub user: String,
    /// Where.
    pub path: String,
    /// Its lines.
    pub table: KeyTable,
    /// Whether it is there.
    pub exists: bool,
    /// Whether there is more than was read.
    pub is_cut: bool,
    /// Its permission bits.
    pub mode: u32,
}

impl Account {
    /// Whether it has a shell that lets it in.
    pub fn may_have_a_shell(&self) -> bool {
        let shell = self.shell.rsplit('/').next().unwrap_or_default();
        !matches!(shell, "nologin" | "false" | "sync" | "halt" | "shutdown")
    }
}

impl Accounts {
    /// The groups of a user, the first one first.
    pub fn groups_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a AccountGroup> {
        let first = self.groups.iter().filter(move |group| group.gid == account.gid);
        let others = self.groups.iter().filter(move |group| group.gid != account.gid);
        first.chain(others.filter(move |group| group.members.contains(&account.name)))
    }

    /// The rules by which a user may become somebody else.
    pub fn sudo_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a SudoLine> {
        let groups: Vec<(&str, u32)> = self.groups_of(account).map(|group| (group.name.as_str(), group.gid)).collect();
        self.sudo.iter().filter(move |line| line.is_for(&account.name, account.uid, &groups))
    }

    /// The files of keys of a user.
    pub fn keys_of<'a>(&'a self, account: &'a Account) -> impl Iterator<Item = &'a KeyFile> {
        self.keys.iter().filter(move |file| file.user == account.name)
    }
}

impl Command for ListAccounts {
    const TYPE: CommandType = CommandType::ListAccounts;
    type Output = Accounts;

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Accounts, ParseError> {
        match format {
            "accounts" => listing::read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListAccounts {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        "accounts and keys".to_owned()
    }
}
