//! What was found, beside what is registered: what is new can be chosen, and becomes a text that is planned and applied like
//! `servers.yml`. Nothing here changes a row.

mod credentials;
mod text;

use std::collections::{BTreeSet, HashMap};

use super::found::{Found, FoundServer, Skipped};
use super::names::Names;
use crate::db::Connection;
use crate::error::Result;
use crate::inventory::plan::Means;
use crate::inventory::request::Request;
use crate::models::actor::Scope;
use crate::models::credentials::Credential;
use crate::models::groups::Group;
use crate::models::servers::Server;

/// Everything that was found, each server under the name that it would have.
#[derive(Debug)]
pub struct Offered {
    /// The servers, in the order in which they were found.
    pub offers: Vec<Offer>,
    /// What was left out.
    pub skipped: Vec<Skipped>,
}

/// A server that was found.
#[derive(Debug)]
pub struct Offer {
    /// What was found; its names are those of hannun now, also of what it is reached through.
    pub server: FoundServer,
    /// It is registered already: the same address, port and user.
    pub is_registered: bool,
}

impl Offer {
    /// Its name in hannun.
    pub fn name(&self) -> &str {
        &self.server.name
    }
}

/// Looks which of the servers are registered, among those that `scope` may know of, and names the others so that none has
/// the name of a server that is there.
pub fn offer(connection: &mut Connection, scope: &Scope, found: Found) -> Result<Offered> {
    let known = Registered::load(connection, scope)?;
    let mut names = Names::with(known.names.iter().cloned());
    let mut renamed: HashMap<String, String> = HashMap::new();
    let mut offers = Vec::with_capacity(found.servers.len());
    for mut server in found.servers {
        let registered = known.same_as(&server);
        let name = registered.map_or_else(|| names.give(&server.name, &server.address), str::to_owned);
        let is_registered = registered.is_some();
        renamed.insert(std::mem::replace(&mut server.name, name.clone()), name);
        offers.push(Offer { server, is_registered });
    }
    for offer in &mut offers {
        if let Some(jump) = &mut offer.server.jump
            && let Some(name) = renamed.get(jump)
        {
            jump.clone_from(name);
        }
    }
    Ok(Offered { offers, skipped: found.skipped })
}

impl Offered {
    /// The servers that are not registered yet.
    pub fn new_names(&self) -> BTreeSet<String> {
        self.offers.iter().filter(|offer| !offer.is_registered).map(|offer| offer.name().to_owned()).collect()
    }

    /// What adding these servers asks for; those that they are reached through come along. `called`: what messages call
    /// the text.
    pub fn request(
        &self,
        connection: &mut Connection,
        means: Means<'_>,
        chosen: &BTreeSet<String>,
        called: &str,
    ) -> Result<Request> {
        let servers = self.with_their_way(chosen);
        let credentials = credentials::of(connection, means, &servers)?;
        let groups: BTreeSet<String> = Group::all(connection)?.into_iter().map(|group| group.name).collect();
        text::request(&servers, &credentials, &groups, called)
    }

    /// The chosen servers that are new, and the new ones on the way to them.
    fn with_their_way(&self, chosen: &BTreeSet<String>) -> Vec<&FoundServer> {
        let new: HashMap<&str, &FoundServer> = self
            .offers
            .iter()
            .filter(|offer| !offer.is_registered)
            .map(|offer| (offer.name(), &offer.server))
            .collect();
        let mut wanted: BTreeSet<&str> = BTreeSet::new();
        for name in chosen {
            let mut next = Some(name.as_str());
            while let Some(server) = next.and_then(|name| new.get(name)) {
                next = if wanted.insert(&server.name) { server.jump.as_deref() } else { None };
            }
        }
        let offers = self.offers.iter().filter(|offer| !offer.is_registered && wanted.contains(offer.name()));
        offers.map(|offer| &offer.server).collect()
    }
}

/// A server at an address and a port.
struct Resident {
    name: String,
    /// The user of its credential.
    user: Option<String>,
}

/// What is there already.
struct Registered {
    names: Vec<String>,
    by_place: HashMap<(String, i32), Vec<Resident>>,
}

impl Registered {
    fn load(connection: &mut Connection, scope: &Scope) -> Result<Self> {
        let users: HashMap<_, _> =
            Credential::all(connection)?.into_iter().map(|credential| (credential.id, credential.user_name)).collect();
        let mut registered = Self { names: Vec::new(), by_place: HashMap::new() };
        for server in Server::all(connection, scope)? {
            let user = server.credential_id.and_then(|id| users.get(&id).cloned());
            let place = (server.address.to_ascii_lowercase(), server.port);
            registered.by_place.entry(place).or_default().push(Resident { name: server.name.clone(), user });
            registered.names.push(server.name);
        }
        Ok(registered)
    }

    /// The registered server with this address, port and user. Where one of them names no user, that is no difference.
    fn same_as(&self, found: &FoundServer) -> Option<&str> {
        let place = (found.address.to_ascii_lowercase(), i32::from(found.port));
        let same = |user: &Option<String>| match (user, &found.sign_in.user) {
            (Some(registered), Some(found)) => registered == found,
            _ => true,
        };
        let there = self.by_place.get(&place)?;
        there.iter().find(|resident| same(&resident.user)).map(|resident| resident.name.as_str())
    }
}
