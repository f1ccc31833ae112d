//! Who may change what where: the rights of whoever asks, the switch of the server and of its groups, and root where signing in alone
//! makes it root. It is decided here, for one server as for many, in few questions to the database; a refusal is in the audit log.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};

use super::endpoint::Endpoint;
use super::host::OperableHost;
use super::hosts::Hosts;
use super::ways::Ways;
use super::{allowance, permits};
use crate::commands::platform::Platform;
use crate::commands::{Acting, Change};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Actor;
use crate::models::allowance::Allowance;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::ServerId;
use crate::models::permission::Permission;
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;
use crate::secret::seal::Sealer;

/// What somebody wants to do to a server, as far as it is weighed.
#[derive(Debug, Clone)]
pub(super) struct Deed {
    action: &'static str,
    target: String,
    permission: Permission,
    acts_as_root: bool,
}

impl Deed {
    /// A change.
    pub(super) fn of<C: Change>(command: &C) -> Self {
        let acts_as_root = command.acting() == Some(Acting::Root);
        Self { acts_as_root, ..Self::new(C::TYPE.name(), &command.target(), C::PERMISSION) }
    }

    /// What is no command of a type: `action` is its name in the audit log, `target` what it is done to.
    pub(super) fn new(action: &'static str, target: &str, permission: Permission) -> Self {
        Self { action, target: target.to_owned(), permission, acts_as_root: false }
    }

    fn by(&self, actor: &Actor, server: &Server) -> AuditEntry {
        AuditEntry::by(actor, self.action).server(&server.name).target(&self.target)
    }

    fn lacks(&self, permission: Permission, (actor, server): (&Actor, &Server)) -> Refused {
        let entry = self.by(actor, server).detail("needed", permission.name());
        Refused { why: Error::Forbidden(permits::refusal(&server.name, permission)), entry: Some(Box::new(entry)) }
    }

    /// How it would be done there, by who is allowed to so far.
    fn permitted(
        &self,
        connection: &mut Connection,
        (actor, server): (&Actor, &Server),
        may_be_root: bool,
        (known, sealer, now): (&mut Known, &Sealer, DateTime<Utc>),
    ) -> Result<Permitted, Refused> {
        let endpoint = known.ways.endpoint(connection, server.id, (sealer, now))?;
        // Where signing in alone makes it root, who may not act as root is refused.
        if endpoint.user == "root" && !may_be_root {
            return Err(self.lacks(Permission::Root, (actor, server)));
        }
        let platform = known.platforms.remove(&server.id).map(Into::into);
        let entry = self.by(actor, server).run_as(if self.acts_as_root { "root" } else { &endpoint.user });
        Ok(Permitted { entry, endpoint, may_be_root, platform })
    }
}

/// What is known of the ways to some servers, and of what they run.
struct Known {
    ways: Ways,
    platforms: BTreeMap<ServerId, DetectedPlatform>,
}

impl Known {
    fn load(connection: &mut Connection, servers: &[Server]) -> Result<Self> {
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let platforms = DetectedPlatform::of_all(connection, &ids)?;
        let platforms = platforms.into_iter().map(|platform| (platform.server_id, platform)).collect();
        Ok(Self { ways: Ways::load(connection, &ids)?, platforms })
    }
}

/// A server on which it may be done.
pub(super) struct Permitted {
    /// What the audit log is told of it, before it is done and after.
    pub(super) entry: AuditEntry,
    /// The way to the server, and as whom: it was weighed for no other one. The credential may be another one by then.
    pub(super) endpoint: Endpoint,
    /// Whether its script may become root where it asks for that.
    pub(super) may_be_root: bool,
    platform: Option<Platform>,
}

impl Permitted {
    /// The platform as it was last detected; asked for now where nobody has yet.
    pub(super) async fn platform(&self, hosts: &Hosts) -> Result<Platform> {
        match &self.platform {
            Some(known) => Ok(known.clone()),
            None => hosts.detect_platform_at(&self.endpoint).await,
        }
    }
}

/// Why it may not be done there, and what the audit log is told of that.
pub(super) struct Refused {
    /// The reason.
    pub(super) why: Error,
    entry: Option<Box<AuditEntry>>,
}

impl From<Error> for Refused {
    fn from(why: Error) -> Self {
        Self { why, entry: None }
    }
}

/// Of each of these servers, what rights and switches say now: whether a script may become root there, or why it may not be done.
pub(super) fn weigh(
    connection: &mut Connection,
    actor: &Actor,
    servers: &[Server],
    deed: &Deed,
) -> Result<Vec<Result<bool, Refused>>> {
    let ids: Vec<_> = servers.iter().map(|server| server.id).collect();
    let standings = Server::standings(connection, &ids)?;
    let root = deed.acts_as_root.then_some(Permission::Root);
    let needed: Vec<Permission> = [Permission::Connect, deed.permission].into_iter().chain(root).collect();
    let weighed = servers.iter().map(|server| {
        let standing = standings.get(&server.id).ok_or(Error::NotFound("The server"))?;
        if let Some(missing) = needed.iter().find(|one| !actor.rights.allow(**one, &standing.groups)) {
            return Err(deed.lacks(*missing, (actor, server)));
        }
        let narrowest = &standing.narrowest;
        if narrowest.allow < Allowance::Change {
            let entry = deed.by(actor, server).detail("allowed", narrowest.allow).detail("needed", Allowance::Change);
            let why = allowance::refusal(&server.name, narrowest, Allowance::Change);
            return Err(Refused { why: Error::Forbidden(why), entry: Some(Box::new(entry)) });
        }
        Ok(actor.rights.allow(Permission::Root, &standing.groups))
    });
    Ok(weighed.collect())
}

impl Hosts {
    /// On which of these servers it may be done, in their order, and how it would be. The outer error is one of ours.
    pub(super) async fn weigh(&self, actor: &Actor, servers: &[Server], deed: &Deed) -> Result<Vec<Result<Permitted>>> {
        let (actor, servers, deed) = (actor.clone(), servers.to_vec(), deed.clone());
        let (sealer, now) = (Arc::clone(self.sealer()), self.clock().now());
        let weighing = self.db().run(move |connection| {
            let weighed = weigh(connection, &actor, &servers, &deed)?;
            let mut known = Known::load(connection, &servers)?;
            let (mut all, mut refusals) = (Vec::with_capacity(servers.len()), Vec::new());
            for (server, weighed) in servers.iter().zip(weighed) {
                let by = (&mut known, &*sealer, now);
                let permitted =
                    weighed.and_then(|may_be_root| deed.permitted(connection, (&actor, server), may_be_root, by));
                all.push(permitted.map_err(|refused| {
                    refusals.extend(refused.entry.map(|entry| *entry));
                    refused.why
                }));
            }
            AuditEntry::record_all(connection, &refusals, Outcome::Refused, now)?;
            Ok::<_, Error>(all)
        });
        weighing.await
    }
}

impl OperableHost {
    /// Refuses what may not be done here.
    pub(super) async fn weigh(&self, deed: &Deed) -> Result<Permitted> {
        let weighed = self.hosts().weigh(self.actor(), std::slice::from_ref(self.server()), deed).await?;
        weighed.into_iter().next().ok_or(Error::NotFound("The server"))?
    }
}
