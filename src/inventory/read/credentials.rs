//! Credentials and groups.

use std::collections::BTreeMap;

use super::super::document::{CredentialEntry, Defaults, GroupEntry, SecretReference, Spot};
use super::super::shape::{CREDENTIAL, KINDS, PRIVILEGES};
use super::Reader;
use super::entry::Entry;
use crate::models::credentials::{CredentialKind, Privileges};

/// The secrets of a credential.
pub(in crate::inventory) const SECRETS: [&str; 4] = ["password", "private_key", "passphrase", "sudo_password"];

impl Reader {
    pub(super) fn group(&mut self, name: Spot<String>, entry: &Entry<'_>) -> GroupEntry {
        let defaults = Defaults { groups: None, ..self.defaults(entry) };
        GroupEntry { name, note: self.note_of(entry), allow: self.allow(entry), defaults }
    }

    pub(super) fn credential(
        &mut self,
        name: Spot<String>,
        entry: &Entry<'_>,
        usual_user: Option<&str>,
    ) -> Option<CredentialEntry> {
        let user = self.user(entry).or_else(|| usual_user.map(str::to_owned));
        if user.is_none() {
            self.missing(name.at, "user", &CREDENTIAL);
        }
        let mut secrets = BTreeMap::new();
        for key in SECRETS {
            if let Some(secret) = self.text(entry, key).and_then(|secret| self.secret(&secret)) {
                secrets.insert(key, secret);
            }
        }
        let privilege = self.word(entry, "privilege", PRIVILEGES).and_then(Privileges::from_name);
        let usual = if secrets.contains_key("sudo_password") { Privileges::SudoPassword } else { Privileges::Sudo };
        let privilege = privilege.unwrap_or(usual);
        let kind = self.kind(&name, entry, &secrets);
        self.fit(kind?, privilege, &secrets);
        Some(CredentialEntry { name, user: user?, kind: kind?, privilege, note: self.note_of(entry), secrets })
    }

    /// What is presented: said, or seen from the secret that is named.
    fn kind(
        &mut self,
        name: &Spot<String>,
        entry: &Entry<'_>,
        secrets: &BTreeMap<&'static str, Spot<SecretReference>>,
    ) -> Option<CredentialKind> {
        if entry.node("kind").is_some() {
            return self.word(entry, "kind", KINDS).and_then(CredentialKind::from_name);
        }
        match (entry.node("password").is_some(), entry.node("private_key").is_some()) {
            (true, false) => Some(CredentialKind::Password),
            (false, true) => Some(CredentialKind::PrivateKey),
            (false, false) if secrets.contains_key("passphrase") => Some(CredentialKind::PrivateKey),
            (false, false) => {
                self.flaw(name.at, "Say kind: password or kind: private_key, where no secret is named");
                None
            }
            (true, true) => {
                self.flaw(name.at, "Name a password or a private key, not both");
                None
            }
        }
    }

    /// Secrets that nobody would ask for are told.
    fn fit(
        &mut self,
        kind: CredentialKind,
        privilege: Privileges,
        secrets: &BTreeMap<&'static str, Spot<SecretReference>>,
    ) {
        let is_key = kind == CredentialKind::PrivateKey;
        for (key, is_used, what) in [
            ("password", !is_key, "A credential of kind private_key has no password to sign in with"),
            ("private_key", is_key, "A credential of kind password has no private key"),
            ("passphrase", is_key, "A credential of kind password has no passphrase"),
            ("sudo_password", privilege == Privileges::SudoPassword, "It is used with privilege: sudo_password only"),
        ] {
            if let Some(secret) = secrets.get(key).filter(|_| !is_used) {
                self.flaw(secret.at, what);
            }
        }
    }

    /// Where a secret is found. A secret itself is refused, and not repeated in the refusal.
    fn secret(&mut self, text: &Spot<String>) -> Option<Spot<SecretReference>> {
        let found = match text.value.split_once(':') {
            Some(("env", name)) if is_variable(name.trim()) => {
                Some(SecretReference::Environment(name.trim().to_owned()))
            }
            Some(("file", path)) if !path.trim().is_empty() => Some(SecretReference::File(path.trim().to_owned())),
            _ => None,
        };
        if found.is_none() {
            let what = "Write env:NAME or file:PATH, or leave it out and enter the secret in the browser: a secret does not belong in this file";
            self.flaw(text.at, what);
        }
        found.map(|found| text.with(found))
    }
}

fn is_variable(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
