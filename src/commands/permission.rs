//! The single things that somebody may be allowed to do on a server (Z07). Which role brings each is the business of
//! `models::permission`; a command only says what it needs.

/// One thing that somebody may do on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// Look at figures, processes and settings.
    View,
    /// Connect anew, or ask the server again what it is.
    Connect,
    /// Run a command of one's own.
    RunCommand,
    /// Open a terminal.
    Terminal,
    /// Read files and logs.
    ReadFiles,
    /// Change files, services, rules and timetables.
    WriteFiles,
    /// Send signals to processes.
    Signal,
    /// Install and remove packages.
    Install,
    /// Any of these as root.
    Root,
}

impl Permission {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::View,
        Self::Connect,
        Self::RunCommand,
        Self::Terminal,
        Self::ReadFiles,
        Self::WriteFiles,
        Self::Signal,
        Self::Install,
        Self::Root,
    ];

    /// The word in the database, the API and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::View => "view",
            Self::Connect => "connect",
            Self::RunCommand => "run-command",
            Self::Terminal => "terminal",
            Self::ReadFiles => "read-files",
            Self::WriteFiles => "write-files",
            Self::Signal => "signal",
            Self::Install => "install",
            Self::Root => "root",
        }
    }

    /// What a word means.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|permission| permission.name() == name)
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::View => "look at the server",
            Self::Connect => "connect anew",
            Self::RunCommand => "run commands",
            Self::Terminal => "open a terminal",
            Self::ReadFiles => "read files and logs",
            Self::WriteFiles => "change files and settings",
            Self::Signal => "send signals to processes",
            Self::Install => "install and remove packages",
            Self::Root => "act as root",
        }
    }
}
