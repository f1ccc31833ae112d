//! How servers are reached: addresses, pinned keys, credentials with their secrets open, and the servers on the way. Read in as few
//! questions for many servers as for one.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use chrono::{DateTime, Utc};

use super::{Auth, Endpoint, PinnedKey};
use crate::commands::script::Privilege;
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result};
use crate::models::credentials::{Credential, CredentialKind, Privileges, Secrets};
use crate::models::host_keys::HostKey;
use crate::models::ids::{CredentialId, ServerId};
use crate::models::servers::Server;
use crate::secret::seal::Sealer;

/// What the database knows of the ways to some servers. It holds open secrets: it is made for one question, and dropped.
pub(super) struct Ways {
    servers: BTreeMap<ServerId, Server>,
    pins: BTreeMap<ServerId, Vec<PinnedKey>>,
    credentials: BTreeMap<CredentialId, (Credential, Secrets)>,
}

impl Ways {
    /// Of these servers, and of those that they are reached through. One that was removed is missing.
    pub(super) fn load(connection: &mut Connection, ids: &[ServerId]) -> Result<Self> {
        let servers = Server::with_jumps(connection, ids)?;
        let mut pins: BTreeMap<ServerId, Vec<PinnedKey>> = BTreeMap::new();
        for key in HostKey::trusted_of_all(connection, &servers.keys().copied().collect::<Vec<_>>())? {
            let pin = PinnedKey { algorithm: key.algorithm, public_key: key.public_key };
            pins.entry(key.server_id).or_default().push(pin);
        }
        Ok(Self { servers, pins, credentials: BTreeMap::new() })
    }

    /// The way to one of them. Secrets are opened for whoever needs them first; what does not open fails for each.
    pub(super) fn endpoint(
        &mut self,
        connection: &mut Connection,
        id: ServerId,
        (sealer, now): (&Sealer, DateTime<Utc>),
    ) -> Result<Endpoint> {
        let way: Vec<Server> = Server::way(&self.servers, id)?.into_iter().cloned().collect();
        let mut through = None;
        // From the far end to the server itself: each is reached through the one before.
        for server in way.into_iter().rev() {
            through = Some(Box::new(self.single(connection, server, through, (sealer, now))?));
        }
        through.map(|endpoint| *endpoint).ok_or(Error::NotFound("The server"))
    }

    /// One server of a chain. Its identity holds everything that makes a kept connection the right one (H03).
    fn single(
        &mut self,
        connection: &mut Connection,
        server: Server,
        jump: Option<Box<Endpoint>>,
        (sealer, now): (&Sealer, DateTime<Utc>),
    ) -> Result<Endpoint> {
        let Some(credential_id) = server.credential_id else {
            return Err(RemoteError::NoCredential { server: server.name }.into());
        };
        let (credential, secrets) = match self.credentials.entry(credential_id) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                let credential = Credential::by_id(connection, credential_id)?;
                let secrets = credential.open_secrets(connection, sealer, now)?;
                place.insert((credential, secrets))
            }
        };
        let pins = self.pins.get(&server.id).cloned().unwrap_or_default();
        let pinned: Vec<&str> = pins.iter().map(|pin| pin.public_key.as_str()).collect();
        let identity = format!(
            "{}/{}@{}:{}/credential {}.{}/version {}/keys {}/through {}",
            server.id,
            credential.user_name,
            server.address,
            server.port,
            credential.id,
            credential.version,
            server.version,
            pinned.join(","),
            jump.as_ref().map_or("nobody", |jump| jump.identity.as_str()),
        );
        Ok(Endpoint {
            id: server.id,
            port: u16::try_from(server.port).map_err(Error::internal)?,
            name: server.name,
            address: server.address,
            privilege: privilege(credential),
            user: credential.user_name.clone(),
            credential_name: credential.name.clone(),
            credential: auth(credential, secrets)?,
            identity,
            pins,
            jump,
            legacy_algorithms: server.legacy_algorithms,
            sudo_password: secrets.sudo_password.clone(),
            enabled: server.enabled,
        })
    }
}

/// What a credential signs in with.
fn auth(credential: &Credential, secrets: &Secrets) -> Result<Auth> {
    let missing = || RemoteError::CredentialUnusable {
        credential: credential.name.clone(),
        why: "it holds no secret yet".into(),
    };
    Ok(match credential.kind {
        CredentialKind::Password => Auth::Password(secrets.password.clone().ok_or_else(missing)?),
        CredentialKind::PrivateKey => Auth::PrivateKey {
            key: secrets.private_key.clone().ok_or_else(missing)?,
            passphrase: secrets.passphrase.clone(),
        },
    })
}

/// How the user of a credential becomes root.
pub(super) fn privilege(credential: &Credential) -> Privilege {
    match credential.privilege {
        _ if credential.user_name == "root" => Privilege::AlreadyRoot,
        Privileges::None => Privilege::None,
        Privileges::Sudo => Privilege::Sudo,
        Privileges::SudoPassword => Privilege::SudoPassword,
    }
}
