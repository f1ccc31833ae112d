//! Where a form says that a server is: from what was typed, and for the rest from what is stored.

use crate::admin::resource::By;
use crate::admin::resources::credentials;
use crate::admin::resources::servers::{Draft, OWN, Row};
use crate::commands::script::Privilege;
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result};
use crate::models::credentials::{Credential, CredentialKind, Privileges, Secrets};
use crate::models::host_keys::HostKey;
use crate::remote::{Auth, Endpoint, PinnedKey};
use crate::secret::SecretText;

/// How we sign in.
struct Login {
    name: String,
    user: String,
    auth: Auth,
    privilege: Privilege,
    sudo_password: Option<SecretText>,
}

/// The server as its form says. What it is reached through, `jump`, is as it is stored.
pub(super) fn of_draft(
    connection: &mut Connection,
    by: &By,
    row: &Row,
    draft: &Draft,
    jump: Option<Endpoint>,
) -> Result<Endpoint> {
    let login = match draft.credential.as_str() {
        OWN => of_own(draft)?,
        "" => return Err(RemoteError::NoCredential { server: draft.name.clone() }.into()),
        name => of_stored(connection, by, name)?,
    };
    let pins = HostKey::trusted(connection, row.server.id)?.into_iter();
    Ok(Endpoint {
        id: row.server.id,
        name: draft.name.clone(),
        address: draft.address.clone(),
        port: u16::try_from(draft.port).map_err(Error::internal)?,
        user: login.user,
        credential_name: login.name,
        credential: login.auth,
        // Never the identity of the server's own work: what is typed may differ from what is stored.
        identity: format!("test of {} at {}", row.server.id, by.at.timestamp_micros()),
        pins: pins.map(|key| PinnedKey { algorithm: key.algorithm, public_key: key.public_key }).collect(),
        jump: jump.map(Box::new),
        legacy_algorithms: draft.legacy_algorithms,
        privilege: login.privilege,
        sudo_password: login.sudo_password,
        enabled: draft.enabled,
    })
}

fn of_own(draft: &Draft) -> Result<Login> {
    let (own, secrets) = (&draft.own, credentials::secrets_of(&draft.own));
    login(&draft.name, &own.user_name, credentials::kind(own)?, credentials::privilege(own)?, secrets)
}

fn of_stored(connection: &mut Connection, by: &By, name: &str) -> Result<Login> {
    let credential = Credential::by_name(connection, name)?;
    let secrets = credential.open_secrets(connection, &by.app.sealer, by.at)?;
    login(&credential.name, &credential.user_name, credential.kind, credential.privilege, secrets)
}

fn login(name: &str, user: &str, kind: CredentialKind, privileges: Privileges, secrets: Secrets) -> Result<Login> {
    let missing =
        |what: &'static str| RemoteError::CredentialUnusable { credential: name.to_owned(), why: what.into() };
    let auth = match kind {
        CredentialKind::Password => Auth::Password(secrets.password.ok_or_else(|| missing("no password is stored"))?),
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
    Ok(Login { name, user, auth, privilege, sudo_password: secrets.sudo_password })
}
