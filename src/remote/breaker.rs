//! When to leave a server alone after failures (R01, decision 1). Knows the time, no connection.

use chrono::{DateTime, TimeDelta, Utc};

use crate::error::RemoteError;

/// Failures in a row before we rest.
const FAILURES: u32 = 3;
/// The first rest, seconds; each further failure doubles it.
const FIRST_REST: u32 = 30;
/// The longest rest, seconds.
const LONGEST_REST: u32 = 600;

/// What one server's failures add up to.
#[derive(Debug, Default)]
pub(super) struct Breaker {
    identity: String,
    failures: u32,
    rest: Option<(DateTime<Utc>, Box<RemoteError>)>,
    /// A refusal that only a change of the server or its credential can undo.
    refused: Option<RemoteError>,
}

impl Breaker {
    /// Whether one may try now as `identity`; a changed identity begins anew.
    pub(super) fn check(&mut self, server: &str, identity: &str, now: DateTime<Utc>) -> Result<(), RemoteError> {
        if self.identity != identity {
            *self = Self { identity: identity.to_owned(), ..Self::default() };
        }
        if let Some(refused) = &self.refused {
            return Err(refused.clone());
        }
        match &self.rest {
            Some((until, last)) if now < *until => {
                let seconds = u64::try_from((*until - now).num_seconds()).unwrap_or(0) + 1;
                Err(RemoteError::Resting { server: server.to_owned(), seconds, last: last.clone() })
            }
            _ => Ok(()),
        }
    }

    /// Learns that connecting failed; `chance` from 0 to 255 spreads the rests, so that a fleet does not come back at once.
    pub(super) fn failed(&mut self, error: &RemoteError, now: DateTime<Utc>, chance: u8) {
        if is_final(error) {
            self.refused = Some(error.clone());
            return;
        }
        if matches!(error, RemoteError::HostKeyUnknown { .. }) {
            return; // the server is well; it waits for a person, who may approve its key at any moment
        }
        self.failures = self.failures.saturating_add(1);
        let Some(beyond) = self.failures.checked_sub(FAILURES) else {
            return;
        };
        let doubled = FIRST_REST.saturating_mul(2_u32.saturating_pow(beyond)).min(LONGEST_REST);
        let spread = 0.8 + f64::from(chance) / 255.0 * 0.4;
        let milliseconds = i64::from(doubled) * 1000;
        #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "at most 720,000")]
        let rest = TimeDelta::milliseconds((milliseconds as f64 * spread) as i64);
        self.rest = Some((now + rest, Box::new(error.clone())));
    }

    /// When the rest after failures ends.
    pub(super) fn rests_until(&self) -> Option<DateTime<Utc>> {
        self.rest.as_ref().map(|(until, _)| *until)
    }

    /// Whether the last try to connect failed.
    pub(super) fn has_failed(&self) -> bool {
        self.failures > 0
    }

    /// Learns that connecting worked.
    pub(super) fn succeeded(&mut self) {
        self.failures = 0;
        self.rest = None;
        self.refused = None;
    }
}

/// Whether the same try can only fail again until a person changes something: a refused password must not lock an account.
fn is_final(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::SignInRefused { .. } | RemoteError::CredentialUnusable { .. } | RemoteError::PromptRefused { .. }
    )
}

/// A random number for spreading; where the kernel has none, the middle will do.
pub(super) fn chance() -> u8 {
    let mut byte = [0];
    if getrandom::fill(&mut byte).is_ok() { byte[0] } else { 128 }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVEN: u8 = 128;

    fn unreachable() -> RemoteError {
        RemoteError::Unreachable { server: "web-1".to_owned(), why: "connection refused".into() }
    }

    fn rests(breaker: &mut Breaker, now: DateTime<Utc>) -> Option<u64> {
        match breaker.check("web-1", "a", now) {
            Err(RemoteError::Resting { seconds, .. }) => Some(seconds),
            _ => None,
        }
    }

    #[test]
    fn rel_r01_three_failures_rest_thirty_seconds_and_each_further_one_doubles_it_up_to_ten_minutes() {
        let (mut breaker, mut now) = (Breaker::default(), DateTime::UNIX_EPOCH);
        assert_eq!(rests(&mut breaker, now), None);
        breaker.failed(&unreachable(), now, EVEN);
        breaker.failed(&unreachable(), now, EVEN);
        assert_eq!(rests(&mut breaker, now), None);
        for seconds in [30, 60, 120, 240, 480, 600, 600] {
            breaker.failed(&unreachable(), now, EVEN);
            let rest = rests(&mut breaker, now).unwrap();
            assert!((seconds..=seconds + 2).contains(&rest), "{rest} instead of {seconds}");
            now += TimeDelta::seconds(i64::try_from(rest).unwrap() + 1);
            assert_eq!(rests(&mut breaker, now), None, "one try is allowed after the rest");
        }
        breaker.succeeded();
        breaker.failed(&unreachable(), now, EVEN);
        assert_eq!(rests(&mut breaker, now), None);
    }

    #[test]
    fn rel_r01_rests_are_spread_by_a_fifth_to_both_sides() {
        for (chance, expected) in [(0, 24), (255, 36)] {
            let mut breaker = Breaker::default();
            assert_eq!(rests(&mut breaker, DateTime::UNIX_EPOCH), None);
            for _ in 0..3 {
                breaker.failed(&unreachable(), DateTime::UNIX_EPOCH, chance);
            }
            let rest = rests(&mut breaker, DateTime::UNIX_EPOCH).unwrap();
            assert!((expected..=expected + 1).contains(&rest), "{rest} instead of {expected}");
        }
    }

    #[test]
    fn a_refused_credential_is_not_tried_again_until_something_changes() {
        let refused = RemoteError::SignInRefused {
            server: "web-1".to_owned(),
            user: "root".to_owned(),
            method: "password".into(),
        };
        let (mut breaker, now) = (Breaker::default(), DateTime::UNIX_EPOCH);
        assert_eq!(breaker.check("web-1", "a", now), Ok(()));
        breaker.failed(&refused, now, EVEN);
        assert_eq!(breaker.check("web-1", "a", now + TimeDelta::days(30)), Err(refused.clone()));
        assert_eq!(breaker.check("web-1", "b", now), Ok(()));
        breaker.failed(&refused, now, EVEN);
        breaker.succeeded();
        assert_eq!(breaker.check("web-1", "b", now), Ok(()));
    }
}
