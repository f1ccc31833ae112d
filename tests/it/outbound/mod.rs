//! What hannun asks of others by HTTP: which addresses it reaches, what it reads, whom it believes.

mod answers;
mod mail;
mod policy;
pub(crate) mod receiver;
mod redirects;
pub(crate) mod tls;

use std::collections::{HashMap, VecDeque};
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::BoxFuture;
use hannun::config::OutboundConfig;
use hannun::outbound::{Addresses, Name, Outbound, Resolver, Unresolved};

/// A name server that says what a test wants, one answer after another; the last one again and again.
#[derive(Debug, Default)]
pub(crate) struct Liar {
    addresses: Mutex<HashMap<String, VecDeque<Addresses>>>,
    names: HashMap<IpAddr, Name>,
    asked: Mutex<Vec<String>>,
}

impl Liar {
    /// Answers for `name` with these, one after another.
    pub(crate) fn with(self, name: &str, answers: &[Addresses]) -> Self {
        self.addresses.lock().unwrap().insert(name.to_owned(), answers.iter().cloned().collect());
        self
    }

    /// Calls an address so.
    pub(crate) fn calls(mut self, address: &str, name: Name) -> Self {
        self.names.insert(address.parse().unwrap(), name);
        self
    }

    /// What was asked, in order.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Resolver for Liar {
    fn addresses<'a>(&'a self, name: &'a str, _limit: Duration) -> BoxFuture<'a, Addresses> {
        self.asked.lock().unwrap().push(name.to_owned());
        let mut all = self.addresses.lock().unwrap();
        let answer = all.get_mut(name).map_or(Err(Unresolved::Unknown), |answers| match answers.len() {
            1 => answers[0].clone(),
            _ => answers.pop_front().unwrap(),
        });
        Box::pin(async { answer })
    }

    fn name(&self, address: IpAddr, _limit: Duration) -> BoxFuture<'_, Name> {
        self.asked.lock().unwrap().push(address.to_string());
        let answer = self.names.get(&address).cloned().unwrap_or(Ok(None));
        Box::pin(async { answer })
    }
}

/// The addresses of a name.
#[expect(clippy::unnecessary_wraps, reason = "it is what a resolver answers")]
pub(crate) fn addresses(all: &[&str]) -> Addresses {
    Ok(all.iter().map(|one| one.parse().unwrap()).collect())
}

/// The way out with these entries of the allow-list, and names by `liar`.
pub(crate) fn outbound(allowed: &[String], liar: &Arc<Liar>) -> Outbound {
    with(OutboundConfig { allowed: entries(allowed), ..OutboundConfig::default() }, liar)
}

/// The way out with these settings, and names by `liar`.
pub(crate) fn with(config: OutboundConfig, liar: &Arc<Liar>) -> Outbound {
    Outbound::by(config, Arc::<Liar>::clone(liar)).unwrap()
}

/// Entries of the allow-list.
pub(crate) fn entries(allowed: &[String]) -> Vec<hannun::config::Allowed> {
    allowed.iter().map(|entry| entry.parse().unwrap()).collect()
}
