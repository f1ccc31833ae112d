//! What others said about addresses, kept for a while in memory: nobody is asked twice within that.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

/// Addresses of which something is kept, at most.
const MOST: usize = 10_000;

/// What was said about addresses, each until its time is over.
#[derive(Debug)]
pub struct Kept<T>(Mutex<HashMap<IpAddr, (DateTime<Utc>, T)>>);

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Kept<T> {
    /// What is kept of `address`.
    pub fn get(&self, address: IpAddr, now: DateTime<Utc>) -> Option<T> {
        self.lock().get(&address).filter(|(until, _)| now < *until).map(|(_, said)| said.clone())
    }

    /// Keeps `said` for `long`.
    pub fn keep(&self, address: IpAddr, said: T, (now, long): (DateTime<Utc>, TimeDelta)) {
        let mut kept = self.lock();
        if kept.len() >= MOST && !kept.contains_key(&address) {
            kept.retain(|_, (until, _)| now < *until);
            if kept.len() >= MOST {
                kept.clear();
            }
        }
        kept.insert(address, (now + long, said));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<IpAddr, (DateTime<Utc>, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_is_forgotten_when_its_time_is_over_and_there_is_never_too_much() {
        let kept = Kept::default();
        let now = DateTime::UNIX_EPOCH;
        let address = |number: u32| IpAddr::from(number.to_be_bytes());
        kept.keep(address(1), "said", (now, TimeDelta::hours(1)));
        assert_eq!(kept.get(address(1), now + TimeDelta::minutes(59)), Some("said"));
        assert_eq!(kept.get(address(1), now + TimeDelta::hours(1)), None);
        for number in 0..25_000 {
            kept.keep(address(number), "more", (now, TimeDelta::hours(1)));
        }
        assert!(kept.lock().len() <= MOST);
        assert_eq!(kept.get(address(24_999), now), Some("more"));
    }
}
