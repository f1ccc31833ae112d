//! Adding and changing a credential: what is sent is checked before it is sealed.

use actix_web::web;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::api::input;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::models::credentials::{
    Credential, CredentialChanges, CredentialKind, KeyFacts, NewCredential, Privileges, SecretChange, Secrets,
};
use crate::remote::describe_private_key;
use crate::secret::SecretText;
use crate::secret::seal::Sealer;

/// The longest password, passphrase or private key, in bytes.
const LONGEST_SECRET: usize = 64 << 10;

/// A credential to be added.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCredential)]
pub struct CredentialToAdd {
    /// Lower-case letters, digits, dots and hyphens, at most 63.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$", example = "deploy-key")]
    name: String,
    /// The user on the server.
    #[schema(example = "deploy")]
    user_name: String,
    /// `password` or `private_key`; absent: by what is given.
    #[serde(default)]
    #[schema(value_type = Option<String>, example = "private_key")]
    kind: Option<CredentialKind>,
    /// How this user becomes root: `none`, `sudo` (without a password), `sudo_password`.
    #[serde(default)]
    #[schema(value_type = Option<String>, default = "sudo")]
    privilege: Option<Privileges>,
    /// The password to sign in with.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    password: Option<SecretText>,
    /// The text of a private key file: OpenSSH, PKCS#1 or PKCS#8.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    private_key: Option<SecretText>,
    /// What opens the private key.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    passphrase: Option<SecretText>,
    /// What `sudo` is told.
    #[serde(default)]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    sudo_password: Option<SecretText>,
    /// What people wrote about it.
    #[serde(default)]
    note: String,
}

/// What is to change about a credential; what is not given stays, null forgets a secret.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = CredentialChanges)]
pub struct CredentialToChange {
    /// Its new name.
    #[schema(pattern = "^[a-z0-9][a-z0-9.-]{0,62}$")]
    name: Option<String>,
    /// The user on the server.
    user_name: Option<String>,
    /// `password` or `private_key`.
    #[schema(value_type = Option<String>)]
    kind: Option<CredentialKind>,
    /// How this user becomes root: `none`, `sudo`, `sudo_password`.
    #[schema(value_type = Option<String>)]
    privilege: Option<Privileges>,
    /// The password to sign in with.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    password: Option<Option<SecretText>>,
    /// The text of a private key file.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    private_key: Option<Option<SecretText>>,
    /// What opens the private key.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    passphrase: Option<Option<SecretText>>,
    /// What `sudo` is told.
    #[serde(default, deserialize_with = "input::given")]
    #[schema(value_type = Option<String>, write_only, format = Password)]
    sudo_password: Option<Option<SecretText>>,
    /// What people wrote about it.
    note: Option<String>,
}

/// A credential that can be added.
pub(super) struct Checked {
    wish: CredentialToAdd,
    kind: CredentialKind,
    key: Option<KeyFacts>,
}

impl CredentialToAdd {
    /// Looks whether what is given fits together, and reads the private key.
    pub(super) async fn check(self) -> Result<Checked> {
        let usual = if self.private_key.is_some() { CredentialKind::PrivateKey } else { CredentialKind::Password };
        let kind = self.kind.unwrap_or(usual);
        let mut errors = FieldErrors::default();
        let required = "This field is required";
        if kind == CredentialKind::Password && self.password.is_none() {
            errors.add("password", required);
        }
        if kind == CredentialKind::PrivateKey && self.private_key.is_none() {
            errors.add("private_key", required);
        }
        if self.privilege == Some(Privileges::SudoPassword) && self.sudo_password.is_none() {
            errors.add("sudo_password", required);
        }
        bound(&mut errors, "password", self.password.as_ref());
        bound(&mut errors, "private_key", self.private_key.as_ref());
        bound(&mut errors, "passphrase", self.passphrase.as_ref());
        bound(&mut errors, "sudo_password", self.sudo_password.as_ref());
        errors.or(())?;
        let key = match &self.private_key {
            Some(text) => Some(read_key(text.clone(), self.passphrase.clone()).await?),
            None => None,
        };
        Ok(Checked { wish: self, kind, key })
    }
}

impl Checked {
    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.wish.name
    }

    /// Adds it.
    pub(super) fn add(self, connection: &mut Connection, sealer: &Sealer, now: DateTime<Utc>) -> Result<Credential> {
        let wish = self.wish;
        let secrets = Secrets {
            password: wish.password,
            private_key: wish.private_key,
            passphrase: wish.passphrase,
            sudo_password: wish.sudo_password,
        };
        NewCredential {
            name: &wish.name,
            user_name: &wish.user_name,
            kind: self.kind,
            privilege: wish.privilege.unwrap_or(Privileges::Sudo),
            note: &wish.note,
            key: self.key.as_ref(),
            secrets: &secrets,
        }
        .insert(connection, sealer, now)
    }
}

impl CredentialToChange {
    /// The names of the fields that were given.
    pub(super) fn fields(&self) -> Vec<&'static str> {
        let given = [
            ("name", self.name.is_some()),
            ("user_name", self.user_name.is_some()),
            ("kind", self.kind.is_some()),
            ("privilege", self.privilege.is_some()),
            ("password", self.password.is_some()),
            ("private_key", self.private_key.is_some()),
            ("passphrase", self.passphrase.is_some()),
            ("sudo_password", self.sudo_password.is_some()),
            ("note", self.note.is_some()),
        ];
        given.into_iter().filter_map(|(field, given)| given.then_some(field)).collect()
    }

    /// Looks whether what is given can be used, and reads a new private key.
    pub(super) async fn check(self) -> Result<CredentialChanges> {
        let mut errors = FieldErrors::default();
        let secrets = [
            ("password", &self.password),
            ("private_key", &self.private_key),
            ("passphrase", &self.passphrase),
            ("sudo_password", &self.sudo_password),
        ];
        for (field, secret) in secrets {
            bound(&mut errors, field, secret.as_ref().and_then(Option::as_ref));
        }
        errors.or(())?;
        let key = match &self.private_key {
            Some(Some(text)) => Some(Some(read_key(text.clone(), self.passphrase.clone().flatten()).await?)),
            Some(None) => Some(None),
            None => None,
        };
        // A passphrase belongs to its key: another key without one forgets it.
        let passphrase = match (self.passphrase, &key) {
            (Some(passphrase), _) => change(Some(passphrase)),
            (None, Some(_)) => SecretChange::Clear,
            (None, None) => SecretChange::Keep,
        };
        Ok(CredentialChanges {
            name: self.name,
            user_name: self.user_name,
            kind: self.kind,
            privilege: self.privilege,
            note: self.note,
            key,
            password: change(self.password),
            private_key: change(self.private_key),
            passphrase,
            sudo_password: change(self.sudo_password),
            managed_by: None,
        })
    }
}

fn change(given: Option<Option<SecretText>>) -> SecretChange {
    match given {
        None => SecretChange::Keep,
        Some(None) => SecretChange::Clear,
        Some(Some(secret)) => SecretChange::Set(secret),
    }
}

fn bound(errors: &mut FieldErrors, field: &'static str, secret: Option<&SecretText>) {
    if secret.is_some_and(|secret| secret.expose().is_empty()) {
        errors.add(field, "This must not be empty");
    }
    if secret.is_some_and(|secret| secret.expose().len() > LONGEST_SECRET) {
        errors.add(field, "This is longer than 64 KiB");
    }
}

/// What is shown of a private key. Opening an encrypted one takes a while, so it is not done on this thread.
async fn read_key(text: SecretText, passphrase: Option<SecretText>) -> Result<KeyFacts> {
    let described = web::block(move || describe_private_key(&text, passphrase.as_ref())).await;
    let key = described.map_err(Error::internal)?.map_err(|problem| Error::field(problem.field, problem.message))?;
    Ok(KeyFacts { algorithm: key.algorithm, fingerprint: key.fingerprint })
}
