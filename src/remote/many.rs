//! A command of somebody's own, found to be one that may be run: on many servers in few questions to the database, and on one as on many.

use futures_util::future::join_all;

use super::detached::Begun;
use super::host::Host;
use super::hosts::{Hosts, Script};
use super::running::Running;
use super::weigh::{Deed, Permitted, weigh};
use crate::commands::catalog::Chosen;
use crate::commands::platform::Platform;
use crate::commands::run_command::RunCommand;
use crate::commands::script::{Parameters, Privilege};
use crate::commands::told::told;
use crate::commands::{Acting, Command};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::audit::AuditEntry;
use crate::models::servers::Server;

/// One server on which the command may be run by whoever asks, and how it would be.
pub struct ReadyCommand {
    host: Host,
    permitted: Permitted,
    platform: Platform,
    chosen: Chosen,
    privilege: Privilege,
}

impl ReadyCommand {
    /// The server.
    pub fn server(&self) -> &Server {
        self.host.server()
    }

    /// What the audit log is told before it begins. Nothing is sent before that is written (L01).
    pub fn entry(&self) -> AuditEntry {
        self.permitted.entry.clone()
    }

    /// What is kept of it, with the number of its "asked" event.
    pub fn begun(&self, asked_number: i64) -> Begun {
        Begun {
            asked_number,
            line: told(&self.chosen.script),
            command: self.chosen.name.clone(),
            script: self.chosen.script.to_string(),
            as_root: self.privilege != Privilege::None,
            run_as: self.permitted.endpoint.user.clone(),
        }
    }

    /// Runs it, over the connection that is kept to the server; returns as soon as it runs and has been given its text. Whoever
    /// takes its output never lets it wait: it would hold up all else that goes over that connection.
    pub async fn start(&self, command: &RunCommand) -> Result<Running> {
        let (parameters, limit) = (Parameters::default(), self.host.hosts().command_timeout());
        let mut script = Script::new(&self.chosen.name, &self.chosen.script, &parameters, limit);
        script.privilege = self.privilege;
        let way = (&self.permitted.endpoint, &self.platform);
        Running::start(self.host.clone(), way, script, command.fed(), true).await
    }
}

impl Hosts {
    /// Finds out where `command` may be run by `actor`, and how; each server with why not, where it may not. A refusal is in the
    /// audit log. The outer error is one of ours.
    pub async fn ready_for(
        &self,
        actor: &Actor,
        servers: Vec<Server>,
        command: &RunCommand,
    ) -> Result<Vec<(Server, Result<ReadyCommand>)>> {
        let weighed = self.weigh(actor, &servers, &Deed::of(command)).await?;
        let each = servers.into_iter().zip(weighed).map(|(server, permitted)| async move {
            let host = self.of(actor.clone(), server.clone());
            let ready = match permitted {
                Ok(permitted) => self.ready(host, permitted, command).await,
                Err(why) => Err(why),
            };
            (server, ready)
        });
        join_all(each)
            .await
            .into_iter()
            .map(|(server, ready)| match ready {
                Err(error @ (Error::Unavailable(_) | Error::Internal(_))) => Err(error),
                ready => Ok((server, ready)),
            })
            .collect()
    }

    async fn ready(&self, host: Host, permitted: Permitted, command: &RunCommand) -> Result<ReadyCommand> {
        let privilege = match command.acting {
            Acting::User => Privilege::None,
            Acting::Root => permitted.endpoint.becoming_root(RunCommand::TYPE.name())?,
        };
        let platform = permitted.platform(self).await?;
        let chosen = host.choose_on::<RunCommand>(&platform)?;
        // It would take them for the beginning of the text (X05).
        if !command.variables.is_empty() && !chosen.built_in {
            let own =
                Message::new("{server} runs commands by a script of an administrator's own, which takes no parameters");
            return Err(Error::Conflict(own.with("server", host.name())));
        }
        Ok(ReadyCommand { host, permitted, platform, chosen, privilege })
    }
}

/// Where `actor` may not run such a command, as far as can be told without asking anybody: what a page says before.
pub fn why_not(
    connection: &mut Connection,
    actor: &Actor,
    servers: &[Server],
    acting: Acting,
) -> Result<Vec<Option<Message>>> {
    let deed = Deed::of(&RunCommand { acting, ..RunCommand::default() });
    let weighed = weigh(connection, actor, servers, &deed)?;
    Ok(weighed.into_iter().map(|weighed| weighed.err().map(|refused| refused.why.message())).collect())
}
