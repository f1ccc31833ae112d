//! Asking for a run: permission and audit, the row and its entry in the queue, all or nothing (J01).

use serde::{Deserialize, Serialize};

use super::wanted::Wanted;
use crate::commands::packages::{
    InspectFile, InstallFile, InstallPackage, InstallSecurityUpdates, InstallUpdates, PackageName, RefreshLists,
    RemovePackage,
};
use crate::commands::{Change, Command, CommandType, Parameters};
use crate::db::types::Address;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::allowance::Allowance;
use crate::models::artifacts::Artifact;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::executions::{Execution, ExecutionSummary, NewExecution};
use crate::models::ids::{ArtifactId, ExecutionId};
use crate::models::permission::Permission;
use crate::queue::{Queued, entry};
use crate::remote::host::{Host, OperableHost};
use crate::remote::new_token;

/// An entry of the queue: one claim of a run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunExecution {
    /// Which.
    pub execution: ExecutionId,
    /// The claim's token.
    pub token: i64,
}

impl Queued for RunExecution {
    const QUEUE: &'static str = "executions";

    fn key(&self) -> String {
        format!("{}:{}", self.execution, self.token)
    }
}

/// Asks for a package out of the server's repositories.
pub async fn install(host: &OperableHost, package: PackageName) -> Result<ExecutionSummary> {
    ask(host, InstallPackage(package), Vec::new(), None, false).await
}

/// Asks for the removal of a package and what cannot be without it.
pub async fn remove(host: &OperableHost, package: PackageName) -> Result<ExecutionSummary> {
    ask(host, RemovePackage(package), Vec::new(), None, false).await
}

/// Asks the server to fetch anew what its repositories offer. Who may not do it makes no server answer.
pub async fn refresh_lists(host: &OperableHost) -> Result<ExecutionSummary> {
    let (action, target) = (RefreshLists::TYPE.name(), RefreshLists.target());
    host.permits(Permission::Install, action, &target).await?;
    host.allows(Allowance::Change, action, &target).await?;
    ask(host, RefreshLists, Vec::new(), None, false).await
}

/// Asks for packages to come or go, where `seen` is given only if what would happen is still what was seen (X06). Who may not
/// do it makes no server answer.
pub async fn come_or_go(host: &OperableHost, wanted: Wanted, seen: Option<&str>) -> Result<ExecutionSummary> {
    let (action, target) = (wanted.command_type().name(), wanted.target());
    host.permits(Permission::Install, action, &target).await?;
    host.allows(Allowance::Change, action, &target).await?;
    if let Some(seen) = seen
        && wanted.plan(host).await?.value.fingerprint() != seen
    {
        let changed =
            Message::new("What would happen on {server} is not what was shown any more. Look again, then repeat");
        return Err(Error::Conflict(changed.with("server", host.name())));
    }
    match wanted {
        Wanted::Package(name) => install(host, name).await,
        Wanted::Removal(name) => remove(host, name).await,
        Wanted::Updates => ask(host, InstallUpdates, Vec::new(), None, false).await,
        Wanted::SecurityUpdates => ask(host, InstallSecurityUpdates, Vec::new(), None, false).await,
    }
}

/// Asks for the installation of an uploaded file. That somebody said yes to an unsigned one stands in the audit log (F08).
pub async fn install_file(host: &OperableHost, artifact: &Artifact, unsigned: bool) -> Result<ExecutionSummary> {
    let notes = vec![
        ("artifact", artifact.id.to_string()),
        ("sha256", artifact.sha256.clone()),
        ("unsigned", if unsigned { "accepted" } else { "no" }.to_owned()),
    ];
    let command = InstallFile { file: artifact.file_name.clone(), unsigned };
    ask(host, command, notes, Some(artifact.id), unsigned).await
}

/// Asks the server's own tool to look into an uploaded file.
pub async fn inspect_file(host: &OperableHost, artifact: &Artifact) -> Result<ExecutionSummary> {
    let notes = vec![("artifact", artifact.id.to_string()), ("sha256", artifact.sha256.clone())];
    ask(host, InspectFile { file: artifact.file_name.clone() }, notes, Some(artifact.id), false).await
}

/// Asks for something that package tools have nothing to do with: it waits for none of theirs. What `more` writes commits with it.
pub async fn run_beside<C: Change>(
    host: &OperableHost,
    command: C,
    more: impl FnOnce(&mut crate::db::Connection, &ExecutionSummary) -> Result<()> + Send + 'static,
) -> Result<ExecutionSummary> {
    begin(host, command, Vec::new(), (None, false), false, more).await
}

async fn ask<C: Change>(
    host: &OperableHost,
    command: C,
    notes: Vec<(&'static str, String)>,
    artifact_id: Option<ArtifactId>,
    unsigned: bool,
) -> Result<ExecutionSummary> {
    begin(host, command, notes, (artifact_id, unsigned), true, |_, _| Ok(())).await
}

async fn begin<C: Change>(
    host: &OperableHost,
    command: C,
    notes: Vec<(&'static str, String)>,
    (artifact_id, unsigned): (Option<ArtifactId>, bool),
    one_at_a_time: bool,
    more: impl FnOnce(&mut crate::db::Connection, &ExecutionSummary) -> Result<()> + Send + 'static,
) -> Result<ExecutionSummary> {
    let (server_id, actor, target) = (host.server().id, host.actor().clone(), command.target());
    let (place, server, queued_at) = (new_token()?, host.name().to_owned(), host.now());
    let keep = move |connection: &mut crate::db::Connection, begun: crate::remote::detached::Begun| {
        if one_at_a_time && let Some(other) = ExecutionSummary::going_on(connection, server_id)? {
            let busy = Message::new("{server} is busy with {target}: wait for its end, or stop it");
            return Err(Error::Conflict(busy.with("server", server).with_words("target", what_of(&other))));
        }
        let new = NewExecution {
            server_id,
            command_type: C::TYPE.name(),
            command: begun.command,
            line: begun.line,
            script: begun.script,
            as_root: begun.as_root,
            run_as: begun.run_as,
            target: target.chars().filter(|c| *c != '\0').take(255).collect(),
            artifact_id,
            unsigned,
            actor_kind: actor.kind_name(),
            actor: actor.name.clone(),
            address: actor.address.map(|address| Address(address.to_canonical())),
            asked_number: begun.asked_number,
            place,
            queued_at,
        };
        let execution = new.insert(connection)?;
        more(connection, &execution)?;
        entry(&RunExecution { execution: execution.id, token: execution.token })?.insert(connection)?;
        Ok(execution)
    };
    host.begin(&command, notes, keep).await
}

/// What a run is about, for a sentence: names are the same in every language, words of ours are not.
fn what_of(run: &ExecutionSummary) -> Message {
    match CommandType::from_name(&run.command_type) {
        Some(CommandType::InstallUpdates) => Message::new("all updates"),
        Some(CommandType::InstallSecurityUpdates) => Message::new("security updates"),
        Some(CommandType::RefreshLists) => Message::new("package lists"),
        _ => Message::heard(&run.target),
    }
}

/// The parameters that a stored run's script is given.
pub(super) fn parameters(execution: &Execution) -> Result<Parameters> {
    let package = || PackageName::read(&execution.target).ok_or_else(|| Error::internal(anyhow::anyhow!("no package")));
    Ok(match CommandType::from_name(&execution.command_type) {
        Some(CommandType::InstallPackage | CommandType::RemovePackage) => InstallPackage(package()?).parameters(),
        Some(CommandType::InstallUpdates | CommandType::InstallSecurityUpdates | CommandType::RefreshLists) => {
            Parameters::default()
        }
        Some(CommandType::InstallFile) => {
            InstallFile { file: execution.target.clone(), unsigned: execution.unsigned }.parameters()
        }
        Some(CommandType::InspectFile) => InspectFile { file: execution.target.clone() }.parameters(),
        _ => return Err(Error::internal(anyhow::anyhow!("this version of hannun does not know the command"))),
    })
}

/// What somebody must be allowed who asks for such a run, or for its end.
pub fn permission_for(command_type: &str) -> Permission {
    match CommandType::from_name(command_type) {
        Some(CommandType::RunCronLine) => Permission::RunCommand,
        _ => Permission::Install,
    }
}

/// Asks for the end of a run; who did it stands in the audit log.
pub async fn stop(host: &Host, run: ExecutionId, (command_type, target): (&str, &str)) -> Result<()> {
    host.permits(permission_for(command_type), "stop_execution", target).await?;
    host.allows(Allowance::Change, "stop_execution", target).await?;
    let (actor, now) = (host.actor().clone(), host.now());
    let entry = AuditEntry::by(&actor, "stop_execution").server(host.name()).target(target).detail("execution", run);
    host.in_transaction(move |connection| {
        if !Execution::ask_to_stop(connection, run, &actor.name)? {
            return Err(Error::Conflict(Message::new("It has ended already")));
        }
        entry.record(connection, Outcome::Succeeded, now).map(drop)
    })
    .await
}
