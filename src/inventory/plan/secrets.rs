//! Whether a secret that is given is another than the stored one: compared in memory, told only as changed or not.

use std::collections::BTreeMap;

use super::super::document::{CredentialEntry, Spot};
use super::super::facts::CredentialFacts;
use super::super::problem::Flaw;
use super::super::registry::Known;
use super::super::request::Request;
use super::{FieldChange, Means, Shown};
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::credentials::{Credential, CredentialKind, KeyFacts, Privileges, SecretChange, Secrets};
use crate::remote::describe_private_key;
use crate::secret::SecretText;

/// The secrets that are to be stored or forgotten.
#[derive(Debug, Default)]
pub(in crate::inventory) struct SecretsToKeep {
    pub(in crate::inventory) password: SecretChange,
    pub(in crate::inventory) private_key: SecretChange,
    pub(in crate::inventory) passphrase: SecretChange,
    pub(in crate::inventory) sudo_password: SecretChange,
    /// Of the private key, where it or its passphrase is another.
    pub(in crate::inventory) key: Option<Option<KeyFacts>>,
}

/// What comparing the secrets of one credential found.
#[derive(Debug, Default)]
pub(super) struct Compared {
    pub(super) wanted: SecretsToKeep,
    pub(super) fields: Vec<FieldChange>,
    pub(super) notes: Vec<Message>,
}

/// Compares the secrets of one credential.
pub(super) fn compare(
    connection: &mut Connection,
    means: Means<'_>,
    request: &Request,
    (entry, known): (&CredentialEntry, Option<&Known<Credential, CredentialFacts>>),
    flaws: &mut Vec<Flaw>,
) -> Result<Compared> {
    let given = given(request, entry, flaws);
    let mut stored = Secrets::default();
    if let Some(known) = known.filter(|_| !given.is_empty()) {
        stored = match known.row.open_secrets(connection, means.sealer, means.now) {
            // What cannot be opened is replaced by what is given.
            Err(Error::Remote(_)) => Secrets::default(),
            other => other?,
        };
    }
    let mut compared = Compared::default();
    let is_new_kind = known.is_some_and(|known| known.facts.kind != entry.kind);
    let is_key = entry.kind == CredentialKind::PrivateKey;
    let row = known.map(|known| &known.row);
    let asks = entry.privilege == Privileges::SudoPassword;
    for (key, before, has, is_needed, is_left_over) in [
        ("password", &stored.password, row.is_some_and(|row| row.has_password), !is_key, is_new_kind && is_key),
        (
            "private_key",
            &stored.private_key,
            row.is_some_and(|row| row.has_private_key),
            is_key,
            is_new_kind && !is_key,
        ),
        ("passphrase", &stored.passphrase, row.is_some_and(|row| row.has_passphrase), false, is_new_kind && !is_key),
        ("sudo_password", &stored.sudo_password, row.is_some_and(|row| row.has_sudo_password), asks, false),
    ] {
        let change = match given.get(key) {
            Some(secret) if before.as_ref().is_some_and(|before| before.expose() == secret.value.expose()) => {
                SecretChange::Keep
            }
            Some(secret) => SecretChange::Set(secret.value.clone()),
            None if is_left_over && has => SecretChange::Clear,
            None => SecretChange::Keep,
        };
        compared.change(key, change);
        if is_needed && !has && !given.contains_key(key) {
            let what = Message::new("{secret} is still to be entered in the browser").with("secret", key);
            compared.notes.push(what);
        }
    }
    compared.read_key(entry, &given, &stored, flaws);
    Ok(compared)
}

/// The secrets that are at hand; those that could not be read are told.
fn given(
    request: &Request,
    entry: &CredentialEntry,
    flaws: &mut Vec<Flaw>,
) -> BTreeMap<&'static str, Spot<SecretText>> {
    let mut given = BTreeMap::new();
    for (key, reference) in &entry.secrets {
        match request.secrets.0.get(&(reference.at.text, reference.value.clone())) {
            None => {}
            Some(Ok(secret)) => drop(given.insert(*key, reference.with(secret.clone()))),
            Some(Err(what)) => flaws.push(Flaw { at: reference.at, what: what.clone(), other: None }),
        }
    }
    given
}

impl SecretsToKeep {
    fn place(&mut self, key: &str) -> &mut SecretChange {
        match key {
            "password" => &mut self.password,
            "private_key" => &mut self.private_key,
            "passphrase" => &mut self.passphrase,
            _ => &mut self.sudo_password,
        }
    }
}

impl Compared {
    /// What is to become of a secret; told where it is something, once.
    fn change(&mut self, key: &'static str, change: SecretChange) {
        let is_told = self.fields.iter().any(|field| field.field == key);
        if !matches!(change, SecretChange::Keep) && !is_told {
            self.fields.push(FieldChange { field: key, column: key, shown: Shown::Secret });
        }
        *self.wanted.place(key) = change;
    }

    /// Opens a private key that is new, or whose passphrase is, to see whether it is one.
    fn read_key(
        &mut self,
        entry: &CredentialEntry,
        given: &BTreeMap<&'static str, Spot<SecretText>>,
        stored: &Secrets,
        flaws: &mut Vec<Flaw>,
    ) {
        let is_new = !matches!(self.wanted.private_key, SecretChange::Keep);
        if !is_new && matches!(self.wanted.passphrase, SecretChange::Keep) {
            return;
        }
        let of = |key: &str, before: &Option<SecretText>| {
            given.get(key).map(|secret| secret.value.clone()).or_else(|| before.clone())
        };
        // A new key comes with its own passphrase, or with none.
        let passphrase = of("passphrase", if is_new { &None } else { &stored.passphrase });
        if is_new && passphrase.is_none() && stored.passphrase.is_some() {
            self.change("passphrase", SecretChange::Clear);
        }
        let key = match self.wanted.private_key {
            SecretChange::Clear => None,
            _ => of("private_key", &stored.private_key),
        };
        let Some(key) = key else {
            self.wanted.key = Some(None);
            return;
        };
        match describe_private_key(&key, passphrase.as_ref()) {
            Ok(key) => {
                self.wanted.key = Some(Some(KeyFacts { algorithm: key.algorithm, fingerprint: key.fingerprint }));
            }
            Err(problem) => {
                let places = [problem.field, "private_key", "passphrase"];
                let at = places.into_iter().find_map(|key| given.get(key)).map(|secret| secret.at);
                flaws.push(Flaw { at: at.unwrap_or(entry.name.at), what: problem.message, other: None });
            }
        }
    }
}
