//! The name of an address, as its owner gives it. Whoever has an address may call it anything: a name is one only where it leads back.

use std::net::IpAddr;

use chrono::TimeDelta;

use super::Kind;
use super::kept::Kept;
use crate::clock::Clock;
use crate::outbound::{Outbound, Unresolved};

/// How long a name is kept.
const KEPT: TimeDelta = TimeDelta::hours(24);
/// How long it is kept that there was no answer.
const NO_ANSWER: TimeDelta = TimeDelta::minutes(5);

/// What name servers say about an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ReverseName {
    /// They are not asked about such an address, or not at all.
    #[default]
    NotAsked,
    /// It has none.
    None,
    /// It has this one, which leads back to it.
    Confirmed(String),
    /// It claims this one, which leads elsewhere or nowhere; hostile.
    Claimed(String),
    /// They did not answer in time, or failed.
    NoAnswer,
}

/// Looks names up and keeps them.
#[derive(Debug)]
pub(super) struct Names {
    outbound: Outbound,
    clock: Clock,
    kept: Kept<ReverseName>,
}

impl Names {
    pub(super) fn new(outbound: Outbound, clock: Clock) -> Self {
        Self { outbound, clock, kept: Kept::default() }
    }

    /// What is kept of `address`; nobody is asked.
    pub(super) fn known(&self, address: IpAddr) -> ReverseName {
        self.kept.get(address, self.clock.now()).unwrap_or_default()
    }

    /// Whether name servers are asked about `address`.
    pub(super) fn asks_about(&self, address: IpAddr) -> bool {
        let may_have_one = matches!(Kind::of(address), Kind::Public | Kind::Private | Kind::SharedByProvider);
        self.outbound.config().reverse_names && may_have_one
    }

    /// The name of `address`; the system's name servers are asked unless that is switched off, or it is kept.
    pub(super) async fn ask(&self, address: IpAddr) -> ReverseName {
        if !self.asks_about(address) {
            return ReverseName::NotAsked;
        }
        if let Some(kept) = self.kept.get(address, self.clock.now()) {
            return kept;
        }
        let found = self.look_up(address).await;
        let long = if found == ReverseName::NoAnswer { NO_ANSWER } else { KEPT };
        self.kept.keep(address, found.clone(), (self.clock.now(), long));
        found
    }

    async fn look_up(&self, address: IpAddr) -> ReverseName {
        let limit = self.outbound.config().name_timeout;
        let name = match self.outbound.resolver().name(address, limit).await {
            Ok(Some(name)) => name,
            // The system says the same where there is no name and where a name server fails.
            Ok(None) | Err(Unresolved::Unknown) => return ReverseName::None,
            Err(Unresolved::TimedOut) => return ReverseName::NoAnswer,
        };
        if !is_host_name(&name) {
            return ReverseName::Claimed(name.chars().take(253).collect());
        }
        match self.outbound.resolver().addresses(&name, limit).await {
            Ok(back) if back.iter().any(|one| one.to_canonical() == address) => ReverseName::Confirmed(name),
            Ok(_) | Err(_) => ReverseName::Claimed(name),
        }
    }
}

/// Whether `name` may stand in a name server (RFC 1123, with the underscore that many have).
fn is_host_name(name: &str) -> bool {
    let is_label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_a_name_is_none() {
        assert!(is_host_name("mail-1.a_b.example") && is_host_name("localhost"));
        for odd in ["", ".", "a..b", "a b", "<script>", "a\u{1b}", "한.example", &"x".repeat(64), &"x.".repeat(150)] {
            assert!(!is_host_name(odd), "{odd}");
        }
    }
}
