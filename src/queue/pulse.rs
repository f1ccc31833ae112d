//! Whether anything happens on a queue of this process.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What is at work, and when something last began or ended.
pub(super) struct Pulse(Mutex<(usize, Instant)>);

impl Default for Pulse {
    fn default() -> Self {
        Self(Mutex::new((0, Instant::now())))
    }
}

/// A job that is at work until this is dropped.
pub(super) struct AtWork<'a>(&'a Pulse);

impl Pulse {
    /// A job begins.
    pub(super) fn begin(&self) -> AtWork<'_> {
        let mut held = self.lock();
        *held = (held.0 + 1, Instant::now());
        AtWork(self)
    }

    /// As if something had happened.
    pub(super) fn beat(&self) {
        self.lock().1 = Instant::now();
    }

    /// Whether fewer than `most` are at work.
    pub(super) fn has_room(&self, most: usize) -> bool {
        self.lock().0 < most
    }

    /// For how long nothing has begun or ended.
    pub(super) fn rests_for(&self) -> Duration {
        self.lock().1.elapsed()
    }

    fn lock(&self) -> MutexGuard<'_, (usize, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for AtWork<'_> {
    fn drop(&mut self) {
        let mut held = self.0.lock();
        *held = (held.0.saturating_sub(1), Instant::now());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_queue_rests_from_the_last_thing_that_happened_and_has_room_for_as_many_as_are_not_at_work() {
        let (pulse, a_while) = (Pulse::default(), Duration::from_millis(200));
        std::thread::sleep(a_while);
        assert!(pulse.rests_for() >= a_while && pulse.has_room(1));
        let at_work = pulse.begin();
        assert!(pulse.rests_for() < a_while && !pulse.has_room(1) && pulse.has_room(2));
        std::thread::sleep(a_while);
        drop(at_work);
        assert!(pulse.rests_for() < a_while && pulse.has_room(1));
    }
}
