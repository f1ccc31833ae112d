//! Passwords off the async threads: two hashes at a time, and nobody waits for long (A02).

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tracing::Span;

use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::secret::password::{self, PasswordHash, Verdict};

/// Hashes at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long one waits for its turn before the person is asked to try again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hashes and compares passwords for the whole process.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    turns: Arc<Semaphore>,
    patience: Duration,
}

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), patience: PATIENCE }
    }
}

impl PasswordHasher {
    /// The hash to store of a password that passed `secret::password::problem`.
    pub async fn hash(&self, password: SecretText) -> Result<PasswordHash> {
        self.run(move || password::hash(&password)).await?
    }

    /// Whether `password` is the one of `stored`. Pass `None` for a user who does not exist: it costs the same (A03).
    pub async fn verify(&self, password: SecretText, stored: Option<PasswordHash>) -> Result<Verdict> {
        self.run(move || password::verify(&password, stored.as_ref())).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_elapsed| Error::Unavailable(Message::new("Too many people are signing in at this moment")))?
            .map_err(Error::internal)?;
        let span = Span::current();
        let task = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when the request that asked for it is gone.
            let _turn = turn;
            span.in_scope(work)
        });
        task.await.map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sec_a02_who_does_not_get_a_turn_in_time_is_asked_to_try_again() {
        assert_eq!(PasswordHasher::default().patience, Duration::from_secs(3));
        let hasher = PasswordHasher { patience: Duration::from_millis(10), ..PasswordHasher::default() };
        let _all = Arc::clone(&hasher.turns).acquire_many_owned(2).await.unwrap();
        let answer = hasher.hash(SecretText::new("correct horse battery".to_owned())).await;
        assert!(matches!(answer, Err(Error::Unavailable(_))), "{answer:?}");
    }

    #[tokio::test]
    async fn a_hashed_password_is_recognised() {
        let hasher = PasswordHasher::default();
        let password = SecretText::new("correct horse battery".to_owned());
        let hash = hasher.hash(password.clone()).await.unwrap();
        assert!(hasher.verify(password, Some(hash)).await.unwrap().right);
    }
}
