//! Where an address was seen, for whom.

use chrono::{DateTime, Utc};

use crate::db::Connection;
use crate::error::Result;
use crate::models::actor::{Actor, Role};
use crate::models::groups::Group;
use crate::models::ids::{GroupId, ServerId};
use crate::models::login_events::addresses::OnServer;
use crate::models::servers::Server;

/// When and where an address was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Seen {
    /// When first, and on which server.
    pub first: Option<(DateTime<Utc>, String)>,
    /// When last.
    pub last: Option<DateTime<Utc>>,
    /// How often somebody was let in.
    pub accepted: i64,
    /// It was hannun itself, at least once.
    pub is_ours: bool,
}

impl Seen {
    /// On these servers.
    pub fn of(servers: &[OnServer]) -> Self {
        let first = servers.iter().min_by_key(|one| one.first_at);
        Self {
            first: first.map(|first| (first.first_at, first.name.clone())),
            last: servers.iter().map(|one| one.last_at).max(),
            accepted: servers.iter().map(|one| one.accepted).sum(),
            is_ours: servers.iter().any(|one| one.is_ours),
        }
    }
}

/// The servers that `actor` may know of, and those of which they may see names of users that are not there: such a name may
/// be a password that somebody typed in the wrong place, and is for those who may change the server.
pub fn scopes(connection: &mut Connection, actor: &Actor) -> Result<(Vec<ServerId>, Vec<ServerId>)> {
    let servers: Vec<ServerId> = Server::all(connection, actor.scope())?.into_iter().map(|server| server.id).collect();
    let groups = Server::groups_of(connection, &servers)?;
    let ids = |groups: &Vec<Group>| groups.iter().map(|group| group.id).collect::<Vec<GroupId>>();
    let role_on = |server: &ServerId| actor.rights.role_in(&groups.get(server).map(ids).unwrap_or_default());
    let sees_on = servers.iter().copied().filter(|server| role_on(server) >= Role::Operator).collect();
    Ok((servers, sees_on))
}
