//! A command of somebody's own on many servers: role, switch and audit of each of them as by
//! [`OperableHost::begin_command`](super::host::OperableHost::begin_command), in few questions to the database.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures_util::future::join_all;

use super::detached::Begun;
use super::endpoint::Endpoint;
use super::host::Host;
use super::hosts::{Hosts, Script, endpoint};
use super::running::Running;
use super::{allowance, permits};
use crate::commands::catalog::Chosen;
use crate::commands::platform::Platform;
use crate::commands::run_command::{RunCommand, fed};
use crate::commands::script::{Parameters, Privilege};
use crate::commands::told::told;
use crate::commands::variables::Variables;
use crate::commands::{Acting, Change, Command};
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::allowance::Allowance;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::GroupId;
use crate::models::permission::Permission;
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::{Narrowest, Server};

/// One server, found to be one on which the command may be run by whoever asks, and how it would be.
pub struct ReadyCommand {
    host: Host,
    endpoint: Endpoint,
    platform: Platform,
    chosen: Chosen,
    as_root: bool,
    entry: AuditEntry,
}

impl ReadyCommand {
    /// The server.
    pub fn server(&self) -> &Server {
        self.host.server()
    }

    /// What the audit log is told before it begins. Nothing is sent before that is written (L01).
    pub fn entry(&self) -> AuditEntry {
        self.entry.clone()
    }

    /// What is kept of it, with the number of its "asked" event.
    pub fn begun(&self, asked_number: i64) -> Begun {
        Begun {
            asked_number,
            line: told(&self.chosen.script),
            command: self.chosen.name.clone(),
            script: self.chosen.script.to_string(),
            as_root: self.as_root,
            run_as: self.endpoint.user.clone(),
        }
    }

    /// Runs it, over the connection that is kept to the server; returns as soon as it runs and has been given its text. Whoever
    /// takes its output never lets it wait: it would hold up all else that goes over that connection.
    pub async fn start(&self, given: &Variables, words: &str) -> Result<Running> {
        if !given.is_empty() && !self.chosen.built_in {
            let own =
                Message::new("{server} runs commands by a script of an administrator's own, which takes no parameters");
            return Err(Error::Conflict(own.with("server", self.host.name())));
        }
        let (parameters, limit) = (Parameters::default(), self.host.hosts().command_timeout());
        let mut script = Script::new(&self.chosen.name, &self.chosen.script, &parameters, limit);
        if self.as_root {
            script.privilege = self.endpoint.privilege;
        }
        let words = fed(given, words);
        Running::start(self.host.clone(), (&self.endpoint, &self.platform), script, words, true).await
    }
}

/// What the database knows of one server.
struct Known {
    refused: Option<(Message, AuditEntry)>,
    found: Option<Result<(Endpoint, Option<Platform>)>>,
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
        let (asked, all, wanted) = (actor.clone(), servers.clone(), command.clone());
        let (sealer, now) = (Arc::clone(self.sealer()), self.clock().now());
        let known = self.db().run(move |connection| {
            let weighed = weigh(connection, &asked, &all, &wanted)?;
            let mut known = Vec::with_capacity(all.len());
            let mut refusals = Vec::new();
            for (server, weighed) in all.iter().zip(weighed) {
                let refused = weighed.refused;
                let found = match &refused {
                    Some(_) => None,
                    None => Some(endpoint(connection, &sealer, server.id, now).and_then(|endpoint| {
                        Ok((endpoint, DetectedPlatform::of(connection, server.id)?.map(Into::into)))
                    })),
                };
                // Where signing in alone makes it root, who may not act as root is refused.
                let refused = match &found {
                    Some(Ok((endpoint, _))) if endpoint.user == "root" && !weighed.may_be_root => {
                        Some(refusal(&asked, server, Permission::Root, &wanted))
                    }
                    _ => refused,
                };
                refusals.extend(refused.iter().map(|(_, entry)| entry.clone()));
                known.push(Known { refused, found });
            }
            AuditEntry::record_all(connection, &refusals, Outcome::Refused, now)?;
            Ok::<_, Error>(known)
        });
        let known = known.await?;
        let each = servers.into_iter().zip(known).map(|(server, known)| async move {
            let ready = self.ready(actor, &server, known, command).await;
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

    async fn ready(&self, actor: &Actor, server: &Server, known: Known, command: &RunCommand) -> Result<ReadyCommand> {
        if let Some((why, _)) = known.refused {
            return Err(Error::Forbidden(why));
        }
        let (endpoint, platform) = known.found.ok_or(Error::NotFound("The server"))??;
        let as_root = command.acting == Acting::Root;
        if as_root && endpoint.privilege == Privilege::None {
            let (server, command) = (server.name.clone(), RunCommand::TYPE.name().to_owned());
            return Err(RemoteError::PrivilegeRefused { server, command, said: String::new() }.into());
        }
        let platform = match platform {
            Some(platform) => platform,
            None => self.detect_platform(server.id).await?,
        };
        let host = self.of(actor.clone(), server.clone());
        let chosen = host.choose_on::<RunCommand>(&platform)?;
        let entry = entry(actor, server, command).run_as(if as_root { "root" } else { &endpoint.user });
        Ok(ReadyCommand { host, endpoint, platform, chosen, as_root, entry })
    }
}

/// What the rights and the switches say of one server.
struct Weighed {
    refused: Option<(Message, AuditEntry)>,
    may_be_root: bool,
}

fn weigh(connection: &mut Connection, actor: &Actor, servers: &[Server], command: &RunCommand) -> Result<Vec<Weighed>> {
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    let groups = Server::groups_of(connection, &ids)?;
    let mut narrowest: BTreeMap<_, Narrowest> = Server::narrowest_allowances(connection, servers)?;
    let needed = |as_root: bool| {
        let root = as_root.then_some(Permission::Root);
        [Permission::Connect, RunCommand::PERMISSION].into_iter().chain(root)
    };
    let weighed = servers.iter().map(|server| {
        let groups: Vec<GroupId> = groups.get(&server.id).into_iter().flatten().map(|group| group.id).collect();
        let missing = needed(command.acting == Acting::Root).find(|one| !actor.rights.allow(*one, &groups));
        let refused = match (missing, narrowest.remove(&server.id)) {
            (Some(permission), _) => Some(refusal(actor, server, permission, command)),
            (None, Some(narrowest)) if narrowest.allow < Allowance::Change => {
                let why = allowance::refusal(&server.name, &narrowest, Allowance::Change);
                let entry = entry(actor, server, command).detail("allowed", narrowest.allow);
                Some((why, entry.detail("needed", Allowance::Change)))
            }
            _ => None,
        };
        Weighed { refused, may_be_root: actor.rights.allow(Permission::Root, &groups) }
    });
    Ok(weighed.collect())
}

fn refusal(actor: &Actor, server: &Server, permission: Permission, command: &RunCommand) -> (Message, AuditEntry) {
    let entry = entry(actor, server, command).detail("needed", permission.name());
    (permits::refusal(&server.name, permission), entry)
}

fn entry(actor: &Actor, server: &Server, command: &RunCommand) -> AuditEntry {
    AuditEntry::by(actor, RunCommand::TYPE.name()).server(&server.name).target(&command.target())
}

/// Where `actor` may not run such a command, as far as can be told without asking anybody: what a page says before.
pub fn why_not(
    connection: &mut Connection,
    actor: &Actor,
    servers: &[Server],
    acting: Acting,
) -> Result<Vec<Option<Message>>> {
    let command = RunCommand { words: String::new(), acting };
    let weighed = weigh(connection, actor, servers, &command)?;
    Ok(weighed.into_iter().map(|weighed| weighed.refused.map(|(why, _)| why)).collect())
}
