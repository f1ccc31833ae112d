//! Ways to sign in that several servers share, as credentials: one that is there already is used again.

use std::collections::{BTreeMap, HashMap};

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::inventory::import::found::{FoundSecret, FoundServer, SignIn};
use crate::inventory::import::names::Names;
use crate::inventory::plan::Means;
use crate::models::actor::Scope;
use crate::models::credentials::{Credential, CredentialKind, Privileges};
use crate::models::names::slug;
use crate::secret::SecretText;

/// The user who needs no `sudo`.
const ROOT: &str = "root";

/// The credentials of some servers.
#[derive(Debug, Default)]
pub(super) struct Credentials {
    /// Those that are to be added, by name.
    pub(super) new: BTreeMap<String, Wanted>,
    /// Of each server, by its name. One of which no user is known has none.
    pub(super) by_server: HashMap<String, String>,
}

/// A credential as it is to be.
#[derive(Debug, Clone)]
pub(super) struct Wanted {
    pub(super) user: String,
    pub(super) kind: CredentialKind,
    pub(super) privilege: Privileges,
    /// The private key's file on the person's own machine, which says which key is to be entered.
    pub(super) key_file: Option<String>,
    pub(super) password: Option<SecretText>,
    pub(super) sudo_password: Option<SecretText>,
}

/// Finds or names the credential of each server.
pub(super) fn of(connection: &mut Connection, means: Means<'_>, servers: &[&FoundServer]) -> Result<Credentials> {
    let mut naming = Naming::load(connection, means)?;
    let mut credentials = Credentials::default();
    let mut seen: Vec<(Wanted, String)> = Vec::new();
    for server in servers {
        let Some(wanted) = Wanted::of(&server.sign_in) else { continue };
        let name = if let Some((_, name)) = seen.iter().find(|(other, _)| other.is_the_same_as(&wanted)) {
            name.clone()
        } else {
            let (name, is_new) = naming.name(connection, &wanted)?;
            if is_new {
                credentials.new.insert(name.clone(), wanted.clone());
            }
            seen.push((wanted, name.clone()));
            name
        };
        credentials.by_server.insert(server.name.clone(), name);
    }
    Ok(credentials)
}

impl Wanted {
    fn of(sign_in: &SignIn) -> Option<Self> {
        let given = |secret: &FoundSecret| match secret {
            FoundSecret::Given(secret) => Some(secret.clone()),
            FoundSecret::Absent | FoundSecret::NeedsValue => None,
        };
        let user = sign_in.user.clone()?;
        let privilege = match sign_in.sudo.as_ref().filter(|_| user != ROOT) {
            None => Privileges::None,
            Some(FoundSecret::Absent) => Privileges::Sudo,
            Some(FoundSecret::NeedsValue | FoundSecret::Given(_)) => Privileges::SudoPassword,
        };
        // Where a key and a password are named, the key signs in; a password that is the only one does.
        let is_password = sign_in.key_file.is_none() && sign_in.password.is_there();
        let asks = privilege == Privileges::SudoPassword;
        Some(Self {
            user,
            kind: if is_password { CredentialKind::Password } else { CredentialKind::PrivateKey },
            privilege,
            key_file: sign_in.key_file.clone(),
            password: given(&sign_in.password).filter(|_| is_password),
            sudo_password: sign_in.sudo.as_ref().and_then(given).filter(|_| asks),
        })
    }

    fn is_the_same_as(&self, other: &Self) -> bool {
        let text = |secret: &Option<SecretText>| secret.as_ref().map(|secret| secret.expose().clone());
        (&self.user, self.kind, self.privilege, &self.key_file)
            == (&other.user, other.kind, other.privilege, &other.key_file)
            && text(&self.password) == text(&other.password)
            && text(&self.sudo_password) == text(&other.sudo_password)
    }

    /// `deploy-id-ed25519`, `deploy`
    fn base(&self) -> String {
        let file = self.key_file.as_deref().and_then(|path| path.rsplit(['/', '\\']).next()).unwrap_or_default();
        let stem = file.strip_suffix(".pem").or_else(|| file.strip_suffix(".key")).unwrap_or(file);
        if stem.is_empty() { self.user.clone() } else { format!("{}-{stem}", self.user) }
    }
}

/// The names of credentials that are there or were given.
struct Naming<'m> {
    means: Means<'m>,
    there: HashMap<String, Credential>,
    given: Names,
}

impl<'m> Naming<'m> {
    fn load(connection: &mut Connection, means: Means<'m>) -> Result<Self> {
        let there: HashMap<String, Credential> =
            Credential::all(connection)?.into_iter().map(|row| (row.name.clone(), row)).collect();
        let given = Names::with(there.keys().cloned());
        Ok(Self { means, there, given })
    }

    /// The name of a credential, and whether it is a new one.
    fn name(&mut self, connection: &mut Connection, wanted: &Wanted) -> Result<(String, bool)> {
        let base = slug(&wanted.base()).unwrap_or_else(|| "imported".to_owned());
        if let Some(row) = self.there.get(&base)
            && self.is_it(connection, row, wanted)?
        {
            return Ok((base, false));
        }
        Ok((self.given.give(&base, "imported"), true))
    }

    /// Whether a stored credential is the one that is wanted. Secrets are compared where the file has them.
    fn is_it(&self, connection: &mut Connection, row: &Credential, wanted: &Wanted) -> Result<bool> {
        if (&row.user_name, row.kind, row.privilege) != (&wanted.user, wanted.kind, wanted.privilege) {
            return Ok(false);
        }
        if wanted.password.is_none() && wanted.sudo_password.is_none() {
            return Ok(true);
        }
        // Whoever is limited to groups does not learn by a guess what is stored for others.
        if *self.means.actor.scope() != Scope::All {
            return Ok(false);
        }
        let stored = match row.open_secrets(connection, self.means.sealer, self.means.now) {
            Ok(stored) => stored,
            // One that cannot be opened is not used again.
            Err(Error::Remote(_)) => return Ok(false),
            Err(other) => return Err(other),
        };
        let fits = |wanted: &Option<SecretText>, stored: &Option<SecretText>| {
            wanted
                .as_ref()
                .is_none_or(|wanted| stored.as_ref().is_some_and(|stored| stored.expose() == wanted.expose()))
        };
        Ok(fits(&wanted.password, &stored.password) && fits(&wanted.sudo_password, &stored.sudo_password))
    }
}
