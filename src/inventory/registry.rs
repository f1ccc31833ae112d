//! What is known now: every credential, group, server and command, in the words of a text, with what rows need besides.

use std::collections::BTreeMap;

use super::facts::{CommandFacts, CredentialFacts, GroupFacts, ServerFacts};
use crate::commands::Conditions;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::Scope;
use crate::models::commands::StoredCommand;
use crate::models::credentials::Credential;
use crate::models::groups::Group;
use crate::models::host_keys::{HostKey, KeyState};
use crate::models::servers::Server;

/// One object as it is known.
#[derive(Debug)]
pub(super) struct Known<R, F> {
    /// Its row.
    pub(super) row: R,
    /// The same in the words of a text.
    pub(super) facts: F,
}

/// Everything that is known, by name. Commands by type and name.
#[derive(Debug, Default)]
pub(super) struct Registry {
    pub(super) credentials: BTreeMap<String, Known<Credential, CredentialFacts>>,
    pub(super) groups: BTreeMap<String, Known<Group, GroupFacts>>,
    pub(super) servers: BTreeMap<String, Known<Server, ServerFacts>>,
    pub(super) commands: BTreeMap<(String, String), Known<StoredCommand, CommandFacts>>,
    /// Trusted keys of servers, for the export: whole where the whole key is known.
    pub(super) keys: BTreeMap<String, Vec<String>>,
}

impl Registry {
    /// Reads everything, whoever asks: what may be told and changed is decided by the plan.
    pub(super) fn load(connection: &mut Connection) -> Result<Self> {
        let mut registry = Self::default();
        for row in Group::all(connection)? {
            let facts = GroupFacts { note: row.note.clone(), allow: row.allow };
            registry.groups.insert(row.name.clone(), Known { row, facts });
        }
        for row in Credential::all(connection)? {
            let facts = CredentialFacts {
                user: row.user_name.clone(),
                kind: row.kind,
                privilege: row.privilege,
                note: row.note.clone(),
            };
            registry.credentials.insert(row.name.clone(), Known { row, facts });
        }
        registry.load_servers(connection)?;
        for row in StoredCommand::all(connection)? {
            let on: Conditions = serde_json::from_value(row.platform.clone()).map_err(Error::internal)?;
            let facts = CommandFacts { on, run: row.script.clone(), format: row.format.clone() };
            registry.commands.insert((row.command_type.clone(), row.name.clone()), Known { row, facts });
        }
        Ok(registry)
    }

    fn load_servers(&mut self, connection: &mut Connection) -> Result<()> {
        let rows = Server::all(connection, &Scope::All)?;
        let ids: Vec<_> = rows.iter().map(|row| row.id).collect();
        let names: BTreeMap<_, _> = rows.iter().map(|row| (row.id, row.name.clone())).collect();
        let credentials: BTreeMap<_, _> =
            self.credentials.values().map(|known| (known.row.id, known.row.name.clone())).collect();
        let mut groups = Server::groups_of(connection, &ids)?;
        let mut keys: BTreeMap<_, Vec<HostKey>> = BTreeMap::new();
        for key in HostKey::of_all(connection, &ids)?.into_iter().filter(|key| key.state == KeyState::Trusted) {
            keys.entry(key.server_id).or_default().push(key);
        }
        for row in rows {
            let keys = keys.remove(&row.id).unwrap_or_default();
            let facts = ServerFacts {
                address: row.address.clone(),
                port: row.port,
                credential: row.credential_id.and_then(|id| credentials.get(&id).cloned()),
                jump: row.jump_server_id.and_then(|id| names.get(&id).cloned()),
                groups: groups.remove(&row.id).unwrap_or_default().into_iter().map(|group| group.name).collect(),
                labels: row.labels.0.clone(),
                host_keys: keys.iter().map(|key| key.fingerprint.clone()).collect(),
                note: row.note.clone(),
                interval: row.sampling_seconds,
                enabled: row.enabled,
                legacy_algorithms: row.legacy_algorithms,
                allow: row.allow,
            };
            self.keys.insert(row.name.clone(), keys.into_iter().map(|key| key.public_key).collect());
            self.servers.insert(row.name.clone(), Known { row, facts });
        }
        Ok(())
    }
}
