//! Where a form says that a server is: from what was typed, and for the rest from what is stored.

use crate::admin::resource::By;
use crate::admin::resources::credentials;
use crate::admin::resources::servers::{Draft, OWN, Row};
use crate::commands::script::Privilege;
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result};
use crate::models::actor::Scope;
use crate::models::credentials::{Credential, CredentialKind, Privileges, Secrets};
use crate::models::host_keys::HostKey;
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::remote::{Auth, Endpoint, PinnedKey};

/// How we sign in.
struct Login {
    name: String,
    user: String,
    auth: Auth,
    privilege: Privilege,
    sudo_password: Option<crate::secret::SecretText>,
    /// Part of the connection's identity (H03).
    version: String,
}

/// The server as its form says.
pub(super) fn of_draft(connection: &mut Connection, by: &By, row: &Row, draft: &Draft) -> Result<Endpoint> {
    let login = match draft.credential.as_str() {
        OWN => of_own(draft)?,
        "" => return Err(RemoteError::NoCredential { server: draft.name.clone() }.into()),
        name => {
            let credential = Credential::by_name(connection, name)?;
            of_stored_credential(connection, by, &credential)?
        }
    };
    let jump = match draft.jump_server.as_str() {
        "" => None,
        name => {
            let server = Server::by_name(connection, &Scope::All, name)?;
            Some(Box::new(of_stored(connection, by, &server, 0)?))
        }
    };
    // A test never shares a connection with the server's own work: what is typed may differ from what is stored.
    let identity = format!("test of {} at {}", row.server.id, by.at.timestamp_micros());
    let port = draft.port();
    let place = Place { id: row.server.id, name: &draft.name, address: &draft.address, port };
    endpoint(connection, place, login, jump, identity, (draft.legacy_algorithms, draft.enabled))
}

/// A stored server: the way to another one.
fn of_stored(connection: &mut Connection, by: &By, server: &Server, depth: usize) -> Result<Endpoint> {
    let Some(id) = server.credential_id else {
        return Err(RemoteError::NoCredential { server: server.name.clone() }.into());
    };
    let credential = Credential::by_id(connection, id)?;
    let login = of_stored_credential(connection, by, &credential)?;
    let jump = match server.jump_server_id {
        // A circle cannot be stored; the bound is for a database that somebody else wrote to.
        Some(next) if depth < 8 => {
            let next = Server::by_id(connection, &Scope::All, next)?;
            Some(Box::new(of_stored(connection, by, &next, depth + 1)?))
        }
        _ => None,
    };
    let identity = format!("{} version {} with {}", server.id, server.version, login.version);
    let place = Place { id: server.id, name: &server.name, address: &server.address, port: server.port };
    endpoint(connection, place, login, jump, identity, (server.legacy_algorithms, server.enabled))
}

/// Where a server is.
struct Place<'a> {
    id: ServerId,
    name: &'a str,
    address: &'a str,
    port: i32,
}

fn endpoint(
    connection: &mut Connection,
    place: Place<'_>,
    login: Login,
    jump: Option<Box<Endpoint>>,
    identity: String,
    (legacy_algorithms, enabled): (bool, bool),
) -> Result<Endpoint> {
    let pins = HostKey::trusted(connection, place.id)?.into_iter();
    Ok(Endpoint {
        id: place.id,
        name: place.name.to_owned(),
        address: place.address.to_owned(),
        port: u16::try_from(place.port).map_err(Error::internal)?,
        user: login.user,
        credential_name: login.name,
        credential: login.auth,
        identity,
        pins: pins.map(|key| PinnedKey { algorithm: key.algorithm, public_key: key.public_key }).collect(),
        jump,
        legacy_algorithms,
        privilege: login.privilege,
        sudo_password: login.sudo_password,
        enabled,
    })
}

fn of_own(draft: &Draft) -> Result<Login> {
    let (own, secrets) = (&draft.own, credentials::secrets_of(&draft.own)?);
    login(&draft.name, &own.user_name, credentials::kind(own)?, credentials::privilege(own)?, secrets, String::new())
}

fn of_stored_credential(connection: &mut Connection, by: &By, credential: &Credential) -> Result<Login> {
    let secrets = credential.open_secrets(connection, &by.app.sealer, by.at)?;
    let version = format!("{} version {}", credential.id, credential.version);
    login(&credential.name, &credential.user_name, credential.kind, credential.privilege, secrets, version)
}

fn login(
    name: &str,
    user: &str,
    kind: CredentialKind,
    privileges: Privileges,
    secrets: Secrets,
    version: String,
) -> Result<Login> {
    let missing = |what: &'static str| RemoteError::CredentialUnusable { credential: name.to_owned(), why: what.into() };
    let auth = match kind {
        CredentialKind::Password => {
            Auth::Password(secrets.password.ok_or_else(|| missing("no password is stored"))?)
        }
        CredentialKind::PrivateKey => Auth::PrivateKey {
            key: secrets.private_key.ok_or_else(|| missing("no private key is stored"))?,
            passphrase: secrets.passphrase,
        },
    };
    let privilege = match privileges {
        _ if user == "root" => Privilege::AlreadyRoot,
        Privileges::None => Privilege::None,
        Privileges::Sudo => Privilege::Sudo,
        Privileges::SudoPassword => Privilege::SudoPassword,
    };
    let (name, user) = (name.to_owned(), user.to_owned());
    Ok(Login { name, user, auth, privilege, sudo_password: secrets.sudo_password, version })
}
