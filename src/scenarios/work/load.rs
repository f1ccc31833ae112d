//! All that runs need, of several at once: few questions to the database, however many runs there are.

use std::collections::BTreeMap;

use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::ids::{ScenarioId, UserId};
use crate::models::runs::Run;
use crate::models::scenarios::{Destination, Scenario};
use crate::models::servers::Server;
use crate::models::users::User;
use crate::scenarios::keep::meant;

/// A run with all that it needs.
#[derive(Debug)]
pub(super) struct Loaded {
    pub(super) run: Run,
    pub(super) scenario: Scenario,
    pub(super) destinations: Vec<Destination>,
    /// With whose rights it reads, and where; or why it cannot.
    pub(super) place: std::result::Result<(Actor, Vec<Server>), Message>,
}

impl Loaded {
    pub(super) fn of(connection: &mut Connection, runs: Vec<Run>) -> Result<Vec<Self>> {
        let ids: Vec<ScenarioId> = runs.iter().map(|run| run.scenario_id).collect();
        let scenarios = Scenario::by_ids(connection, &ids)?;
        let mut destinations = Destination::of_all(connection, &ids)?;
        let mut places = Places::default();
        let mut loaded = Vec::with_capacity(runs.len());
        for run in runs {
            // One that was deleted has taken its runs along.
            let Some(scenario) = scenarios.get(&run.scenario_id).cloned() else { continue };
            let place = places.of(connection, &scenario)?;
            // Several runs of one scenario may be in hand together.
            let destinations = destinations.entry(scenario.id).or_default().clone();
            loaded.push(Self { run, scenario, destinations, place });
        }
        Ok(loaded)
    }
}

/// Owners and servers that were looked up already.
#[derive(Default)]
struct Places {
    owners: BTreeMap<UserId, std::result::Result<Actor, Message>>,
    servers: BTreeMap<(UserId, Vec<String>), std::result::Result<Vec<Server>, Message>>,
}

impl Places {
    fn of(
        &mut self,
        connection: &mut Connection,
        scenario: &Scenario,
    ) -> Result<std::result::Result<(Actor, Vec<Server>), Message>> {
        let owner = if let Some(owner) = self.owners.get(&scenario.owner_id) {
            owner.clone()
        } else {
            let owner = owner(connection, scenario.owner_id)?;
            self.owners.insert(scenario.owner_id, owner.clone());
            owner
        };
        let owner = match owner {
            Ok(owner) => owner,
            Err(why) => return Ok(Err(why)),
        };
        let key = (scenario.owner_id, scenario.servers.clone());
        let servers = if let Some(servers) = self.servers.get(&key) {
            servers.clone()
        } else {
            let servers = meant(connection, owner.scope(), &scenario.servers)?;
            self.servers.insert(key, servers.clone());
            servers
        };
        Ok(servers.map(|servers| (owner, servers)))
    }
}

/// The owner with the rights of now (Z04): who was switched off, or may do less, takes that along.
pub(super) fn owner(connection: &mut Connection, id: UserId) -> Result<std::result::Result<Actor, Message>> {
    let user = User::by_id(connection, id)?;
    if user.is_enabled() {
        return Ok(Ok(user.actor(connection, None)?));
    }
    Ok(Err(Message::new("It runs with the rights of {owner}, whose account is switched off").with("owner", user.name)))
}
