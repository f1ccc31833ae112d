//! One process as its drawer shows it, and what the reader may do with it.

use std::time::Duration;

use chrono::{DateTime, Utc};

use crate::app::App;
use crate::commands::processes::one::{Limit, OpenFile, Parent, ProcessDetails};
use crate::commands::script::Privilege;
use crate::commands::sockets::Socket;
use crate::commands::{CommandType, Signal};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role};
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::remote::capabilities::{Capabilities, Standing};
use crate::screens::gather::Stored;
use crate::web::format;

/// Open files in the drawer.
const MOST_FILES: usize = 200;
/// Sockets in the drawer.
const MOST_SOCKETS: usize = 200;

/// One process. Every text is the server's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What was read.
    pub process: ProcessDetails,
    /// It is another process than the one that was seen in the list.
    pub is_other: bool,
    /// When it was started.
    pub started_at: Option<DateTime<Utc>>,
    /// How long ago that was.
    pub age: String,
    /// Processor time, memory and what of it is swapped out, as people read them.
    pub processor: String,
    /// Memory in use.
    pub memory: String,
    /// Memory that is swapped out.
    pub swapped: Option<String>,
    /// `12 of 1024`
    pub open_files: Option<Message>,
    /// What is open and not told.
    pub hidden_files: Option<Message>,
    /// Its open files, as many as are shown.
    pub files: Vec<OpenFile>,
    /// How many there are besides.
    pub files_left: usize,
    /// Nobody told its open files.
    pub files_are_hidden: bool,
    /// Its sockets, as many as are shown.
    pub sockets: Vec<Socket>,
    /// How many it has.
    pub socket_count: usize,
}

/// What the reader may do with a process of this server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct May {
    /// Why no signal may be sent.
    pub no_signal: Option<Message>,
    /// How the command begins that is run: `sudo -n -- kill`.
    pub kill: &'static str,
    /// See its environment.
    pub environment: bool,
}

impl May {
    /// By the rights of `actor`, the switch of the server, and what its user may do there.
    pub async fn find(app: &App, stored: &Stored, actor: &Actor) -> Result<Self> {
        let (catalog, server) = (app.hosts.catalog(), stored.server.clone());
        let (found, allowed) = app
            .db
            .run(move |connection| {
                Ok::<_, Error>((
                    Capabilities::load(connection, &catalog, &server)?,
                    server.narrowest_allowance(connection)?.allow,
                ))
            })
            .await?;
        let no_signal = if !stored.allows(actor, Permission::Signal) {
            Some(Message::new("You may not send signals on this server. An administrator can change your rights"))
        } else if allowed < Allowance::Change {
            Some(Message::new("hannun may only look at this server, whoever asks. An administrator can change that"))
        } else {
            None
        };
        let as_root = stored.allows(actor, Permission::Root)
            && found
                .abilities
                .iter()
                .any(|one| one.command_type == CommandType::SignalProcess && one.standing == Standing::Full);
        Ok(Self {
            no_signal,
            kill: match found.privilege {
                Privilege::Sudo if as_root => "sudo -n -- kill",
                Privilege::SudoPassword if as_root => "sudo -S -- kill",
                _ => "kill",
            },
            environment: stored.role_of(actor) >= Role::Administrator,
        })
    }

    /// The exact command of a signal.
    pub fn command(&self, signal: &Signal, pid: &u32) -> String {
        format!("{} -s {} {pid}", self.kill, signal.name())
    }
}

impl Detail {
    /// What was found; `seen` is the start that the list showed.
    pub fn new(mut process: ProcessDetails, seen: &str, now: DateTime<Utc>) -> Self {
        let running = process.running;
        let is_hidden = process.files.is_none();
        let mut files = process.files.take().unwrap_or_default();
        let total = files.len();
        files.truncate(MOST_FILES);
        let limit =
            process.limits.iter().find(|limit| limit.name.contains("open files")).map(|limit| limit.soft.clone());
        let socket_count = process.sockets.len();
        let count = total + socket_count + process.hidden_files;
        Self {
            is_other: !seen.is_empty() && seen != process.started.to_string(),
            started_at: running.and_then(|running| now.checked_sub_signed(chrono::TimeDelta::from_std(running).ok()?)),
            age: running.map(short).unwrap_or_default(),
            processor: process.processor.map(format::duration).unwrap_or_default(),
            memory: process.resident_bytes.map(format::bytes).unwrap_or_default(),
            swapped: process.swapped_bytes.filter(|bytes| *bytes > 0).map(format::bytes),
            open_files: limit
                .filter(|_| !is_hidden)
                .map(|limit| Message::new("{open} open files of {limit}").with("open", count).with("limit", limit)),
            hidden_files: Some(process.hidden_files)
                .filter(|hidden| *hidden > 0)
                .map(|hidden| Message::new("Hidden descriptors: {n}. Only root sees what they are.").with("n", hidden)),
            files_left: total - files.len(),
            files_are_hidden: is_hidden && !process.is_kernel,
            files,
            sockets: sockets(&mut process.sockets),
            socket_count,
            process,
        }
    }

    /// Whether a signal may go to it at all: the first process and threads of the kernel get none.
    pub fn takes_signals(&self) -> bool {
        self.process.pid > 1 && !self.process.is_kernel
    }

    /// The parents from the first process down.
    pub fn parents(&self) -> Vec<&Parent> {
        self.process.parents.iter().rev().collect()
    }

    /// Limits that limit something.
    pub fn tight_limits(&self) -> Vec<&Limit> {
        self.process.limits.iter().filter(|limit| limit.soft != "unlimited").collect()
    }
}

fn short(running: Duration) -> String {
    format::duration(Duration::from_secs(running.as_secs()))
}

/// What listens first, then connections.
fn sockets(sockets: &mut Vec<Socket>) -> Vec<Socket> {
    let mut sorted = std::mem::take(sockets);
    sorted.sort_by_key(|socket| (socket.peer.is_some(), socket.port));
    sorted.truncate(MOST_SOCKETS);
    sorted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::Started;
    use crate::commands::processes::one::Access;

    #[test]
    fn another_process_with_the_same_number_is_told_to_be_another() {
        let is_other = |at: &str, boot: &str, seen: &str| {
            let started = Started { at: at.into(), boot: boot.into() };
            let process = ProcessDetails { started, ..ProcessDetails::default() };
            Detail::new(process, seen, DateTime::<Utc>::UNIX_EPOCH).is_other
        };
        assert!(!is_other("42", "a", "42@a") && !is_other("42", "", "42"));
        assert!(!is_other("42", "a", ""), "nobody said which one was seen");
        assert!(is_other("43", "a", "42@a"));
        assert!(is_other("42", "b", "42@a"), "after a reboot it began at the same moment");
    }

    #[test]
    fn many_open_files_are_cut_and_counted_and_hidden_ones_are_not_none() {
        let file = |descriptor| OpenFile { descriptor, access: Access::Read, target: "/x".into() };
        let process = ProcessDetails { files: Some((0..450).map(file).collect()), ..ProcessDetails::default() };
        let detail = Detail::new(process, "", DateTime::<Utc>::UNIX_EPOCH);
        assert_eq!((detail.files.len(), detail.files_left, detail.files_are_hidden), (MOST_FILES, 250, false));
        assert!(Detail::new(ProcessDetails::default(), "", DateTime::<Utc>::UNIX_EPOCH).files_are_hidden);
    }
}
