//! Whether somebody looks at any values in this process, and how new those are that other processes told.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, watch};

use super::looks::Looks;

/// What others told is read once a second while somebody looks: older than this, it is read again first.
const FRESH: Duration = Duration::from_millis(1_500);
/// How long a page waits for that.
const PATIENCE: Duration = Duration::from_millis(500);

/// Looks at any server, and what comes of them where others sample.
#[derive(Debug, Default)]
pub(in crate::metrics) struct Interest {
    looks: Mutex<Looks>,
    came: Notify,
    heard: watch::Sender<Heard>,
}

/// How new are the values that others told?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Heard {
    /// Nobody else samples: there are none.
    #[default]
    Nobody,
    /// Others sample; what they tell was not read yet.
    NotYet,
    /// As of this moment.
    At(Instant),
}

impl Interest {
    /// Somebody comes, looks, or leaves.
    pub(super) fn looks(&self, change: impl FnOnce(&mut Looks)) {
        let mut looks = self.looks.lock().unwrap_or_else(PoisonError::into_inner);
        let was_there = looks.anybody_here(Instant::now());
        change(&mut looks);
        drop(looks);
        if !was_there {
            self.came.notify_one();
        }
    }

    /// Somebody looks, and waits shortly for values of now.
    pub(super) async fn refresh(&self) {
        self.looks(Looks::passes);
        let mut heard = self.heard.subscribe();
        let seen = *heard.borrow_and_update();
        let is_fresh = match seen {
            Heard::Nobody => true,
            Heard::NotYet => false,
            Heard::At(at) => at.elapsed() < FRESH,
        };
        if !is_fresh {
            self.came.notify_one();
            drop(tokio::time::timeout(PATIENCE, heard.changed()).await);
        }
    }

    /// Whether somebody looks, or did lately.
    pub(in crate::metrics) fn is_there(&self) -> bool {
        self.looks.lock().unwrap_or_else(PoisonError::into_inner).anybody_here(Instant::now())
    }

    /// Waits until somebody begins to look, or wants values of now.
    pub(in crate::metrics) async fn comes(&self) {
        self.came.notified().await;
    }

    /// What others told is read up to now.
    pub(in crate::metrics) fn heard(&self) {
        self.heard.send_replace(Heard::At(Instant::now()));
    }

    /// Whether others sample at all.
    pub(in crate::metrics) fn others_sample(&self, do_they: bool) {
        self.heard.send_if_modified(|heard| {
            let before = *heard;
            match (do_they, before) {
                (true, Heard::Nobody) => *heard = Heard::NotYet,
                (false, _) => *heard = Heard::Nobody,
                (true, Heard::NotYet | Heard::At(_)) => {}
            }
            *heard != before
        });
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test]
    async fn where_nobody_else_samples_nobody_waits() {
        let interest = Interest::default();
        let begun = Instant::now();
        interest.refresh().await;
        assert!(begun.elapsed() < PATIENCE && interest.is_there());
    }

    #[tokio::test]
    async fn a_look_wakes_who_reads_and_waits_for_it() {
        let interest = Arc::new(Interest::default());
        interest.others_sample(true);
        let page = tokio::spawn({
            let interest = Arc::clone(&interest);
            async move { interest.refresh().await }
        });
        interest.comes().await;
        assert!(!page.is_finished());
        interest.heard();
        page.await.unwrap();
    }

    #[tokio::test]
    async fn rel_r04_a_page_does_not_wait_long_for_what_nobody_reads() {
        let interest = Interest::default();
        interest.others_sample(true);
        let begun = Instant::now();
        interest.refresh().await;
        assert!((PATIENCE..10 * PATIENCE).contains(&begun.elapsed()));
    }
}
