//! What others say about an address, for a person who looks at it: name servers, and a service where one is set up.

use std::net::IpAddr;
use std::sync::Arc;

use super::names::{Names, ReverseName};
use super::service::{Service, ServiceAnswer};
use crate::clock::Clock;
use crate::outbound::Outbound;

/// What others say about an address.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outside {
    /// Its name.
    pub name: ReverseName,
    /// What the service says.
    pub service: ServiceAnswer,
}

/// Asks others about addresses and keeps what they say; cheap to clone.
#[derive(Debug, Clone)]
pub struct Lookups(Arc<(Names, Service)>);

impl Lookups {
    /// Asks by `outbound`.
    pub fn new(outbound: &Outbound, clock: &Clock) -> Self {
        let names = Names::new(outbound.clone(), clock.clone());
        Self(Arc::new((names, Service::new(outbound.clone(), clock.clone()))))
    }

    /// What is kept of `address`; nobody is asked.
    pub fn known(&self, address: IpAddr) -> Outside {
        let (names, service) = &*self.0;
        let address = address.to_canonical();
        Outside { name: names.known(address), service: service.known(address) }
    }

    /// Whether name servers are asked about `address`.
    pub fn asks_for_names(&self, address: IpAddr) -> bool {
        self.0.0.asks_about(address.to_canonical())
    }

    /// Whether somebody would be asked about `address` who was not yet.
    pub fn may_tell_more(&self, address: IpAddr) -> bool {
        let known = self.known(address);
        let is_unnamed = known.name == ReverseName::NotAsked && self.asks_for_names(address);
        is_unnamed || matches!(known.service, ServiceAnswer::NotAsked(_))
    }

    /// What others say about `address`, which `who` looks at.
    pub async fn ask(&self, address: IpAddr, who: &str) -> Outside {
        let (names, service) = &*self.0;
        let address = address.to_canonical();
        let (name, service) = tokio::join!(names.ask(address), service.ask(address, who));
        Outside { name, service }
    }
}
