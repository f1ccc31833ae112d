//! Adding and changing a server, within what the one who asks may know of.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::input;
use crate::db::Connection;
use crate::db::types::Labels;
use crate::error::{Error, FieldErrors, Result};
use crate::models::actor::Scope;
use crate::models::allowance::Allowance;
use crate::models::host_keys::HostKey;
use crate::models::server_states::ServerState;
use crate::models::servers::{NewServer, Server, ServerChanges, references};

/// A server to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewServer)]
pub struct ServerToAdd {
    /// Lower-case letters, digits, dots and hyphens, at most 63; not `all`, `new`, `options`.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$", example = "web-1")]
    pub name: String,
    /// Host name or IP address.
    #[schema(example = "10.0.0.7")]
    pub address: String,
    /// The port of its SSH server.
    #[serde(default = "usual_port")]
    #[schema(default = 22, minimum = 1, maximum = 65535)]
    pub port: u16,
    /// The name of the credential that hannun signs in with.
    #[serde(default)]
    pub credential: Option<String>,
    /// The name of the server that it is reached through.
    #[serde(default)]
    pub jump_server: Option<String>,
    /// The groups it is in; a token that is limited to groups must name one of them.
    #[serde(default)]
    pub groups: Vec<String>,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// What people wrote about it.
    #[serde(default)]
    pub note: String,
    /// False: not a packet is sent.
    #[serde(default = "usually")]
    #[schema(default = true)]
    pub enabled: bool,
    /// Seconds between samples while nobody looks.
    #[serde(default = "usual_sampling")]
    #[schema(default = 10, minimum = 1, maximum = 3600)]
    pub sampling_seconds: u16,
    /// Allow old SSH algorithms for this server.
    #[serde(default)]
    pub legacy_algorithms: bool,
    /// How far hannun may go there, whoever asks: `watch`, `read-files`, `change`, `terminal`.
    #[serde(default)]
    #[schema(value_type = String, default = "terminal")]
    pub allow: Allowance,
}

/// What is to change about a server; what is not given stays, null empties.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ServerChanges)]
pub struct ServerToChange {
    /// Its new name.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$")]
    pub name: Option<String>,
    /// Host name or IP address.
    pub address: Option<String>,
    /// The port of its SSH server.
    #[schema(minimum = 1, maximum = 65535)]
    pub port: Option<u16>,
    /// The name of the credential that hannun signs in with; null: none.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>)]
    pub credential: Option<Option<String>>,
    /// The name of the server that it is reached through; null: directly.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>)]
    pub jump_server: Option<Option<String>>,
    /// The groups it is in, instead of those it was in.
    pub groups: Option<Vec<String>>,
    /// Its labels, instead of those it had.
    pub labels: Option<BTreeMap<String, String>>,
    /// What people wrote about it.
    pub note: Option<String>,
    /// False: paused, not a packet is sent.
    pub enabled: Option<bool>,
    /// Seconds between samples while nobody looks.
    #[schema(minimum = 1, maximum = 3600)]
    pub sampling_seconds: Option<u16>,
    /// Allow old SSH algorithms for this server.
    pub legacy_algorithms: Option<bool>,
    /// How far hannun may go there, whoever asks: `watch`, `read-files`, `change`, `terminal`.
    #[schema(value_type = Option<String>)]
    pub allow: Option<Allowance>,
}

fn usual_port() -> u16 {
    22
}

fn usual_sampling() -> u16 {
    10
}

fn usually() -> bool {
    true
}

impl ServerToAdd {
    /// Adds the server.
    pub(super) fn add(self, connection: &mut Connection, scope: &Scope) -> Result<Server> {
        self.insert(connection, scope).map_err(with_our_names)
    }

    fn insert(self, connection: &mut Connection, scope: &Scope) -> Result<Server> {
        let groups = references::groups(connection, scope, &self.groups)?;
        let labels = Labels(self.labels);
        let new = NewServer {
            name: &self.name,
            address: &self.address,
            port: self.port.into(),
            credential_id: self.credential.map(|name| references::credential(connection, scope, &name)).transpose()?,
            jump_server_id: self
                .jump_server
                .map(|name| references::jump_server(connection, scope, &name))
                .transpose()?,
            labels: &labels,
            note: &self.note,
            enabled: self.enabled,
            sampling_seconds: self.sampling_seconds.into(),
            legacy_algorithms: self.legacy_algorithms,
            allow: self.allow,
        };
        let server = new.insert(connection)?;
        server.set_groups(connection, &groups)?;
        Ok(server)
    }
}

impl ServerToChange {
    /// The names of the fields that were given.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let given = [
            ("name", self.name.is_some()),
            ("address", self.address.is_some()),
            ("port", self.port.is_some()),
            ("credential", self.credential.is_some()),
            ("jump_server", self.jump_server.is_some()),
            ("groups", self.groups.is_some()),
            ("labels", self.labels.is_some()),
            ("note", self.note.is_some()),
            ("enabled", self.enabled.is_some()),
            ("sampling_seconds", self.sampling_seconds.is_some()),
            ("legacy_algorithms", self.legacy_algorithms.is_some()),
            ("allow", self.allow.is_some()),
        ];
        given.into_iter().filter_map(|(field, given)| given.then_some(field)).collect()
    }

    /// Changes the server, and forgets what was about the machine that it no longer is.
    pub(super) fn apply(
        self,
        connection: &mut Connection,
        scope: &Scope,
        before: &Server,
        now: DateTime<Utc>,
    ) -> Result<Server> {
        self.change(connection, scope, before, now).map_err(with_our_names)
    }

    fn change(self, connection: &mut Connection, scope: &Scope, before: &Server, now: DateTime<Utc>) -> Result<Server> {
        let groups = self.groups.map(|names| references::groups(connection, scope, &names)).transpose()?;
        let credential_id = self
            .credential
            .map(|name| name.map(|name| references::credential(connection, scope, &name)).transpose())
            .transpose()?;
        let jump_server_id = self
            .jump_server
            .map(|name| name.map(|name| references::jump_server(connection, scope, &name)).transpose())
            .transpose()?;
        let changes = ServerChanges {
            name: self.name,
            address: self.address,
            port: self.port.map(i32::from),
            credential_id,
            jump_server_id,
            labels: self.labels.map(Labels),
            note: self.note,
            enabled: self.enabled,
            sampling_seconds: self.sampling_seconds.map(i32::from),
            legacy_algorithms: self.legacy_algorithms,
            allow: self.allow,
            managed_by: None,
        };
        let after = Server::change(connection, before.id, &changes, now)?;
        if let Some(groups) = groups {
            after.set_groups(connection, &groups)?;
        }
        let moved =
            (&before.address, before.port, before.jump_server_id) != (&after.address, after.port, after.jump_server_id);
        if moved {
            HostKey::forget_presented(connection, after.id)?;
        }
        if !after.enabled {
            ServerState::paused(connection, after.id, now)?;
        } else if moved || !before.enabled || before.credential_id != after.credential_id {
            ServerState::forgotten(connection, after.id, now)?;
        }
        Ok(after)
    }
}

/// Models name columns, `credential_id`; the API names what they mean, `credential`.
fn with_our_names(error: Error) -> Error {
    let Error::Invalid(problems) = error else { return error };
    let mut renamed = FieldErrors::default();
    for (field, problem) in problems.iter() {
        renamed.add(field.strip_suffix("_id").unwrap_or(field), problem.clone());
    }
    Error::Invalid(renamed)
}
