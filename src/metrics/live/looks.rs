//! Who looks at one server, or at any. Pure.

use std::time::{Duration, Instant};

/// How long somebody counts as looking after the last look: a server is sampled each second until then.
const LINGER: Duration = Duration::from_secs(30);

/// Looks at one server, or at any.
#[derive(Debug, Default)]
pub(super) struct Looks {
    followers: usize,
    last: Option<Instant>,
    elsewhere_until: Option<Instant>,
}

impl Looks {
    /// Somebody begins to follow.
    pub(super) fn comes(&mut self) {
        self.followers += 1;
        self.passes();
    }

    /// Somebody stops to follow.
    pub(super) fn leaves(&mut self) {
        self.followers = self.followers.saturating_sub(1);
        self.passes();
    }

    /// Somebody looks once.
    pub(super) fn passes(&mut self) {
        self.last = Some(Instant::now());
    }

    /// Somebody looks through another process.
    pub(super) fn looked_at_elsewhere(&mut self, until: Instant) {
        self.elsewhere_until = self.elsewhere_until.max(Some(until));
    }

    /// Whether somebody looks, through whichever process.
    pub(super) fn anybody(&self, now: Instant) -> bool {
        self.anybody_here(now) || self.elsewhere_until.is_some_and(|until| now < until)
    }

    /// Whether somebody looks through this process. Only this is told to others: a look that came from there would never
    /// end.
    pub(super) fn anybody_here(&self, now: Instant) -> bool {
        self.followers > 0 || self.last.is_some_and(|last| now.saturating_duration_since(last) < LINGER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_lingers_and_one_through_another_process_ends_when_it_was_told_to() {
        let mut looks = Looks::default();
        let now = Instant::now();
        assert!(!looks.anybody(now));
        looks.looked_at_elsewhere(now + Duration::from_secs(3));
        assert!(looks.anybody(now) && !looks.anybody_here(now));
        assert!(!looks.anybody(now + Duration::from_secs(3)));
        looks.comes();
        assert!(looks.anybody_here(now + Duration::from_hours(1)), "somebody follows");
        looks.leaves();
        assert!(looks.anybody_here(Instant::now()) && !looks.anybody_here(Instant::now() + LINGER));
    }
}
