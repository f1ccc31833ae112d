//! Commands that run by themselves on a server: started once, followed by an offset into what they printed, ended on request.
//!
//! A run has a folder there, named by a random word of ours that is known before anything is sent: whoever knows it finds
//! the run again after a cut connection, a dead worker or a closed browser. What runs needs nobody at this end.

use std::time::Duration;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use super::host::{Host, OperableHost};
use super::hosts::Script;
use super::pipe::Pipe;
use super::request::Answer;
use super::weigh::{Deed, Permitted};
use crate::commands::root_lines::root_lines;
use crate::commands::script::{self, Parameters, Privilege, Value};
use crate::commands::told::told;
use crate::commands::{Change, ParseError};
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result, StillRunning};
use crate::language::Message;

const LAUNCH: &str = concat!(include_str!("detached/find.sh"), include_str!("detached/launch.sh"));
const SUPERVISE: &str = include_str!("detached/supervise.sh");
const START: &str = include_str!("detached/start.sh");
const PLACE: &str = include_str!("detached/place.sh");
const FOLLOW: &str = concat!(include_str!("detached/find.sh"), include_str!("detached/follow.sh"));
const END: &str = concat!(include_str!("detached/find.sh"), include_str!("detached/end.sh"));
const CLEAR: &str = concat!(include_str!("detached/find.sh"), include_str!("detached/clear.sh"));
/// Ending and clearing are root's business where the run is root's.
const AS_ITS_OWNER: &str = "$as_root /bin/sh -c \"$what\" sh \"$place\" \"$file_place\"";

/// Copying a file there and comparing its digest takes as long as its size asks for.
const COPYING: Duration = Duration::from_mins(10);
const SILENCE: Duration = Duration::from_mins(2);

/// What is started.
#[derive(Debug)]
pub struct Job<'a> {
    /// What it is called, for sentences.
    pub name: &'a str,
    /// Its constant script.
    pub script: &'a str,
    /// The script's values.
    pub parameters: Parameters,
    /// Where it runs, by a random word of ours.
    pub place: &'a str,
    /// The user for whom the rights were weighed when it was asked for.
    pub run_as: &'a str,
    /// It runs as root, by way of `sudo` where that is needed.
    pub as_root: bool,
    /// A file that was placed there before.
    pub file: Option<Placed<'a>>,
}

/// A file that [`Host::place`] brought.
#[derive(Debug)]
pub struct Placed<'a> {
    /// Where it lies, by a random word of its own: that folder can be seen by anybody on the server, so that its name must
    /// not tell where the run will be.
    pub place: &'a str,
    /// Its name beside the script.
    pub name: &'static str,
    /// Its SHA-256.
    pub digest: &'a str,
}

/// Where a run is, and whose.
#[derive(Debug, Clone, Copy)]
pub struct Whereabouts<'a> {
    /// Its random word.
    pub place: &'a str,
    /// The random word of its file; empty where it has none.
    pub file_place: &'a str,
    /// It runs as root.
    pub as_root: bool,
}

/// What a run said since the last look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Followed {
    /// How it is.
    pub standing: Standing,
    /// What it printed from the asked offset on, up to 256 KiB.
    pub log: Vec<u8>,
    /// Whether there is more.
    pub more: bool,
    /// The first line of all of its log that holds a sign that was asked for, once all of it was told; of a very long line a
    /// part.
    pub sign: Vec<u8>,
    /// What it left in `"$after"`, once it has ended and all of its log was told.
    pub answer: Vec<u8>,
}

/// How a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Its folder is there, and nothing runs yet.
    Starting,
    /// It runs.
    Running,
    /// It has ended, with this exit status; none where it was ended before it could leave one.
    Ended(Option<i32>),
    /// Nothing of it is there.
    Gone,
}

/// What was asked for, as it will run.
#[derive(Debug, Clone)]
pub struct Begun {
    /// The number of the "asked" event in the audit log.
    pub asked_number: i64,
    /// The command's name in the catalogue.
    pub command: String,
    /// What is run, in one line for people.
    pub line: String,
    /// The constant script.
    pub script: String,
    /// Whether it runs as root.
    pub as_root: bool,
    /// The user on the server.
    pub run_as: String,
}

impl OperableHost {
    /// Asks for a change that will run by itself: role, switch and audit as by [`OperableHost::change`]. What `keep` writes
    /// commits together with the audit event; the outcome is written by whoever learns it.
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn begin<C: Change, T: Send + 'static>(
        &self,
        command: &C,
        notes: Vec<(&'static str, String)>,
        keep: impl FnOnce(&mut Connection, Begun) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let permitted = self.weigh(&Deed::of(command)).await?;
        let chosen = self.choose_on::<C>(&permitted.platform(self.hosts()).await?)?;
        let Permitted { entry, endpoint, may_be_root, .. } = permitted;
        let needs_root = !root_lines(&chosen.script).is_empty();
        if needs_root && (!may_be_root || endpoint.privilege == Privilege::None) {
            let (server, command) = (self.name().to_owned(), chosen.name);
            let said = "hannun never becomes root there with this credential or these rights".to_owned();
            return Err(RemoteError::PrivilegeRefused { server, command, said }.into());
        }
        let begun = Begun {
            asked_number: 0,
            line: told(&chosen.script),
            command: chosen.name,
            script: chosen.script.to_string(),
            as_root: needs_root,
            run_as: endpoint.user,
        };
        let now = self.hosts().clock().now();
        let entry = notes.into_iter().fold(entry, |entry, (name, value)| entry.detail(name, value));
        self.hosts()
            .db()
            .transaction(move |connection| {
                let asked = entry.asked(connection, now)?;
                keep(connection, Begun { asked_number: asked.number, ..begun })
            })
            .await
    }
}

/// A file on its way to where a run will take it.
pub struct Placing(Pipe);

impl Placing {
    /// Gives the next piece.
    pub async fn give(&mut self, bytes: Bytes) -> Result<()> {
        Ok(self.0.give(bytes).await?)
    }

    /// Waits until the server has it whole.
    pub async fn finish(mut self) -> Result<()> {
        self.0.end_input();
        while self.0.next().await?.is_some() {}
        Ok(())
    }
}

impl Host {
    /// Begins to place a file of `size` bytes, in a folder that nobody else may open.
    pub async fn place(&self, place: &str, size: u64) -> Result<Placing> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        let parameters = Parameters::default()
            .with("place", text(place))
            .with("size", Value::Integer(i64::try_from(size).map_err(Error::internal)?));
        let script = Script::new("copy-file", PLACE, &parameters, self.hosts().command_timeout());
        let request = script.request(platform.locale())?;
        Ok(Placing(self.hosts().pool().pipe(&endpoint, request, true, Some(SILENCE)).await?))
    }

    /// Starts a run, and returns as soon as it needs nobody at this end.
    pub async fn start(&self, job: &Job<'_>) -> Result<()> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        if endpoint.user != job.run_as {
            let changed = Message::new("The credential of {server} was changed since this was asked for: ask again");
            return Err(Error::Conflict(changed.with("server", self.name())));
        }
        let script = script::detached(job.script, &job.parameters, platform.locale()).map_err(Error::internal)?;
        let file = job.file.as_ref();
        let (file_place, name, digest) = file.map_or(("", "", ""), |file| (file.place, file.name, file.digest));
        let parameters = Parameters::default()
            .with("place", text(file_place))
            .with("token", text(job.place))
            .with("job_digest", text(&hex::encode(Sha256::digest(&script))))
            .with("job", Value::Text(script))
            .with("file_digest", text(digest))
            .with("name", text(name))
            .with("launch", text(LAUNCH))
            .with("supervise", text(SUPERVISE));
        let deadline = if job.file.is_some() { COPYING } else { self.hosts().command_timeout() };
        let mut script = Script::new(job.name, START, &parameters, deadline);
        script.privilege = if job.as_root { endpoint.privilege } else { Privilege::None };
        let answer = self.hosts().send(&endpoint, platform.locale(), script).await?;
        self.of_sudo(answer, job.name).map(drop)
    }

    /// What a run said since `offset`, and how it is; of one that has ended, whether any of what it ever said holds one of
    /// `signs`, an extended regular expression in lower case, or nothing. Only a folder of root's is believed to be one of a
    /// run of root's.
    pub async fn look_at_run(&self, run: Whereabouts<'_>, offset: i64, signs: &str) -> Result<Followed> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        let parameters = Parameters::default()
            .with("token", text(run.place))
            .with("owner", Value::OneOf(if run.as_root { "root" } else { "self" }))
            .with("offset", Value::Integer(offset))
            .with("signs", text(signs));
        let script = Script::new("follow-run", FOLLOW, &parameters, self.hosts().command_timeout());
        let answer = self.hosts().send(&endpoint, platform.locale(), script).await?;
        let answer = answer.success(self.name(), "follow-run")?;
        Followed::read(&answer.stdout, offset)
            .map_err(|problem| RemoteError::unparsable(self.name(), "follow-run", problem).into())
    }

    /// Ends a run and what it started (P07); whether it still runs.
    pub async fn end_run(&self, run: Whereabouts<'_>) -> Result<StillRunning> {
        let answer = self.as_owner_of_run(run, ("end-run", END)).await?;
        Ok(match answer.stdout.trim_ascii() {
            b"no" => StillRunning::No,
            b"yes" => StillRunning::Yes,
            _ => StillRunning::Unknown,
        })
    }

    /// Removes what a run left.
    pub async fn clear_run(&self, run: Whereabouts<'_>) -> Result<()> {
        self.as_owner_of_run(run, ("clear-run", CLEAR)).await.map(drop)
    }

    async fn as_owner_of_run(
        &self,
        run: Whereabouts<'_>,
        (name, what): (&'static str, &'static str),
    ) -> Result<Answer> {
        let (endpoint, platform) = self.hosts().endpoint_and_platform(self.server().id).await?;
        let parameters = Parameters::default()
            .with("place", text(run.place))
            .with("file_place", text(run.file_place))
            .with("what", text(what));
        let mut script = Script::new(name, AS_ITS_OWNER, &parameters, self.hosts().command_timeout());
        script.privilege = if run.as_root { endpoint.privilege } else { Privilege::None };
        let answer = self.hosts().send(&endpoint, platform.locale(), script).await?;
        self.of_sudo(answer, name)
    }

    /// What `sudo` itself refuses has a sentence of its own.
    fn of_sudo(&self, answer: Answer, command: &str) -> Result<Answer> {
        match answer.success(self.name(), command) {
            Err(RemoteError::Failed { server, command, stderr, .. }) if stderr.contains("sudo") => {
                Err(RemoteError::PrivilegeRefused { server, command, said: stderr }.into())
            }
            other => Ok(other?),
        }
    }
}

impl Followed {
    /// State, status, size of the log, how much of it follows, and how much of a line with a sign; that much of both; what
    /// was left.
    fn read(output: &[u8], offset: i64) -> Result<Self, ParseError> {
        let wrong = || ParseError::new("the state of a run was expected", output);
        let end = output.iter().position(|byte| *byte == b'\n').ok_or_else(wrong)?;
        let (head, rest) = (output.get(..end).unwrap_or_default(), output.get(end + 1..).unwrap_or_default());
        let head = std::str::from_utf8(head).map_err(|_no_text| wrong())?;
        if head == "gone" {
            let (log, sign, answer) = (Vec::new(), Vec::new(), Vec::new());
            return Ok(Self { standing: Standing::Gone, log, more: false, sign, answer });
        }
        let [state, status, size, more, sign] = head.split('\t').collect::<Vec<_>>()[..] else { return Err(wrong()) };
        let Ok(size) = size.trim().parse::<i64>() else { return Err(wrong()) };
        let (Ok(length), Ok(sign)) = (more.trim().parse::<usize>(), sign.trim().parse::<usize>()) else {
            return Err(wrong());
        };
        let standing = match (state, status) {
            ("starting", "") => Standing::Starting,
            ("running", "") => Standing::Running,
            ("ended", "") => Standing::Ended(None),
            ("ended", status) => Standing::Ended(Some(status.parse().map_err(|_no_number| wrong())?)),
            _ => return Err(wrong()),
        };
        let (log, rest) = rest.split_at_checked(length).ok_or_else(wrong)?;
        let (sign, answer) = rest.split_at_checked(sign).ok_or_else(wrong)?;
        let told = offset + i64::try_from(length).unwrap_or_default();
        let (log, sign, answer) = (log.to_vec(), sign.to_vec(), answer.to_vec());
        Ok(Self { standing, log, more: told < size, sign, answer })
    }
}

fn text(value: &str) -> Value {
    Value::Text(value.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_is_read_by_its_lengths_whatever_a_run_printed() {
        let output = b"ended\t1\t9\t9\t6\nended\t0\t1failedprobe\t1.0\tinstalled\n";
        let found = Followed::read(output, 0).unwrap();
        assert_eq!((found.standing, found.more), (Standing::Ended(Some(1)), false));
        assert_eq!(
            (found.log.as_slice(), found.sign.as_slice(), found.answer.as_slice()),
            (&b"ended\t0\t1"[..], &b"failed"[..], &b"probe\t1.0\tinstalled\n"[..])
        );
        let found = Followed::read(b"running\t\t400000\t3\t0\nabc", 10).unwrap();
        assert_eq!((found.standing, found.more), (Standing::Running, true));
        assert_eq!(Followed::read(b"gone\n", 3).unwrap().standing, Standing::Gone);
    }

    #[test]
    fn sec_x03_another_shape_is_refused() {
        for output in [
            "",
            "gone",
            "running\n",
            "running\t\t1\t5\t0\nabc",
            "ended\t1\t1\t0\n",
            "ended\t1\t1\t0\t4\nabc",
            "ended\tx\t1\t0\t0\n",
            "flying\t\t0\t0\t0\n",
            "ended\t1\t-\t0\t0\n",
        ] {
            assert!(Followed::read(output.as_bytes(), 0).is_err(), "{output:?}");
        }
    }
}
