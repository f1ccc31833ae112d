//! Turns to connect: so many at the same time, and nobody waits behind those that are not like him (R01). Knows no server.

use tokio::sync::{Semaphore, SemaphorePermit};

/// Connections that people wait for, opened at the same time; those of the sampler are counted apart.
const ASKING: usize = 32;

/// Why a connection is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Somebody waits for an answer.
    Asking,
    /// Numbers are wanted from time to time.
    Watching,
}

/// Who may connect at this moment.
#[derive(Debug)]
pub(super) struct Turns {
    asking: Semaphore,
    watching: Semaphore,
    /// Servers that did not answer the last time do not stand in the way of those that did.
    retrying: Semaphore,
}

impl Turns {
    /// So many at a time for the sampler, and as many again for servers that failed the last time.
    pub(super) fn new(connecting: usize) -> Self {
        Self {
            asking: Semaphore::new(ASKING),
            watching: Semaphore::new(connecting),
            retrying: Semaphore::new(connecting),
        }
    }

    /// Waits for a turn; it ends with what is returned.
    pub(super) async fn take(&self, purpose: Purpose, has_failed: bool) -> Option<SemaphorePermit<'_>> {
        let turns = match purpose {
            Purpose::Asking => &self.asking,
            Purpose::Watching if has_failed => &self.retrying,
            Purpose::Watching => &self.watching,
        };
        // Turns are never closed.
        turns.acquire().await.ok()
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn rel_r01_servers_that_failed_wait_for_each_other_and_for_nobody_else() {
        let turns = Turns::new(1);
        let _dead = turns.take(Purpose::Watching, true).await;
        assert!(turns.take(Purpose::Watching, true).now_or_never().is_none());
        let _good = turns.take(Purpose::Watching, false).now_or_never().unwrap();
        assert!(turns.take(Purpose::Asking, true).now_or_never().is_some(), "whoever asks waits for no sampler");
    }
}
