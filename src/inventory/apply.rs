//! Doing what a plan says: all of it or nothing, one at a time, each object in the audit log.

mod objects;
mod record;
mod servers;

use std::collections::{BTreeMap, BTreeSet};

use super::plan::{Action, Item, Kind, Means, Plan, Planned, Wanted, of_documents};
use super::problem::Problem;
use super::request::{Request, Source};
use crate::db::Connection;
use crate::error::Result;
use crate::models::ids::ServerId;
use crate::models::inventory_files::{InventoryFile, hold_registry};
use crate::models::servers::Server;
use crate::remote::Pool;

/// How applying ended.
#[derive(Debug)]
pub enum Applied {
    /// It was done.
    Done(Box<Done>),
    /// Nothing was done: these must be mended first.
    Rejected(Vec<Problem>),
    /// Nothing was done: the plan is another one than was seen. This is what would happen now.
    Otherwise(Box<Plan>),
}

impl From<Planned> for Applied {
    /// What was only planned: nothing was done.
    fn from(planned: Planned) -> Self {
        match planned {
            Planned::Ready(plan) => Self::Otherwise(plan),
            Planned::Rejected(problems) => Self::Rejected(problems),
        }
    }
}

/// What was done.
#[derive(Debug)]
pub struct Done {
    /// The plan that was carried out.
    pub plan: Box<Plan>,
    /// Servers whose kept connections no longer fit.
    pub touched: BTreeSet<ServerId>,
    /// Servers that are gone.
    pub removed: BTreeSet<ServerId>,
}

impl Done {
    /// Lets go of kept connections that no longer fit, so that each is made anew. Call it once the transaction is committed.
    pub fn let_go(&self, pool: &Pool) {
        for id in self.touched.iter().chain(&self.removed) {
            pool.forget(*id);
            pool.reset_breaker(*id);
        }
    }
}

/// Plans anew and does it. Called within one transaction: whatever fails undoes all of it. With `seen`, the digest of a plan
/// that somebody looked at, nothing is done if the plan is another one by now.
pub fn apply(connection: &mut Connection, means: Means<'_>, request: &Request, seen: Option<&str>) -> Result<Applied> {
    // The others wait while the registry is held: what can be read before is.
    let documents = match request.read() {
        Ok(documents) => documents,
        Err(problems) => return Ok(Applied::Rejected(problems)),
    };
    hold_registry(connection)?;
    let plan = match of_documents(connection, means, request, documents)? {
        Planned::Ready(plan) => plan,
        Planned::Rejected(problems) => return Ok(Applied::Rejected(problems)),
    };
    if seen.is_some_and(|seen| seen != plan.digest()) {
        return Ok(Applied::Otherwise(plan));
    }
    let mut texts = BTreeSet::new();
    for source in &request.sources {
        texts.extend(keep(connection, means, source)?);
    }
    let mut work = Work { connection, means, plan: &plan, texts, ids: Ids::of(&plan), touched: BTreeSet::new() };
    work.credentials()?;
    work.groups()?;
    work.servers()?;
    work.commands()?;
    let removed = work.remove()?;
    work.record()?;
    let touched = work.touched;
    Ok(Applied::Done(Box::new(Done { plan, touched, removed })))
}

/// Keeps the text, so that what differs from it later is seen; gives the name of a file whose text is another one now.
fn keep(connection: &mut Connection, means: Means<'_>, source: &Source) -> Result<Option<String>> {
    let Some(name) = &source.file else { return Ok(None) };
    let before = InventoryFile::text_of(connection, name)?;
    let (text, applied_by) = (source.text.clone(), means.actor.name.clone());
    InventoryFile { name: name.clone(), text, applied_at: means.now, applied_by }.save(connection)?;
    Ok(Some(name.clone()).filter(|_| before.as_deref() != Some(source.text.as_str())))
}

/// The ids of everything, by name; new ones are added as they come.
#[derive(Debug, Default)]
struct Ids {
    credentials: BTreeMap<String, crate::models::ids::CredentialId>,
    groups: BTreeMap<String, crate::models::ids::GroupId>,
    servers: BTreeMap<String, ServerId>,
    /// By type and name: `list_processes/ours`.
    commands: BTreeMap<String, crate::models::ids::CommandId>,
}

impl Ids {
    fn of(plan: &Plan) -> Self {
        let registry = &plan.registry;
        Self {
            credentials: registry.credentials.iter().map(|(name, known)| (name.clone(), known.row.id)).collect(),
            groups: registry.groups.iter().map(|(name, known)| (name.clone(), known.row.id)).collect(),
            servers: registry.servers.iter().map(|(name, known)| (name.clone(), known.row.id)).collect(),
            commands: registry
                .commands
                .iter()
                .map(|((command_type, name), known)| (format!("{command_type}/{name}"), known.row.id))
                .collect(),
        }
    }
}

/// A plan being carried out.
struct Work<'w> {
    connection: &'w mut Connection,
    means: Means<'w>,
    plan: &'w Plan,
    /// The files whose kept text is another one now.
    texts: BTreeSet<String>,
    ids: Ids,
    touched: BTreeSet<ServerId>,
}

impl<'w> Work<'w> {
    /// The items of one kind that are to be written.
    fn written(&self, kind: Kind) -> impl Iterator<Item = &'w Item> + use<'w> {
        let changes = |item: &&Item| matches!(item.action, Action::Add | Action::Change) || item.is_taken_over;
        self.plan.items.iter().filter(move |item| item.kind == kind).filter(changes)
    }

    /// The items of one kind that go.
    fn removed(&self, kind: Kind) -> impl Iterator<Item = &'w Item> + use<'w> {
        self.plan.items.iter().filter(move |item| item.kind == kind && item.action == Action::Remove)
    }

    /// Connections of servers that sign in with a changed credential no longer fit.
    fn touch_users_of(&mut self, credential: crate::models::ids::CredentialId) -> Result<()> {
        let servers = Server::using_credential(self.connection, credential)?;
        self.touched.extend(servers.into_iter().map(|server| server.id));
        Ok(())
    }
}
