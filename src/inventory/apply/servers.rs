//! Servers: kept in layers, so that each jump server is there before those behind it; then groups, keys and states.

use super::super::document::HostKey as GivenByFile;
use super::super::facts::ServerFacts;
use super::super::plan::Item;
use super::{Action, Kind, Wanted, Work};
use crate::db::types::Labels;
use crate::error::{Error, Result};
use crate::models::host_keys::{GivenKey, HostKey};
use crate::models::ids::{GroupId, ServerId};
use crate::models::server_states::{ServerState, State};
use crate::models::servers::{MAXIMUM_JUMPS, Server, ServerToKeep};

impl Work<'_> {
    pub(super) fn servers(&mut self) -> Result<()> {
        let written: Vec<(&Item, &ServerFacts)> = self.written(Kind::Server).filter_map(with_facts).collect();
        let mut waiting: Vec<(&Item, &ServerFacts)> = written.clone();
        for _ in 0..=MAXIMUM_JUMPS {
            let names: std::collections::BTreeSet<&str> = waiting
                .iter()
                .filter(|(item, _)| item.action == Action::Add)
                .map(|(item, _)| item.name.as_str())
                .collect();
            let waits = |facts: &ServerFacts| facts.jump.as_deref().is_some_and(|jump| names.contains(jump));
            let (later, now): (Vec<_>, Vec<_>) = waiting.into_iter().partition(|(_, facts)| waits(facts));
            let mut rows = Vec::with_capacity(now.len());
            for (item, facts) in now {
                rows.push(self.row(item, facts)?);
            }
            if !rows.is_empty() {
                self.ids.servers.extend(ServerToKeep::keep_all(self.connection, &rows)?);
            }
            waiting = later;
        }
        if let Some((item, _)) = waiting.first() {
            // The plan found no circle and no chain that is too long.
            return Err(Error::internal(anyhow::anyhow!("{} waits for its jump server", item.name)));
        }
        let changed: Vec<(&Item, &ServerFacts)> = written.into_iter().filter(|(item, _)| !item.is_taken_over).collect();
        self.memberships(&changed)?;
        self.keys(&changed)?;
        self.states(&changed)
    }

    fn row(&self, item: &Item, facts: &ServerFacts) -> Result<ServerToKeep> {
        let known = self.plan.registry.servers.get(&item.name);
        let missing = |name: &String| Error::internal(anyhow::anyhow!("{name} is not there"));
        let credential = facts.credential.as_ref();
        let credential_id =
            credential.map(|name| self.ids.credentials.get(name).copied().ok_or_else(|| missing(name))).transpose()?;
        let jump = facts.jump.as_ref();
        let jump_server_id =
            jump.map(|name| self.ids.servers.get(name).copied().ok_or_else(|| missing(name))).transpose()?;
        let version = known.map_or(1, |known| known.row.version + i64::from(!known.facts.connects_like(facts)));
        Ok(ServerToKeep {
            name: item.name.clone(),
            address: facts.address.clone(),
            port: facts.port,
            credential_id,
            jump_server_id,
            labels: Labels(facts.labels.clone()),
            note: facts.note.clone(),
            enabled: facts.enabled,
            sampling_seconds: facts.interval,
            legacy_algorithms: facts.legacy_algorithms,
            version,
            managed_by: item.file.clone(),
            allow: facts.allow,
            updated_at: self.means.now,
        })
    }

    fn memberships(&mut self, changed: &[(&Item, &ServerFacts)]) -> Result<()> {
        let (mut servers, mut memberships): (Vec<ServerId>, Vec<(ServerId, GroupId)>) = (Vec::new(), Vec::new());
        for (item, facts) in changed {
            let known = self.plan.registry.servers.get(&item.name);
            if known.is_some_and(|known| known.facts.groups == facts.groups) {
                continue;
            }
            let Some(id) = self.ids.servers.get(&item.name) else { continue };
            servers.push(*id);
            memberships
                .extend(facts.groups.iter().filter_map(|name| self.ids.groups.get(name)).map(|group| (*id, *group)));
        }
        if servers.is_empty() {
            return Ok(());
        }
        ServerToKeep::set_groups_of_all(self.connection, &servers, &memberships)
    }

    fn keys(&mut self, changed: &[(&Item, &ServerFacts)]) -> Result<()> {
        let mut pinned = Vec::new();
        for (item, _) in changed {
            let (Wanted::Server(_, Some(keys)), Some(id)) = (&item.wanted, self.ids.servers.get(&item.name)) else {
                continue;
            };
            pinned.push((*id, keys.iter().map(given).collect::<Vec<_>>()));
        }
        if pinned.is_empty() {
            return Ok(());
        }
        HostKey::pin_only(self.connection, &pinned, &self.means.actor.name, self.means.now)
    }

    /// What was known of a server's state is forgotten where it may be another machine now, or was switched on or off.
    fn states(&mut self, changed: &[(&Item, &ServerFacts)]) -> Result<()> {
        let (mut paused, mut forgotten, mut moved) = (Vec::new(), Vec::new(), Vec::new());
        for (item, facts) in changed {
            let Some(id) = self.ids.servers.get(&item.name).copied() else { continue };
            let known = self.plan.registry.servers.get(&item.name).map(|known| &known.facts);
            let is_same = known.is_some_and(|known| known.connects_like(facts) && known.host_keys == facts.host_keys);
            // A note or a label is no matter of connections.
            if known.is_some() && !is_same {
                self.touched.insert(id);
            }
            if known.is_some_and(|known| known.is_elsewhere(facts)) {
                moved.push(id);
            }
            if !facts.enabled && !is_same {
                paused.push(id);
            } else if known.is_some() && !is_same {
                forgotten.push(id);
            }
        }
        HostKey::forget_presented_of_all(self.connection, &moved)?;
        ServerState::set_all(self.connection, &paused, State::Paused, self.means.now)?;
        ServerState::set_all(self.connection, &forgotten, State::Unknown, self.means.now)?;
        self.touch_those_behind();
        Ok(())
    }

    /// Connections through a touched server no longer fit either.
    fn touch_those_behind(&mut self) {
        let mut edge: Vec<ServerId> = self.touched.iter().copied().collect();
        let behind: Vec<(ServerId, ServerId)> = self
            .plan
            .registry
            .servers
            .values()
            .filter_map(|known: &super::super::registry::Known<Server, ServerFacts>| {
                known.row.jump_server_id.map(|jump| (jump, known.row.id))
            })
            .collect();
        while let Some(id) = edge.pop() {
            for (_, one) in behind.iter().filter(|(jump, _)| *jump == id) {
                if self.touched.insert(*one) {
                    edge.push(*one);
                }
            }
        }
    }
}

fn with_facts(item: &Item) -> Option<(&Item, &ServerFacts)> {
    match &item.wanted {
        Wanted::Server(facts, _) => Some((item, facts)),
        _ => None,
    }
}

/// A key as the table keeps it: a fingerprint stands in the key's place until the key was seen.
fn given(key: &GivenByFile) -> GivenKey<'_> {
    match key {
        GivenByFile::Fingerprint(fingerprint) => GivenKey { algorithm: "", public_key: fingerprint, fingerprint },
        GivenByFile::Whole(key) => {
            GivenKey { algorithm: &key.algorithm, public_key: &key.public_key, fingerprint: &key.fingerprint }
        }
    }
}
