//! What the toolbar and the column heads of the list of processes say. Pure.

use serde::Deserialize;

use crate::commands::processes::Process;

/// Rows on a page before the next ones are asked for.
pub const ROWS: usize = 100;
/// Rows that one answer holds at most. Where more are shown, the list does not renew itself.
pub const MOST_ROWS: usize = 1000;

/// The query string of the list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct ProcessQuery {
    /// Words that must be in the command line, the user or the number.
    pub q: String,
    /// Only processes of this user.
    pub user: String,
    /// Only processes in this state: a key of [`State`].
    pub state: String,
    /// `shown` where threads of the kernel are listed too.
    pub kernel: String,
    /// A column; `-` before it turns the order round.
    pub sort: String,
    /// `tree`, or the list.
    pub view: String,
    /// `true` where the list does not renew itself.
    pub paused: String,
    /// The process that is open.
    pub pid: String,
    /// When that process was started and in which boot, as the list said it: another one may have its number by now.
    pub seen: String,
    /// How many rows are shown already.
    pub rows: usize,
    /// How many rows stand before those that are asked for.
    pub after: usize,
}

/// What a process does, by the first letter that `ps` gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum State {
    /// On a processor, or waiting for one.
    Running,
    /// Waiting for the disk: not to be interrupted.
    Blocked,
    /// Waiting for something to happen.
    Sleeping,
    /// By a signal or a debugger.
    Stopped,
    /// Ended; its parent has not fetched it.
    Zombie,
    /// A letter that is not known.
    Other,
}

impl State {
    /// Those that can be filtered by.
    pub const ALL: [Self; 5] = [Self::Running, Self::Blocked, Self::Sleeping, Self::Stopped, Self::Zombie];

    /// The state of a word like `Ss+`.
    pub fn of(word: &str) -> Self {
        match word.as_bytes().first() {
            Some(b'R' | b'O') => Self::Running,
            Some(b'D' | b'U') => Self::Blocked,
            Some(b'S' | b'I' | b'L' | b'W') => Self::Sleeping,
            Some(b'T' | b't') => Self::Stopped,
            Some(b'Z' | b'X') => Self::Zombie,
            _ => Self::Other,
        }
    }

    /// Its key in the query, and its English word.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Running => ("running", "running"),
            Self::Blocked => ("blocked", "waiting for disk"),
            Self::Sleeping => ("sleeping", "sleeping"),
            Self::Stopped => ("stopped", "stopped"),
            Self::Zombie => ("zombie", "zombie"),
            Self::Other => ("", ""),
        }
    }
}

/// What rows can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    /// By number.
    Pid,
    /// By owner.
    User,
    /// By processor time.
    Cpu,
    /// By memory.
    Memory,
    /// By number of threads.
    Threads,
    /// By state.
    State,
    /// By age, the youngest first.
    Age,
    /// By the first port at which it listens.
    Ports,
    /// By command line.
    Command,
}

impl Column {
    /// All of them, as the table has them.
    pub const ALL: [Self; 9] = [
        Self::Pid,
        Self::User,
        Self::Cpu,
        Self::Memory,
        Self::Threads,
        Self::State,
        Self::Age,
        Self::Ports,
        Self::Command,
    ];

    /// Its key in the query and its head in English.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::Pid => ("pid", "PID"),
            Self::User => ("user", "User"),
            Self::Cpu => ("cpu", "CPU %"),
            Self::Memory => ("memory", "Resident"),
            Self::Threads => ("threads", "Threads"),
            Self::State => ("state", "State"),
            Self::Age => ("age", "Age"),
            Self::Ports => ("ports", "Ports"),
            Self::Command => ("command", "Command"),
        }
    }

    /// Whether its natural order begins with the largest.
    pub fn is_falling(self) -> bool {
        matches!(self, Self::Cpu | Self::Memory | Self::Threads)
    }

    /// Whether its cells are numbers.
    pub fn is_number(self) -> bool {
        matches!(self, Self::Pid | Self::Cpu | Self::Memory | Self::Threads | Self::Age)
    }
}

impl ProcessQuery {
    /// The column and whether its natural order is turned round. The busiest come first, unless it is a tree.
    pub fn order(&self) -> (Column, bool) {
        let (key, turned) = self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |key| (key, true));
        let column = Column::ALL.into_iter().find(|column| column.words().0 == key);
        let usual = if self.is_tree() { Column::Pid } else { Column::Cpu };
        (column.unwrap_or(usual), turned)
    }

    /// Whether children stand below their parents.
    pub fn is_tree(&self) -> bool {
        self.view == "tree"
    }

    /// Whether the list stays as it is.
    pub fn is_paused(&self) -> bool {
        self.paused == "true"
    }

    /// The process that is open, if its number is one.
    pub fn pid(&self) -> Option<u32> {
        self.pid.parse().ok()
    }

    /// Whether more rows are shown than one answer holds: they stay as they are.
    pub fn shows_too_many(&self) -> bool {
        self.rows > MOST_ROWS
    }

    /// How many rows are asked for, from the first.
    pub fn wanted(&self) -> usize {
        self.rows.clamp(ROWS, MOST_ROWS)
    }

    /// Whether anything narrows the list, threads of the kernel left out.
    pub fn narrows(&self) -> bool {
        !(self.q.trim().is_empty() && self.user.is_empty() && self.state.is_empty())
    }

    /// Whether the list is about `process`, whatever the filter: threads of the kernel are asked for by themselves.
    pub fn lists(&self, process: &Process) -> bool {
        self.kernel == "shown" || !process.is_kernel
    }

    /// Whether it is asked for `process`. The words are in small letters.
    pub fn fits(&self, process: &Process, words: &[String]) -> bool {
        self.lists(process)
            && (self.user.is_empty() || self.user == process.user)
            && (self.state.is_empty() || State::of(&process.state).words().0 == self.state)
            && (words.is_empty() || has_all(process, words))
    }

    /// The words of the filter, in small letters.
    pub fn words(&self) -> Vec<String> {
        self.q.split_whitespace().map(str::to_lowercase).collect()
    }

    /// The query string as it is, without the open process.
    pub fn here(&self) -> String {
        self.link(&[])
    }

    /// The same for a list that does not renew itself.
    pub fn pausing(&self) -> String {
        self.link(&[("paused", "true")])
    }

    /// The same for a list that does.
    pub fn renewing(&self) -> String {
        self.link(&[("paused", "")])
    }

    /// The query string with other values, without the open process: `[("sort", "-cpu")]`.
    pub fn link(&self, other: &[(&str, &str)]) -> String {
        let own = [
            ("q", self.q.trim()),
            ("user", &*self.user),
            ("state", &*self.state),
            ("kernel", &*self.kernel),
            ("sort", &*self.sort),
            ("view", &*self.view),
            ("paused", &*self.paused),
        ];
        let own = own.into_iter().filter(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
        let pairs = own.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default()
    }
}

fn has_all(process: &Process, words: &[String]) -> bool {
    let texts = [process.command.to_lowercase(), process.user.to_lowercase(), process.name.to_lowercase()];
    let pid = process.pid.to_string();
    words.iter().all(|word| *word == pid || texts.iter().any(|text| text.contains(word.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn process(pid: u32, user: &str, state: &str, command: &str) -> Process {
        Process { pid, user: user.into(), state: state.into(), command: command.into(), ..Process::default() }
    }

    #[test]
    fn every_word_must_be_somewhere_and_a_number_is_a_pid() {
        let nginx = process(4121, "www-data", "S", "nginx: worker process");
        let fits = |q: &str| {
            let query = ProcessQuery { q: q.into(), ..ProcessQuery::default() };
            query.fits(&nginx, &query.words())
        };
        assert!(["", "NGINX", "worker www", "4121"].into_iter().all(fits));
        assert!(!["apache", "worker root", "412"].into_iter().any(fits));
    }

    #[test]
    fn user_state_and_the_kernel_s_threads_narrow() {
        let query = ProcessQuery { user: "root".into(), state: "zombie".into(), ..ProcessQuery::default() };
        assert!(query.fits(&process(1, "root", "Zs", "x"), &[]) && !query.fits(&process(1, "root", "S", "x"), &[]));
        let thread = Process { is_kernel: true, ..process(2, "root", "I", "kthreadd") };
        assert!(!ProcessQuery::default().fits(&thread, &[]));
        assert!(ProcessQuery { kernel: "shown".into(), ..ProcessQuery::default() }.fits(&thread, &[]));
    }

    #[test]
    fn a_link_keeps_what_it_does_not_replace_and_leaves_out_what_is_so_anyway() {
        let query = ProcessQuery { q: " a b ".into(), sort: "pid".into(), pid: "7".into(), ..ProcessQuery::default() };
        assert_eq!(query.link(&[("sort", "-pid"), ("rows", "")]), "q=a+b&sort=-pid");
        assert_eq!(query.link(&[]), "q=a+b&sort=pid");
    }

    #[test]
    fn rows_of_one_answer_are_bounded() {
        let rows = |rows| ProcessQuery { rows, ..ProcessQuery::default() };
        assert_eq!((rows(0).wanted(), rows(300).wanted(), rows(usize::MAX).wanted()), (ROWS, 300, MOST_ROWS));
        assert!(rows(MOST_ROWS + 1).shows_too_many() && !rows(MOST_ROWS).shows_too_many());
    }
}
