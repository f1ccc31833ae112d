//! Names → addresses and addresses → names, by the operating system's own resolver.

use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

pub use crate::remote::names::Unresolved;
use crate::remote::names::{Names, STACK};

/// Addresses whose names are looked up at the same time: a lookup keeps its thread until the resolver gives up.
const TURNS: usize = 8;

/// The addresses of a name.
pub type Addresses = Result<Vec<IpAddr>, Unresolved>;
/// The name of an address; none where it has none.
pub type Name = Result<Option<String>, Unresolved>;

/// Looks names up. The product has one ([`SystemResolver`]); tests have others, which lie.
pub trait Resolver: fmt::Debug + Send + Sync {
    /// The addresses of `name`, within `limit`.
    fn addresses<'a>(&'a self, name: &'a str, limit: Duration) -> BoxFuture<'a, Addresses>;
    /// The name that whoever owns `address` gave it, within `limit`. It is a claim.
    fn name(&self, address: IpAddr, limit: Duration) -> BoxFuture<'_, Name>;
}

/// The operating system's: `/etc/hosts`, `/etc/resolv.conf` and what else `nsswitch.conf` names.
#[derive(Debug)]
pub struct SystemResolver {
    names: Names,
    turns: Arc<Semaphore>,
}

impl Default for SystemResolver {
    fn default() -> Self {
        Self { names: Names::default(), turns: Arc::new(Semaphore::new(TURNS)) }
    }
}

impl Resolver for SystemResolver {
    fn addresses<'a>(&'a self, name: &'a str, limit: Duration) -> BoxFuture<'a, Addresses> {
        Box::pin(async move {
            let found = self.names.resolve(name, 0, limit).await;
            found.map(|found| found.into_iter().map(|one| one.ip()).collect())
        })
    }

    fn name(&self, address: IpAddr, limit: Duration) -> BoxFuture<'_, Name> {
        Box::pin(async move {
            let until = Instant::now() + limit;
            let turn = timeout_at(until, Arc::clone(&self.turns).acquire_owned()).await;
            let Ok(Ok(turn)) = turn else { return Err(Unresolved::TimedOut) };
            let (give, take) = oneshot::channel();
            let look_up = move || {
                // Nobody may wait any more; the turn is held until the resolver is done.
                drop(give.send(dns_lookup::lookup_addr(&address)));
                drop(turn);
            };
            let thread = std::thread::Builder::new().name("address".to_owned()).stack_size(STACK).spawn(look_up);
            drop(thread.map_err(|_no_thread| Unresolved::Unknown)?);
            match timeout_at(until, take).await {
                Ok(Ok(found)) => named(address, found),
                Ok(Err(_gone)) => Err(Unresolved::Unknown),
                Err(_late) => Err(Unresolved::TimedOut),
            }
        })
    }
}

/// The system answers with the address itself where there is no name.
fn named<E>(address: IpAddr, found: Result<String, E>) -> Name {
    let name = found.map_err(|_failed| Unresolved::Unknown)?;
    let name = name.trim_end_matches('.');
    let is_address = name.parse::<IpAddr>().is_ok() || name.split('%').next() == Some(&address.to_string());
    Ok(Some(name.to_owned()).filter(|name| !name.is_empty() && !is_address))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_systems_own_names_are_found_in_both_directions() {
        let system = SystemResolver::default();
        let limit = Duration::from_secs(20);
        let here = system.addresses("localhost", limit).await.unwrap();
        assert!(here.iter().all(IpAddr::is_loopback) && !here.is_empty(), "{here:?}");
        let name = system.name([127, 0, 0, 1].into(), limit).await.unwrap();
        assert!(name.is_some_and(|name| name.starts_with("localhost")));
    }

    #[test]
    fn an_address_is_no_name() {
        let address: IpAddr = [203, 0, 113, 5].into();
        assert_eq!(named(address, Ok::<_, ()>("203.0.113.5".into())), Ok(None));
        assert_eq!(named(address, Ok::<_, ()>("web.example.".into())), Ok(Some("web.example".into())));
        assert_eq!(named(address, Ok::<_, ()>("198.51.100.1".into())), Ok(None), "nor is another one");
        assert_eq!(named(address, Err("SERVFAIL")), Err(Unresolved::Unknown));
    }
}
