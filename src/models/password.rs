//! Passwords off the async threads: two hashes at a time, and nobody waits for long (A02).

use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tracing::Span;

use crate::error::{Error, Result};
use crate::language::Message;
use crate::secret::SecretText;
use crate::secret::password::{self, PasswordHash, Verdict, Workspace};

/// Hashes at the same time: each takes 19 MiB and a core.
const AT_ONCE: usize = 2;
/// How long one waits for its turn before the person is asked to try again.
const PATIENCE: Duration = Duration::from_secs(3);

/// Hashes and compares passwords for the whole process.
///
/// On threads of its own, each with memory that it keeps: on the threads that everybody shares, two hundred sign-ins took
/// 480 MiB, most of which stayed.
#[derive(Debug, Clone)]
pub struct PasswordHasher {
    turns: Arc<Semaphore>,
    patience: Duration,
    /// Where the threads hear of their work, once there are any; they end with the last of its clones.
    work: Arc<OnceLock<Sender<Work>>>,
}

type Work = Box<dyn FnOnce(&mut Workspace) + Send>;

impl Default for PasswordHasher {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), patience: PATIENCE, work: Arc::default() }
    }
}

impl PasswordHasher {
    /// The hash to store of a password that passed `secret::password::problem`.
    pub async fn hash(&self, password: SecretText) -> Result<PasswordHash> {
        self.run(move |workspace| password::hash(&password, workspace)).await?
    }

    /// Whether `password` is the one of `stored`. Pass `None` for a user who does not exist: it costs the same (A03).
    pub async fn verify(&self, password: SecretText, stored: Option<PasswordHash>) -> Result<Verdict> {
        self.run(move |workspace| password::verify(&password, stored.as_ref(), workspace)).await?
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&mut Workspace) -> T + Send + 'static) -> Result<T> {
        let turn = tokio::time::timeout(self.patience, Arc::clone(&self.turns).acquire_owned())
            .await
            .map_err(|_elapsed| Error::Unavailable(Message::new("Too many people are signing in at this moment")))?
            .map_err(Error::internal)?;
        let (span, (give, take)) = (Span::current(), oneshot::channel());
        let work: Work = Box::new(move |workspace| {
            // Held until the work is done, also when the request that asked for it is gone.
            let _turn = turn;
            drop(give.send(span.in_scope(|| work(workspace))));
        });
        self.work.get_or_init(start_threads).send(work).map_err(|_gone| no_thread())?;
        take.await.map_err(|_gone| no_thread())
    }
}

fn no_thread() -> Error {
    Error::internal(anyhow::anyhow!("no thread hashes passwords"))
}

fn start_threads() -> Sender<Work> {
    let (give, take) = mpsc::channel();
    let take = Arc::new(Mutex::new(take));
    for _ in 0..AT_ONCE {
        let take = Arc::clone(&take);
        let started = thread::Builder::new().name("passwords".to_owned()).spawn(move || work_on(&take));
        if let Err(problem) = started {
            tracing::error!(%problem, "a thread for passwords could not be started");
        }
    }
    give
}

/// Works until nobody is left who could send anything.
fn work_on(take: &Mutex<Receiver<Work>>) {
    let mut workspace = Workspace::default();
    loop {
        let next = take.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(work) = next else { return };
        work(&mut workspace);
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
