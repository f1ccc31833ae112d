//! What a command of somebody's own prints, run with the rights of the scenario's owner: an execution like any other, with its row and
//! its lines in the audit log. A run of a scenario asks for it once, whatever becomes of the worker (J03).

use std::time::Duration;

use futures_util::FutureExt;
use serde_json::json;
use tokio::runtime::Handle;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::{ACTING, Asked, Found, Source, found};
use crate::commands::Acting;
use crate::commands::checks::Answer;
use crate::commands::run_command::checked;
use crate::db::Db;
use crate::error::{Error, FieldErrors, Result};
use crate::executions::ask::{By, Sequence, Wish};
use crate::executions::{Commands, ask};
use crate::installations::ask::RunExecution;
use crate::language::Message;
use crate::models::command_runs::CommandRun;
use crate::models::executions::Execution;
use crate::models::ids::{ExecutionId, RunId};
use crate::models::run_deeds::RunDeed;
use crate::scenarios::fields::{Default, Field, Takes, kept, number, text};

/// How much of what it prints is kept in the reading, bytes; the execution has all of it.
const TEXT: usize = 16 << 10;
/// Characters of the first line.
const LINE: usize = 500;
/// Between two looks at one that another worker has in hand.
const LOOK: Duration = Duration::from_millis(300);
/// How long such a one is waited for: less than a server may take to be read.
const WAIT: Duration = Duration::from_secs(50);

/// What it is set by; a row that fits it alone is run.
const FIELDS: &[Field] = &[
    Field {
        name: "command",
        label: "Command",
        hint: "A shell of the server reads it",
        takes: Takes::Text { most: 4_000 },
        default: Default::Required,
    },
    ACTING,
    Field {
        name: "seconds",
        label: "Time limit, seconds",
        hint: "It is ended then",
        takes: Takes::Number { least: 1, most: 45 },
        default: Default::Number(30),
    },
];

/// The output of a command.
pub(super) const OUTPUT: Source = Source {
    kind: "command_output",
    label: "Command output",
    icon: "terminal",
    fields: FIELDS,
    gives: &[
        ("output.number", "42"),
        ("output.exit_status", "0"),
        ("output.line", "42"),
        ("output.text", "42"),
        ("output.execution", "1204"),
        ("command", "ls /var/spool/queue | wc -l"),
    ],
    asks_server: true,
    acts: true,
    problems: |settings| match checked(text(settings, "command")) {
        Ok(_) => FieldErrors::default(),
        Err(why) => FieldErrors::default().and("command", why),
    },
    read: |asked| read(asked).boxed(),
};

async fn read(asked: Asked<'_>) -> Result<Found> {
    let id = begun(asked).await?;
    let run = ended(asked, id).await?;
    let Some(exit_status) = run.exit_status else {
        let unknown = || Message::new("Nobody knows how the command ended");
        return Err(Error::Unavailable(run.why().unwrap_or_else(unknown)));
    };
    let printed = asked.db.run(move |connection| Execution::beginning(connection, id, TEXT)).await?;
    let is_cut = run.log_bytes > i64::try_from(printed.len()).unwrap_or(i64::MAX);
    let text = String::from_utf8_lossy(&printed);
    let line: String = text.lines().next().unwrap_or_default().chars().take(LINE).collect();
    let number = Some(&printed).filter(|_| !is_cut).and_then(|printed| Answer::Number.read(printed).ok()?.value);
    Ok(found(json!({
        "output": {
            "number": number,
            "exit_status": exit_status,
            "line": line,
            "text": text.trim_end(),
            "is_cut": is_cut,
            "execution": id,
        },
        "command": run.text().chars().take(LINE).collect::<String>(),
    })))
}

/// The execution of this run on this server, asked for now where it was not before.
async fn begun(asked: Asked<'_>) -> Result<ExecutionId> {
    let server = asked.host.server().id;
    let deed = |run: RunId| asked.db.run(move |connection| RunDeed::of(connection, run, server));
    let by = match asked.run {
        None => By::Caller,
        Some(run) => match deed(run.id).await? {
            Some(deed) => return Ok(deed.execution_id),
            None => By::Run(run.id),
        },
    };
    let settings = kept(FIELDS, asked.settings).map_err(Error::Conflict)?;
    let wish = Wish {
        commands: vec![text(&settings, "command").to_owned()],
        acting: Acting::from_word(text(&settings, "acting")).unwrap_or_default(),
        time_limit_seconds: i32::try_from(number(&settings, "seconds")).map_err(Error::internal)?,
        sequence: Sequence::StopAtFailure,
    };
    let host = asked.host.clone().operable().await?;
    match (ask(&host, &wish, by).await, asked.run) {
        (Ok(mut runs), _) => Ok(runs.pop().ok_or(Error::NotFound("This run"))?.id),
        // Somebody else who has taken up the run was faster.
        (Err(conflict @ Error::Conflict(_)), Some(run)) => {
            deed(run.id).await?.map(|deed| deed.execution_id).ok_or(conflict)
        }
        (Err(error), _) => Err(error),
    }
}

/// The execution once it has ended. One that nobody has begun is begun here; one that was begun is waited for, and not begun again.
async fn ended(asked: Asked<'_>, id: ExecutionId) -> Result<CommandRun> {
    let look = || asked.db.run(move |connection| CommandRun::by_id(connection, id));
    let mut leash = Leash { db: asked.db.clone(), id, is_held: true };
    let commands = Commands {
        db: asked.db.clone(),
        hosts: asked.hosts.clone(),
        clock: asked.clock.clone(),
        // A process that is to end gives its runs time; what has not ended by then is asked to by the leash.
        stop: CancellationToken::new(),
    };
    // On its own, so that it writes down how it ended also where nobody waits for that any more.
    let work = async move { commands.work(&RunExecution { execution: id, token: 0 }).await };
    tokio::spawn(work.in_current_span()).await.map_err(Error::internal)??;
    let wait = async {
        loop {
            let run = look().await?;
            if run.ended_at.is_some() {
                return Ok::<_, Error>(run);
            }
            sleep(LOOK).await;
        }
    };
    let ended = tokio::time::timeout(WAIT, wait).await;
    leash.is_held = false;
    ended.unwrap_or_else(|_elapsed| {
        let lost =
            Message::new("The worker that had begun the command is gone. It is not begun again: see execution {id}");
        Err(Error::Unavailable(lost.with("id", id)))
    })
}

/// Asks for the end of a command whose reader is gone: because its run was stopped, or took too long.
struct Leash {
    db: Db,
    id: ExecutionId,
    is_held: bool,
}

impl Drop for Leash {
    fn drop(&mut self) {
        let Some(runtime) = Handle::try_current().ok().filter(|_| self.is_held) else { return };
        let (db, id) = (self.db.clone(), self.id);
        let asking = async move {
            let asked = db.run(move |connection| Execution::ask_to_stop(connection, id, "scenarios")).await;
            if let Err(error) = asked {
                tracing::warn!(execution = id.0, %error, "a command of a scenario could not be asked to end");
            }
        };
        runtime.spawn(asking.in_current_span());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_that_no_shell_can_be_given_is_no_source() {
        let problems = |command: &str| (OUTPUT.problems)(&json!({ "command": command }));
        assert!(problems("uptime").is_empty());
        assert!(problems(" \n").of("command").is_some());
    }
}
