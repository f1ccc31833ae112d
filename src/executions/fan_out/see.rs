//! Who may see a fan-out, and which of its servers.

use std::collections::{BTreeMap, BTreeSet};

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::models::actor::{Actor, Role};
use crate::models::fan_outs::{FanOut, Member};
use crate::models::ids::{FanOutId, GroupId, ServerId};
use crate::models::permission::Permission;
use crate::models::servers::Server;

/// A fan-out as somebody may see it.
#[derive(Debug, Clone)]
pub struct Seen {
    /// Its row.
    pub fan_out: FanOut,
    /// Those of its servers whose output they may read: where they are operators.
    pub members: Vec<Member>,
    /// How many more there are.
    pub hidden: usize,
    /// They may stop it.
    pub may_stop: bool,
}

/// Where somebody is an operator, and where they may run commands.
struct Reach {
    operates: BTreeSet<ServerId>,
    runs: BTreeSet<ServerId>,
}

impl Reach {
    fn of(connection: &mut Connection, actor: &Actor) -> Result<Self> {
        let servers: Vec<ServerId> =
            Server::all(connection, actor.scope())?.into_iter().map(|server| server.id).collect();
        let groups = Server::groups_of(connection, &servers)?;
        let mut reach = Self { operates: BTreeSet::new(), runs: BTreeSet::new() };
        for server in servers {
            let groups: Vec<GroupId> = groups.get(&server).into_iter().flatten().map(|group| group.id).collect();
            if actor.rights.role_in(&groups) >= Role::Operator {
                reach.operates.insert(server);
            }
            if actor.rights.allow(Permission::RunCommand, &groups) {
                reach.runs.insert(server);
            }
        }
        Ok(reach)
    }

    /// None where nothing of it may be seen (Z05).
    fn seen(&self, actor: &Actor, fan_out: FanOut, members: Vec<Member>) -> Option<Seen> {
        let all = members.len();
        let is_own = fan_out.actor_kind == actor.kind_name() && fan_out.actor == actor.name;
        let may_stop = is_own || members.iter().all(|member| self.runs.contains(&member.server_id));
        let members: Vec<Member> =
            members.into_iter().filter(|member| self.operates.contains(&member.server_id)).collect();
        (!members.is_empty()).then(|| Seen { hidden: all - members.len(), members, may_stop, fan_out })
    }
}

/// The one of an id, for whoever is an operator of one of its servers.
pub fn see(connection: &mut Connection, actor: &Actor, id: FanOutId) -> Result<Seen> {
    let fan_out = FanOut::by_id(connection, id)?;
    let members = FanOut::members(connection, id)?;
    Reach::of(connection, actor)?.seen(actor, fan_out, members).ok_or(Error::NotFound("This run"))
}

/// The newest that somebody may see.
pub fn visible(connection: &mut Connection, actor: &Actor, limit: i64) -> Result<Vec<Seen>> {
    let reach = Reach::of(connection, actor)?;
    let servers: Vec<ServerId> = reach.operates.iter().copied().collect();
    let found = FanOut::of_servers(connection, &servers, limit)?;
    let ids: Vec<FanOutId> = found.iter().map(|fan_out| fan_out.id).collect();
    let mut members: BTreeMap<FanOutId, Vec<Member>> = FanOut::members_of(connection, &ids)?;
    let seen = found.into_iter().filter_map(|fan_out| {
        let members = members.remove(&fan_out.id).unwrap_or_default();
        reach.seen(actor, fan_out, members)
    });
    Ok(seen.collect())
}
