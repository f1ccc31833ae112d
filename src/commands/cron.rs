//! Timetables of a server: crontabs of users and of the system, scripts that run by the day, timers of systemd.
//!
//! Tables are kept byte by byte ([`Crontab`]); what a line means is read beside it. Texts in them are hostile, and may be secrets.

pub mod anacron;
mod document;
pub mod edit;
mod entry;
mod field;
mod flavour;
mod listing;
mod replace;
mod run;
pub mod runs;
mod schedule;
mod sentence;
mod timers;
mod upcoming;

use chrono::{DateTime, NaiveDate, Utc};

use super::{Acting, Command, CommandType, Parameters, ParseError, Read};
use crate::language::Message;

pub use document::{Crontab, Layout, Line, Meaning};
pub use edit::Edit;
pub use entry::Entry;
pub use flavour::Flavour;
pub use replace::ReplaceCrontab;
pub use run::RunCronLine;
pub use schedule::Schedule;
pub use timers::Timer;
pub use upcoming::{Zone, upcoming};

/// How much of a table is read; what is longer is shown in part and not changed here.
pub const TABLE_LIMIT: usize = 256 << 10;

/// All that runs by a timetable on a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ListCron {
    /// As whom: root alone sees the tables of all users.
    pub acting: Acting,
}

/// What a server runs by a timetable.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Timetables {
    /// The server's clock.
    pub now: DateTime<Utc>,
    /// The server's zone.
    pub zone: Zone,
    /// Which daemon reads the tables.
    pub daemon: Flavour,
    /// Whether it runs; none where that cannot be told.
    pub is_running: Option<bool>,
    /// Who looked: root sees all tables.
    pub by_root: bool,
    /// The name of who looked.
    pub user: String,
    /// The tables.
    pub tabs: Vec<Tab>,
    /// Scripts of `/etc/cron.daily` and its siblings.
    pub scripts: Vec<Script>,
    /// Timers of systemd.
    pub timers: Vec<Timer>,
    /// The days on which jobs of anacron ran last, by their names.
    pub ran: Vec<(String, NaiveDate)>,
    /// Users of the server, who may have a table.
    pub users: Vec<String>,
    /// Things that could not be read, or have a name that cannot be told.
    pub left_out: usize,
}

/// One table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tab {
    /// Which.
    pub place: Place,
    /// Its lines.
    pub table: Crontab,
    /// Whether it is there; the table of a user may not be yet.
    pub exists: bool,
    /// Whether there is more of it than was read.
    pub is_cut: bool,
    /// Why cron does not read it, if it does not.
    pub ignored: Option<Message>,
    /// Its permission bits.
    pub mode: u32,
}

/// Where a table is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Place {
    /// A user's own, kept by `crontab`.
    User(String),
    /// A file whose lines name their users: `/etc/crontab`, or one of `/etc/cron.d`.
    File(String),
    /// `/etc/anacrontab`, which has another shape.
    Anacron,
}

/// A script that runs with its siblings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// `/etc/cron.daily`
    pub directory: String,
    /// Its name.
    pub name: String,
    /// Why `run-parts` leaves it out, if it does.
    pub why_not: Option<Message>,
}

impl Place {
    /// The word of URLs and of our tables: `user:root`, `/etc/cron.d/backup`.
    pub fn key(&self) -> String {
        match self {
            Self::User(name) => format!("user:{name}"),
            Self::File(path) => path.clone(),
            Self::Anacron => "/etc/anacrontab".to_owned(),
        }
    }

    /// The place of a key.
    pub fn from_key(key: &str) -> Option<Self> {
        if let Some(name) = key.strip_prefix("user:") {
            return is_user_name(name).then(|| Self::User(name.to_owned()));
        }
        match key {
            "/etc/anacrontab" => Some(Self::Anacron),
            "/etc/crontab" => Some(Self::File(key.to_owned())),
            _ => {
                let name = key.strip_prefix("/etc/cron.d/")?;
                let is_name = !name.is_empty() && name.len() <= 255 && !matches!(name, "." | "..");
                (is_name && !name.contains(['/', '\0', '\n', '\t'])).then(|| Self::File(key.to_owned()))
            }
        }
    }

    /// What people call it.
    pub fn label(&self) -> Message {
        match self {
            Self::User(name) => Message::new("crontab of {user}").with("user", name),
            Self::File(path) => Message::heard(path),
            Self::Anacron => Message::heard("/etc/anacrontab"),
        }
    }

    /// Whether its lines name their users.
    pub fn has_user_column(&self) -> bool {
        matches!(self, Self::File(_))
    }
}

/// A name that may be a user's, and nothing that a program would understand otherwise.
pub fn is_user_name(name: &str) -> bool {
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '@' | '$' | '\\' | '+');
    !name.is_empty() && name.len() <= 64 && !name.starts_with(['-', '.', '+']) && name.chars().all(plain)
}

impl Timetables {
    /// A table by its place.
    pub fn tab(&self, place: &Place) -> Option<&Tab> {
        self.tabs.iter().find(|tab| tab.place == *place)
    }
}

impl Tab {
    /// By which clock a line runs: the server's, or that of `CRON_TZ` where the daemon knows it.
    pub fn zone_of(&self, number: usize, server: Zone) -> Zone {
        if !self.table.layout.flavour.knows_cron_tz() {
            return server;
        }
        let named = self.table.variable_at(number, "CRON_TZ").and_then(|name| name.parse().ok());
        named.map_or(server, Zone::Named)
    }

    /// As whom a line runs.
    pub fn user_of<'t>(&'t self, entry: &'t Entry) -> &'t str {
        match &self.place {
            Place::User(name) => name,
            _ => entry.user.as_deref().unwrap_or("root"),
        }
    }
}

impl Command for ListCron {
    const TYPE: CommandType = CommandType::ListCron;
    type Output = Timetables;

    fn parameters(&self) -> Parameters {
        Parameters::default()
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<Timetables, ParseError> {
        match format {
            "timetables" => listing::read(output),
            other => Err(ParseError::unknown_format(other)),
        }
    }
}

impl Read for ListCron {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        "crontabs".to_owned()
    }
}

pub(super) const FORMATS: &[&str] = &["timetables"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_p01_only_a_place_where_tables_are_is_one() {
        for key in
            ["user:root", "user:www-data", "/etc/crontab", "/etc/cron.d/backup", "/etc/anacrontab", "/etc/cron.d/a b"]
        {
            assert_eq!(Place::from_key(key).map(|place| place.key()).as_deref(), Some(key));
        }
        for key in [
            "",
            "root",
            "user:",
            "user:-u",
            "user:a b",
            "user:a\n",
            "user:../x",
            "/etc/shadow",
            "/etc/cron.d/",
            "/etc/cron.d/..",
            "/etc/cron.d/../shadow",
            "/etc/cron.d/a/b",
            "/etc/cron.d/a\n",
            "user:.hidden",
        ] {
            assert_eq!(Place::from_key(key), None, "{key:?}");
        }
    }
}
