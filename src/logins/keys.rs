//! Whose the keys are by which people sign in, as far as somebody told.

use std::collections::HashMap;

use crate::db::Connection;
use crate::error::Result;
use crate::models::credentials::Credential;
use crate::models::ids::ServerId;
use crate::models::known_keys::{KeyOwner, KnownKey};
use crate::models::login_events::LoginEvent;

/// Whose keys are.
#[derive(Debug, Clone, Default)]
pub struct Owners {
    told: HashMap<String, KeyOwner>,
    credentials: HashMap<String, String>,
}

impl Owners {
    /// Of the keys of `events` on `server`, as the servers of `sees_on` tell: those on which the reader may see what is written
    /// about keys.
    pub fn of(
        connection: &mut Connection,
        events: &[LoginEvent],
        (sees_on, server): (&[ServerId], ServerId),
    ) -> Result<Self> {
        let mut keys: Vec<String> = events.iter().map(|event| event.fingerprint.clone()).collect();
        keys.retain(|key| !key.is_empty());
        keys.sort();
        keys.dedup();
        if keys.is_empty() {
            return Ok(Self::default());
        }
        let told = KnownKey::owners(connection, &keys, (sees_on, server))?;
        Ok(Self { told, credentials: Credential::by_fingerprints(connection, &keys)? })
    }

    /// What is written about the key, hostile; empty where nobody told.
    pub fn told(&self, fingerprint: &str) -> String {
        match self.told.get(fingerprint) {
            Some(owner) if owner.comment.is_empty() => format!("{}@{}", owner.user_name, owner.server),
            Some(owner) => owner.comment.clone(),
            None => String::new(),
        }
    }

    /// The name of hannun's credential that has it, for administrators.
    pub fn credential(&self, fingerprint: &str) -> Option<&str> {
        self.credentials.get(fingerprint).map(String::as_str)
    }
}
