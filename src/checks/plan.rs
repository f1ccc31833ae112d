//! Which check runs on which server: for its groups and labels, where its conditions fit the platform.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};

use super::schedule;
use crate::commands::{Conditions, Platform};
use crate::db::Connection;
use crate::error::Result;
use crate::metrics::catalogue::DeviceKind;
use crate::models::actor::Scope;
use crate::models::check_results::{CheckResult, Wanted};
use crate::models::check_turns::Turn;
use crate::models::checks::Check;
use crate::models::groups::Group;
use crate::models::ids::{CheckId, GroupId, ServerId};
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;

/// Makes the table of results hold exactly the pairs that are wanted, none due later than an interval from now: the
/// interval may have become shorter, or the clock been set back. In one transaction of the caller's. Nothing where another
/// process is about it.
pub fn refresh(connection: &mut Connection, now: DateTime<Utc>) -> Result<()> {
    if !CheckResult::hold_pairs(connection)? {
        return Ok(());
    }
    let targets = Targets::load(connection)?;
    let wanted = targets.wanted(now);
    let there: HashMap<(CheckId, ServerId), DateTime<Utc>> = CheckResult::due_times(connection)?;
    let kept: HashSet<(CheckId, ServerId)> = wanted.iter().map(|(check, server, _)| (*check, *server)).collect();
    let gone: Vec<(CheckId, ServerId)> = there.keys().filter(|pair| !kept.contains(pair)).copied().collect();
    let is_late = |(check, server, due_at): &Wanted| there.get(&(*check, *server)).is_none_or(|due| due > due_at);
    let due: Vec<Wanted> = wanted.into_iter().filter(is_late).collect();
    if !gone.is_empty() {
        CheckResult::remove(connection, &gone)?;
    }
    if !due.is_empty() {
        let servers: Vec<ServerId> = due.iter().map(|(_, server, _)| *server).collect();
        Turn::ensure(connection, &servers)?;
        CheckResult::set_due(connection, &due)?;
    }
    Ok(())
}

/// Everything that decides.
struct Targets {
    checks: Vec<(Check, Conditions)>,
    check_groups: BTreeMap<CheckId, Vec<GroupId>>,
    servers: Vec<Server>,
    server_groups: BTreeMap<ServerId, Vec<Group>>,
    platforms: HashMap<ServerId, Platform>,
}

impl Targets {
    fn load(connection: &mut Connection) -> Result<Self> {
        let checks = Check::all(connection)?.into_iter().filter(|check| check.enabled);
        // One whose conditions cannot be read runs nowhere: its row says more than this version understands.
        let checks: Vec<_> = checks.filter_map(|check| check.on().map(|on| (check, on))).collect();
        let servers: Vec<Server> =
            Server::all(connection, &Scope::All)?.into_iter().filter(|server| server.enabled).collect();
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let platforms = DetectedPlatform::of_all(connection, &ids)?;
        Ok(Self {
            check_groups: Check::groups_of_all(connection)?,
            server_groups: Server::groups_of(connection, &ids)?,
            platforms: platforms.into_iter().map(|row| (row.server_id, row.into())).collect(),
            checks,
            servers,
        })
    }

    /// At most as many for one server as it may have series of checks, the first by name.
    fn wanted(&self, now: DateTime<Utc>) -> Vec<Wanted> {
        let mut wanted = Vec::new();
        for server in &self.servers {
            let fitting = self.checks.iter().filter(|(check, on)| self.fits(server, check, on));
            for (check, _) in fitting.take(DeviceKind::Check.limit()) {
                let interval = TimeDelta::seconds(check.interval_seconds.into());
                wanted.push((check.id, server.id, schedule::next(check.id, server.id, interval, now)));
            }
        }
        wanted
    }

    fn fits(&self, server: &Server, check: &Check, on: &Conditions) -> bool {
        let of_group = |group: &Group| self.check_groups.get(&check.id).is_some_and(|ids| ids.contains(&group.id));
        let in_groups =
            check.all_groups || self.server_groups.get(&server.id).is_some_and(|groups| groups.iter().any(of_group));
        let labelled = check.labels.0.iter().all(|(key, value)| server.labels.0.get(key) == Some(value));
        // Which platform it is may not be known yet: then only what is for every platform fits.
        let unknown = Platform::default();
        in_groups && labelled && on.fit(self.platforms.get(&server.id).unwrap_or(&unknown))
    }
}
