//! A secret as a form sees it: whether there is one, never what it is.

use chrono::{DateTime, Utc};

use crate::secret::SecretText;

/// A secret in a draft: it can be replaced or removed, never read.
#[derive(Clone, Debug, Default)]
pub struct SecretDraft {
    /// Whether one is stored.
    pub stored: bool,
    /// When the stored one was last changed.
    pub changed_at: Option<DateTime<Utc>>,
    /// A new one.
    pub entered: Option<SecretText>,
    /// The stored one shall go.
    pub remove: bool,
}

impl SecretDraft {
    /// What a form shows of a secret.
    pub fn stored(stored: bool, changed_at: Option<DateTime<Utc>>) -> Self {
        Self { stored, changed_at: changed_at.filter(|_| stored), entered: None, remove: false }
    }

    /// Whether there will be one after saving.
    pub fn will_exist(&self) -> bool {
        self.entered.is_some() || (self.stored && !self.remove)
    }

    /// Whether saving changes it.
    pub fn changes(&self) -> bool {
        self.entered.is_some() || (self.stored && self.remove)
    }
}
