//! Asking for commands: permission and audit, the rows, and the first one's entry in the queue, all or nothing (J01).

use super::run::{never_begun, record};
use crate::commands::Command;
use crate::commands::run_command::{MOST, RunCommand, checked};
use crate::commands::variables::Variables;
use crate::commands::{Acting, Change};
use crate::db::Connection;
use crate::db::types::Address;
use crate::error::{Error, Result};
use crate::installations::ask::RunExecution;
use crate::language::Message;
use crate::models::allowance::Allowance;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::command_runs::{CommandRun, NewCommandRun};
use crate::models::executions::Execution;
use crate::models::ids::{DeliveryId, RunId};
use crate::models::permission::Permission;
use crate::models::run_deeds::RunDeed;
use crate::queue::entry;
use crate::remote::detached::Begun;
use crate::remote::host::{Host, OperableHost};
use crate::remote::new_token;

/// The time that a command may take unless something else is said, seconds.
pub const USUAL_SECONDS: i32 = 30;
/// The longest time that a command may take, seconds.
pub const LONGEST_SECONDS: i32 = 24 * 3_600;
/// Characters of a command that lists of executions name.
const TARGET: usize = 255;

/// Whether a command may be given so much time, seconds.
pub fn is_time_limit(seconds: i32) -> bool {
    (1..=LONGEST_SECONDS).contains(&seconds)
}

/// What somebody wants to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The commands, in their order.
    pub commands: Vec<String>,
    /// As whom.
    pub acting: Acting,
    /// How long each may take.
    pub time_limit_seconds: i32,
    /// How they follow one another.
    pub sequence: Sequence,
}

/// Whether a command runs after one that failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Sequence {
    /// It does not: the rest is left.
    #[default]
    StopAtFailure,
    /// It does.
    GoOn,
}

/// Why they are asked for, where a scenario does that: each of its commands is asked for once (J03).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Purpose {
    /// The delivery that is a command, and which of its commands this is.
    pub delivery: Option<(DeliveryId, i32)>,
    /// Variables of the environment that it runs in.
    pub variables: Variables,
}

/// Who begins them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A worker, through the queue.
    Queue,
    /// Whoever asks, at once.
    Caller,
    /// The same, once for a run of a scenario: where it was asked for before, nothing is written, and that is a conflict (J03).
    Run(RunId),
}

/// Asks for commands on one server, to be run one after another.
pub async fn ask(host: &OperableHost, wish: &Wish, by: By) -> Result<Vec<CommandRun>> {
    ask_for(host, wish, by, &Purpose::default()).await
}

/// The same with a purpose.
pub async fn ask_for(host: &OperableHost, wish: &Wish, by: By, purpose: &Purpose) -> Result<Vec<CommandRun>> {
    if wish.commands.len() > MOST {
        let many = Message::new("No more than {most} commands at once").with("most", MOST);
        return Err(Error::field("command", many));
    }
    let words: Vec<String> = wish
        .commands
        .iter()
        .map(|words| checked(words))
        .collect::<Result<_, _>>()
        .map_err(|why| Error::field("command", why))?;
    if words.is_empty() {
        return Err(Error::field("command", "Write a command first"));
    }
    let (server, actor, queued_at) = (host.server().id, host.actor(), host.now());
    let (goes_on, is_only) = (wish.sequence == Sequence::GoOn, words.len() == 1);
    let variables = serde_json::to_value(&purpose.variables).map_err(Error::internal)?;
    let time_limit_seconds = wish.time_limit_seconds.clamp(1, LONGEST_SECONDS);
    let mut runs: Vec<CommandRun> = Vec::with_capacity(words.len());
    for (position, words) in (0..).zip(words) {
        let command = RunCommand { words, variables: purpose.variables.clone(), acting: wish.acting };
        let (batch, place, actor) = (runs.first().map(|first| first.id), new_token()?, actor.clone());
        let (asked, variables) = (purpose.delivery, variables.clone());
        let (words, target): (_, String) = (command.words.clone(), command.target().chars().take(TARGET).collect());
        let keep = move |connection: &mut Connection, begun: Begun| {
            let new = NewCommandRun {
                server_id: server,
                command_type: RunCommand::TYPE.name(),
                command: begun.command,
                line: begun.line,
                script: begun.script,
                as_root: begun.as_root,
                run_as: begun.run_as,
                target,
                actor_kind: actor.kind_name(),
                actor: actor.name,
                address: actor.address.map(|address| Address(address.to_canonical())),
                asked_number: begun.asked_number,
                place,
                queued_at,
                words,
                batch,
                position,
                goes_on,
                time_limit_seconds,
                delivery_id: asked.map(|(delivery, _)| delivery),
                delivery_place: asked.map(|(_, place)| place),
                variables,
            };
            let run = new.insert(connection)?;
            if let By::Run(of) = by {
                let deed = RunDeed { run_id: of, server_id: server, execution_id: run.id, done_at: queued_at };
                if !deed.insert(connection)? {
                    return Err(Error::Conflict(Message::new("The run has asked for it before")));
                }
            }
            if position == 0 {
                if !is_only {
                    run.leads(connection)?;
                }
                if by == By::Queue && is_only {
                    entry(&RunExecution { execution: run.id, token: 0 })?.insert(connection)?;
                }
            }
            Ok(run)
        };
        runs.push(host.begin_command(&command, keep).await?);
    }
    // Several begin when all of them are written: who is refused one has none of them.
    if let (Some(first), true, By::Queue) = (runs.first(), runs.len() > 1, by) {
        let first = RunExecution { execution: first.id, token: 0 };
        host.in_transaction(move |connection| Ok(entry(&first)?.insert(connection)?)).await?;
    }
    Ok(runs)
}

/// Asks for the end of a command; who did it stands in the audit log.
pub async fn stop(host: &Host, run: &CommandRun) -> Result<()> {
    let target: String = run.text().chars().take(TARGET).collect();
    host.permits(Permission::RunCommand, "stop_execution", &target).await?;
    host.allows(Allowance::Change, "stop_execution", &target).await?;
    let (actor, now, id) = (host.actor().clone(), host.now(), run.id);
    let entry = AuditEntry::by(&actor, "stop_execution").server(host.name()).target(&target).detail("execution", id);
    let (waiting, server) = (run.clone(), host.name().to_owned());
    host.in_transaction(move |connection| {
        if !Execution::ask_to_stop(connection, id, &actor.name)? {
            return Err(Error::Conflict(Message::new("It has ended already")));
        }
        // What has not begun ends here: those before it may take long.
        let end = never_begun();
        if waiting.position > 0 && waiting.leave(connection, &end, now)? {
            record(connection, &waiting, &server, &end, now)?;
        }
        entry.record(connection, Outcome::Succeeded, now).map(drop)
    })
    .await
}
