//! A server that somebody is allowed to talk to. Permission and audit live here, so that no edge can forget them.

use std::ops::Deref;
use std::time::Duration;

use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::hosts::{Hosts, Script};
use super::trouble::Trouble;
use super::weigh::{Deed, Permitted};
use super::{allowance, permits};
use crate::commands::catalog::Chosen;
use crate::commands::platform::Platform;
use crate::commands::script::Privilege;
use crate::commands::told::told;
use crate::commands::{Acting, Change, Command, Parameters, Read};
use crate::error::{Error, RemoteError, Result};
use crate::models::actor::Actor;
use crate::models::allowance::Allowance;
use crate::models::audit::{Asked, AuditEntry, Outcome};
use crate::models::permission::Permission;
use crate::models::servers::Server;

/// A server, an actor allowed to look at it, and the way to it.
#[derive(Debug, Clone)]
pub struct Host {
    hosts: Hosts,
    server: Server,
    actor: Actor,
}

/// What a command answered, and how we know.
#[derive(Debug, Clone)]
pub struct Answer<T> {
    /// The answer.
    pub value: T,
    /// How we know.
    pub evidence: Evidence,
}

/// The line under every region that shows what a server said: command, exit status, duration, time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evidence {
    /// The command's name in the catalogue: `ps-procps`.
    pub command: String,
    /// What was run, in one line for people.
    pub line: String,
    /// Exit status.
    pub status: u32,
    /// From asking to the last byte.
    pub took: Duration,
    /// When it was asked.
    pub at: DateTime<Utc>,
}

/// By which connection a command goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    /// The kept one.
    Kept,
    /// One of its own.
    New,
}

impl Host {
    /// `server` for `actor`, who has been found to be allowed to see it.
    pub(super) fn new(hosts: Hosts, server: Server, actor: Actor) -> Self {
        Self { hosts, server, actor }
    }

    /// The server's row.
    pub fn server(&self) -> &Server {
        &self.server
    }

    /// The server's name.
    pub fn name(&self) -> &str {
        &self.server.name
    }

    /// Who is asking.
    pub fn actor(&self) -> &Actor {
        &self.actor
    }

    /// Asks the server something that changes nothing. What is read of files as root is in the audit log.
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn read<C: Read>(&self, command: C) -> Result<Answer<C::Output>> {
        self.look(command, None, Way::Kept).await
    }

    /// The same over a connection that is made for it and closed after it: it says whether one gets in now, also while nobody
    /// else connects after failures.
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn read_anew<C: Read>(&self, command: C) -> Result<Answer<C::Output>> {
        self.look(command, None, Way::New).await
    }

    /// Like [`Host::read`], and the audit log says who has looked: for what may hold secrets. Where that cannot be written, nothing is
    /// shown.
    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    pub async fn read_on_record<C: Read>(&self, command: C, target: &str) -> Result<Answer<C::Output>> {
        self.look(command, Some(target.to_owned()), Way::Kept).await
    }

    async fn look<C: Read>(&self, command: C, on_record: Option<String>, way: Way) -> Result<Answer<C::Output>> {
        self.may_read(&command, false).await?;
        let (mut record, mut run_as) = (on_record, "");
        let answer = async {
            let (endpoint, platform) = self.hosts.endpoint_and_platform(self.server.id).await?;
            if self.reads_as_root(&command, &endpoint).await? {
                record.get_or_insert_with(|| command.target());
                run_as = "root";
            }
            self.ask(&command, (&endpoint, &platform), true, way).await
        };
        let answer = answer.await;
        if let (Some(target), Some(ended)) = (record, outcome_of_reading(&answer)) {
            self.record_reading::<C>((&target, run_as), ended).await?;
        }
        answer
    }

    /// Writes that somebody has looked, as whom where that was root, and how it ended.
    pub(super) async fn record_reading<C: Read>(&self, (target, run_as): (&str, &str), ended: Outcome) -> Result<()> {
        let entry = AuditEntry::by(&self.actor, C::TYPE.name()).server(&self.server.name).target(target).run_as(run_as);
        let now = self.now();
        self.hosts.db().run(move |connection| entry.record(connection, ended, now)).await?;
        Ok(())
    }

    /// Refuses what reads files where files may not be read, and what is read as root where that is not allowed: asked before,
    /// and again while it flows, where `signs_in_as_root` says what was found then.
    pub async fn may_read<C: Read>(&self, command: &C, signs_in_as_root: bool) -> Result<()> {
        let target = command.target();
        if C::READS_FILES {
            self.permits(Permission::ReadFiles, C::TYPE.name(), &target).await?;
            self.allows(Allowance::ReadFiles, C::TYPE.name(), &target).await?;
        }
        if signs_in_as_root || command.acting() == Some(Acting::Root) {
            self.permits(Permission::Root, C::TYPE.name(), &target).await?;
        }
        Ok(())
    }

    /// Whether root's eyes see what is written in files: because that was chosen, or because signing in alone makes it root,
    /// which is refused to whoever may not act as root.
    pub(super) async fn reads_as_root<C: Read>(&self, command: &C, endpoint: &Endpoint) -> Result<bool> {
        if !C::READS_FILES {
            return Ok(false);
        }
        if endpoint.user == "root" && command.acting() != Some(Acting::Root) {
            self.permits(Permission::Root, C::TYPE.name(), &command.target()).await?;
        }
        Ok(endpoint.user == "root" || command.acting() == Some(Acting::Root))
    }

    /// How the script of a command gets root, where it asks for it or somebody chose it. Where it was chosen and cannot be
    /// had, it is refused: it would see less, and say nothing of it.
    pub(super) async fn privilege<C: Command>(
        &self,
        command: &C,
        (endpoint, platform): (&Endpoint, &Platform),
        chosen: &Chosen,
        may_be_root: bool,
    ) -> Result<Privilege> {
        match command.acting() {
            None if may_be_root => self.hosts.privilege(endpoint, platform, &chosen.script).await,
            None | Some(Acting::User) => Ok(Privilege::None),
            Some(Acting::Root) => Ok(endpoint.becoming_root(&chosen.name)?),
        }
    }

    /// Refuses what the rights of whoever asks do not allow on this server; the refusal is in the audit log as `action`.
    pub async fn permits(&self, permission: Permission, action: &'static str, target: &str) -> Result<()> {
        permits::check(&self.hosts, (&self.server, &self.actor), permission, (action, target)).await
    }

    /// Refuses what the switch of the server or of one of its groups does not allow, whoever asks; the refusal is in the
    /// audit log as `action`. What is not a command asks this itself: terminals and transfers.
    pub async fn allows(&self, needed: Allowance, action: &'static str, target: &str) -> Result<()> {
        allowance::check(&self.hosts, (&self.server, &self.actor), needed, (action, target)).await
    }

    /// Writes about what is done here, all or nothing.
    pub async fn in_transaction<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut crate::db::Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        self.hosts.db().transaction(work).await
    }

    /// The time by the clock of the application.
    pub fn now(&self) -> DateTime<Utc> {
        self.hosts.clock().now()
    }

    /// The platform as it was last detected; asked for now where nobody has yet.
    pub async fn platform(&self) -> Result<Platform> {
        self.hosts.platform(&self.server).await
    }

    /// The command of a type that this server gets, and why.
    pub async fn choose<C: Command>(&self) -> Result<Chosen> {
        self.choose_on::<C>(&self.platform().await?)
    }

    /// The same server for changes, if the actor may change anything here; each change asks for its own permission.
    pub async fn operable(self) -> Result<OperableHost> {
        self.permits(Permission::Connect, "operate", "").await?;
        Ok(OperableHost(self))
    }

    /// Runs a script of an administrator's own that changes nothing, such as a check; what it printed is for the caller to
    /// read. The outer error is one of ours.
    #[tracing::instrument(skip_all, fields(server = %self.name(), script = name))]
    pub async fn run_script(
        &self,
        name: &str,
        text: &str,
        deadline: Duration,
    ) -> Result<std::result::Result<super::Answer, Trouble>> {
        let prepared = async {
            let (endpoint, platform) = self.hosts.endpoint_and_platform(self.server.id).await?;
            let privilege = self.hosts.privilege(&endpoint, &platform, text).await?;
            Ok((endpoint, platform, privilege))
        };
        let (endpoint, platform, privilege) = match prepared.await {
            Ok(prepared) => prepared,
            Err(Error::Remote(error)) => return Ok(Err((*error).into())),
            Err(other) => return Err(other),
        };
        let parameters = Parameters::default();
        let script = Script { privilege, ..Script::new(name, text, &parameters, deadline) };
        let ran = self.hosts.send_unknown(&endpoint, platform.locale(), script).await?;
        Ok(ran.and_then(|answer| answer.success(self.name(), name).map_err(Trouble::Stopped)))
    }

    pub(super) fn choose_on<C: Command>(&self, platform: &Platform) -> Result<Chosen> {
        let chosen = self.hosts.catalog().choose(C::TYPE, platform);
        chosen.map_err(|missing| RemoteError::unsupported(self.name(), missing).into())
    }

    /// Where a script asks for root it gets it only with `may_be_root`. What is read, is read as our own scripts see fit.
    async fn ask<C: Command>(
        &self,
        command: &C,
        (endpoint, platform): (&Endpoint, &Platform),
        may_be_root: bool,
        way: Way,
    ) -> Result<Answer<C::Output>> {
        let chosen = self.choose_on::<C>(platform)?;
        let parameters = command.parameters();
        let mut script = Script::new(&chosen.name, &chosen.script, &parameters, self.hosts.command_timeout());
        script.privilege = self.privilege(command, (endpoint, platform), &chosen, may_be_root).await?;
        let at = self.hosts.clock().now();
        let answer = match way {
            Way::Kept => self.hosts.send(endpoint, platform.locale(), script).await?,
            Way::New => self.hosts.send_anew(endpoint, platform.locale(), script).await?,
        };
        if let Some(refused) = command.refusal(answer.status) {
            return Err(refused.into());
        }
        let answer = answer.success(self.name(), &chosen.name)?;
        let value = command
            .parse(&chosen.format, &answer.stdout)
            .map_err(|problem| RemoteError::unparsable(self.name(), &chosen.name, problem))?;
        let evidence =
            Evidence { line: told(&chosen.script), command: chosen.name, status: answer.status, took: answer.took, at };
        Ok(Answer { value, evidence })
    }

    pub(super) fn hosts(&self) -> &Hosts {
        &self.hosts
    }
}

/// A host that the actor may also change.
#[derive(Debug, Clone)]
pub struct OperableHost(Host);

impl Deref for OperableHost {
    type Target = Host;

    fn deref(&self) -> &Host {
        &self.0
    }
}

impl OperableHost {
    /// Changes the server, and records who asked, when, and how it ended.
    ///
    /// Where "asked" cannot be written, nothing is sent (L01). An outcome that nobody knows is `unknown`, never `done`.
    pub async fn change<C: Change>(&self, command: C) -> Result<Answer<C::Output>> {
        self.change_by(Way::Kept, command).await
    }

    /// The same over a connection that is made for it and closed after it: whoever gets through proves that signing in still
    /// works. The kept connection would not, because firewalls let in what belongs to a connection that they know.
    pub async fn change_anew<C: Change>(&self, command: C) -> Result<Answer<C::Output>> {
        self.change_by(Way::New, command).await
    }

    #[tracing::instrument(skip_all, fields(server = %self.name(), command = C::TYPE.name()))]
    async fn change_by<C: Change>(&self, way: Way, command: C) -> Result<Answer<C::Output>> {
        let (asked, permitted) = self.asked(&command).await?;
        let result = match permitted.platform(&self.hosts).await {
            Ok(platform) => self.ask(&command, (&permitted.endpoint, &platform), permitted.may_be_root, way).await,
            Err(error) => Err(error),
        };
        let (outcome, why) = match &result {
            Ok(answer) => ended(&command, &answer.value),
            Err(error) => (outcome_of(error), error.to_string()),
        };
        self.hosts.write_outcome(asked, outcome, why).await;
        result
    }

    /// Checks that the change may be made, and records that it was asked for.
    pub(super) async fn asked<C: Change>(&self, command: &C) -> Result<(Asked, Permitted)> {
        let permitted = self.weigh(&Deed::of(command)).await?;
        let (entry, now) = (permitted.entry.clone(), self.hosts.clock().now());
        let asked = self.hosts.db().run(move |connection| entry.asked(connection, now)).await?;
        Ok((asked, permitted))
    }
}

/// How a change ended that the server answered: made, or refused there.
pub(super) fn ended<C: Change>(command: &C, answer: &C::Output) -> (Outcome, String) {
    match command.why_not(answer) {
        None => (Outcome::Succeeded, String::new()),
        Some(why) => (Outcome::Refused, why),
    }
}

/// How a look ended; none where it was refused here, which was written there.
pub(super) fn outcome_of_reading<T>(answer: &Result<T>) -> Option<Outcome> {
    match answer {
        Ok(_) => Some(Outcome::Succeeded),
        Err(Error::Forbidden(_)) => None,
        Err(error) => Some(outcome_of(error)),
    }
}

/// How a change ended, as far as we know.
pub(super) fn outcome_of(error: &Error) -> Outcome {
    match error {
        Error::Remote(remote) => match **remote {
            RemoteError::CutOff { .. } | RemoteError::DeadlinePassed { .. } | RemoteError::OutputLimit { .. } => {
                Outcome::Unknown
            }
            RemoteError::HostKeyChanged { .. } | RemoteError::HostKeyUnknown { .. } | RemoteError::Disabled { .. } => {
                Outcome::Refused
            }
            _ => Outcome::Failed,
        },
        // Its own script found that it must not be done.
        Error::Conflict(_) | Error::NoFile(_) => Outcome::Refused,
        _ => Outcome::Failed,
    }
}
