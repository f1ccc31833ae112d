//! The time, as everything in hannun asks for it. Tests hold the hands; knows nothing else.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};

/// What [`Clock::elapsed`] counts from.
static START: LazyLock<Instant> = LazyLock::new(Instant::now);

/// Tells the time: the system's, or one that a test moves.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    /// Microseconds since the epoch, when a test holds the hands.
    held: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The clock of this machine.
    pub fn system() -> Self {
        Self { held: None }
    }

    /// A clock that stands at `at` until [`Clock::advance`] moves it; clones share their hands.
    pub fn standing_at(at: DateTime<Utc>) -> Self {
        Self { held: Some(Arc::new(AtomicI64::new(at.timestamp_micros()))) }
    }

    /// The time now, in UTC, to the microsecond (what PostgreSQL keeps).
    pub fn now(&self) -> DateTime<Utc> {
        let micros = match &self.held {
            Some(held) => held.load(Ordering::SeqCst),
            None => Utc::now().timestamp_micros(),
        };
        DateTime::from_timestamp_micros(micros).unwrap_or_default()
    }

    /// Time that only goes on, since some moment: for lengths of time, which must not jump with the system's clock.
    pub fn elapsed(&self) -> Duration {
        match &self.held {
            Some(held) => Duration::from_micros(held.load(Ordering::SeqCst).unsigned_abs()),
            None => START.elapsed(),
        }
    }

    /// Moves a standing clock; the system's clock takes no notice.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(held) = &self.held {
            held.fetch_add(by.num_microseconds().unwrap_or_default(), Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_standing_clock_moves_only_when_told_and_its_clones_move_with_it() {
        let clock = Clock::standing_at(DateTime::UNIX_EPOCH);
        let other = clock.clone();
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH);
        other.advance(TimeDelta::seconds(90));
        assert_eq!(clock.now(), DateTime::UNIX_EPOCH + TimeDelta::seconds(90));
        assert_eq!(clock.elapsed(), Duration::from_secs(90));
    }
}
