//! With whose rights a scenario runs, and where: those that its owner has at that moment, and no others (Z04).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::keep::meant;
use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::{Actor, Role, Scope};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::UserId;
use crate::models::runs::Run;
use crate::models::scenarios::Scenario;
use crate::models::servers::Server;
use crate::models::users::User;

/// How the reason of a run begins whose scenario was switched off.
const SWITCHED_OFF: &str = "hannun switched the scenario off: {why}";

/// With whose rights a run reads, and where; or why nowhere.
pub(super) type Place = std::result::Result<(Actor, Vec<Server>), Nowhere>;

/// Why nothing is read.
#[derive(Debug, Clone)]
pub(super) struct Nowhere {
    pub(super) why: Message,
    /// Its owner may not, whatever servers do: the next run would be refused as well.
    pub(super) is_refused: bool,
}

impl Nowhere {
    fn refused(why: Message) -> Self {
        Self { why, is_refused: true }
    }
}

/// Owners and servers that were looked up already.
#[derive(Default)]
pub(super) struct Places {
    owners: BTreeMap<UserId, std::result::Result<Actor, Nowhere>>,
    servers: BTreeMap<(UserId, Vec<String>), std::result::Result<Vec<Server>, Nowhere>>,
}

impl Places {
    pub(super) fn of(&mut self, connection: &mut Connection, scenario: &Scenario) -> Result<Place> {
        let owner = if let Some(owner) = self.owners.get(&scenario.owner_id) {
            owner.clone()
        } else {
            let owner = owner(connection, scenario.owner_id)?;
            self.owners.insert(scenario.owner_id, owner.clone());
            owner
        };
        let owner = match owner {
            Ok(owner) => owner,
            Err(nowhere) => return Ok(Err(nowhere)),
        };
        let key = (scenario.owner_id, scenario.servers.clone());
        let servers = if let Some(servers) = self.servers.get(&key) {
            servers.clone()
        } else {
            let servers = servers(connection, &owner, &scenario.servers)?;
            self.servers.insert(key, servers.clone());
            servers
        };
        Ok(servers.map(|servers| (owner, servers)))
    }
}

/// The owner with the rights of now: who was switched off, or may do less, takes that along.
pub(super) fn owner(connection: &mut Connection, id: UserId) -> Result<std::result::Result<Actor, Nowhere>> {
    let user = User::by_id(connection, id)?;
    let refused = |why: &'static str| Nowhere::refused(Message::new(why).with("owner", &user.name));
    if !user.is_enabled() {
        return Ok(Err(refused("It runs with the rights of {owner}, whose account is switched off")));
    }
    let actor = user.actor(connection, None)?;
    if !actor.may(Role::Operator) {
        return Ok(Err(refused("It runs with the rights of {owner}, who is no operator any more")));
    }
    Ok(Ok(actor))
}

/// What is gone and what its owner may not know of are the same to everybody (Z05). Words that mean nobody at the moment may mean
/// somebody later.
fn servers(
    connection: &mut Connection,
    owner: &Actor,
    words: &[String],
) -> Result<std::result::Result<Vec<Server>, Nowhere>> {
    let refused = |why: &'static str| Ok(Err(Nowhere::refused(Message::new(why).with("owner", &owner.name))));
    if *owner.scope() == Scope::Groups(Vec::new()) {
        return refused("It runs with the rights of {owner}, who may know of no server any more");
    }
    match meant(connection, owner.scope(), words)? {
        Ok(servers) => Ok(Ok(servers)),
        Err(why) if why.is(super::keep::NO_SERVER) => Ok(Err(Nowhere { why, is_refused: false })),
        Err(_) => refused(
            "It names a server or a group that there is not, or that {owner}, with whose rights it runs, may not know of",
        ),
    }
}

/// Why a scenario may not run with what its owner may now; none where it may.
pub fn refusal(connection: &mut Connection, scenario: &Scenario) -> Result<Option<Message>> {
    let place = Places::default().of(connection, scenario)?;
    Ok(place.err().filter(|nowhere| nowhere.is_refused).map(|nowhere| nowhere.why))
}

/// The sentence on a scenario's page about its owner's rights; none where there is nothing to say. `last` is its newest run.
pub fn notice(connection: &mut Connection, scenario: &Scenario, last: Option<&Run>) -> Result<Option<Message>> {
    let said = |template: &'static str, why: Message| Message::new(template).with_words("why", why);
    Ok(match (refusal(connection, scenario)?, scenario.enabled) {
        (Some(why), true) => Some(said("It cannot run, and its next run will switch it off: {why}", why)),
        (Some(why), false) => Some(said("It cannot run: {why}", why)),
        // They may again, but somebody has to say that it is to run again.
        (None, false) => last.and_then(Run::why).filter(|why| why.is(SWITCHED_OFF)),
        (None, true) => None,
    })
}

/// Switches a scenario off whose owner may not let it run, with a line in the audit log. Gives why its run ended.
pub(super) fn switch_off(
    connection: &mut Connection,
    scenario: &Scenario,
    why: &Message,
    now: DateTime<Utc>,
) -> Result<Message> {
    if Scenario::switch_off(connection, scenario.id, now)? {
        let entry = AuditEntry::by(&Actor::system("scenarios"), "disable_scenario").target(&scenario.name);
        let entry = entry.detail("object", format!("scenarios/{}", scenario.id)).detail("why", why);
        entry.record(connection, Outcome::Succeeded, now)?;
    }
    Ok(Message::new(SWITCHED_OFF).with_words("why", why.clone()))
}
