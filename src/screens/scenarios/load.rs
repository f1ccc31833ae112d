//! All that the builder shows besides what was entered, in one look at the database.

use std::collections::BTreeMap;

use crate::db::Connection;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::channels::Channel;
use crate::models::deliveries::Delivery;
use crate::models::groups::Group;
use crate::models::ids::{RunId, ScenarioId};
use crate::models::pauses::Pause;
use crate::models::runs::Run;
use crate::models::scenarios::{Destination, Scenario};
use crate::models::servers::Server;
use crate::models::users::User;
use crate::scenarios::reading::{Reading, stored};
use crate::scenarios::schedule::Schedule;
use crate::scenarios::wish::of_kept;
use crate::scenarios::{Wish, keep, rights};

use super::super::runs::rows::{Picture, RunRow};
use super::draft::Draft;

/// Runs in the history of a scenario.
const RUNS: i64 = 20;
/// Servers that are offered while somebody types.
const MOST_OFFERED: usize = 500;

/// What the builder shows besides what was entered.
pub(super) struct Known {
    pub(super) channels: Vec<Channel>,
    /// The scenario that is changed.
    pub(super) kept: Option<Kept>,
    /// Words that say which servers, to choose from.
    pub(super) offered: Vec<String>,
    /// Names of the servers that are meant now, or why none.
    pub(super) meant: std::result::Result<Vec<String>, Message>,
}

/// A scenario that is there.
pub(super) struct Kept {
    pub(super) scenario: Scenario,
    pub(super) wish: Wish,
    pub(super) owner: String,
    pub(super) may_change: bool,
    /// The newest first.
    pub(super) runs: Vec<Run>,
    pub(super) rows: Vec<RunRow>,
    pub(super) picture: Picture,
    /// What was read last of a server.
    pub(super) reading: Option<Reading>,
    /// The run that goes on.
    pub(super) open: Option<RunId>,
    /// Why it does not run, where its owner may not let it, or might not when it last ran (Z04).
    pub(super) refused: Option<Message>,
    /// Nothing runs by its schedule at the moment.
    pub(super) is_paused: bool,
}

impl Known {
    /// For a scenario, or a new one; `draft` makes what stands in the builder of what is kept.
    pub(super) fn load(
        connection: &mut Connection,
        actor: &Actor,
        id: Option<ScenarioId>,
        draft: impl FnOnce(Option<&Wish>, &[Channel]) -> Result<Draft>,
    ) -> Result<(Self, Draft)> {
        let channels = Channel::all(connection)?;
        let kept = id.map(|id| Kept::load(connection, actor, id, &channels)).transpose()?;
        let draft = draft(kept.as_ref().map(|kept| &kept.wish), &channels)?;
        let meant = meant(connection, actor, &draft.servers())?;
        let offered = offered(connection, actor)?;
        Ok((Self { channels, kept, offered, meant }, draft))
    }

    /// What this source read last.
    pub(super) fn reading(&self, source: &str) -> Option<&Reading> {
        let kept = self.kept.as_ref().filter(|kept| kept.wish.source.kind == source)?;
        kept.reading.as_ref()
    }

    /// The schedule that is kept.
    pub(super) fn schedule(&self) -> Option<&Schedule> {
        self.kept.as_ref().map(|kept| &kept.wish.schedule)
    }

    /// Whether the scenario may be changed; a new one may.
    pub(super) fn may_change(&self) -> bool {
        self.kept.as_ref().is_none_or(|kept| kept.may_change)
    }
}

impl Kept {
    fn load(connection: &mut Connection, actor: &Actor, id: ScenarioId, channels: &[Channel]) -> Result<Self> {
        let scenario = keep::find(connection, actor, id)?;
        let may_change = keep::may_change(connection, actor, &scenario)?;
        let wish = of_kept(&scenario, &Destination::of(connection, id)?, channels)?;
        let runs = Run::of_scenario(connection, id, RUNS)?;
        let ids: Vec<RunId> = runs.iter().map(|run| run.id).collect();
        let rows = RunRow::all(&runs, Delivery::of_runs(connection, &ids)?, &BTreeMap::new());
        let read = |run: &Run| stored(&run.readings).into_iter().find(|reading| reading.failed.is_none());
        Ok(Self {
            refused: rights::notice(connection, &scenario, runs.first())?,
            is_paused: Pause::standing(connection)?.is_some(),
            owner: User::by_id(connection, scenario.owner_id)?.name,
            reading: runs.iter().find_map(read),
            open: runs.iter().rev().find(|run| run.state.is_open()).map(|run| run.id),
            picture: Picture::of(&runs),
            scenario,
            wish,
            may_change,
            runs,
            rows,
        })
    }
}

/// Names of the servers that words mean, of those that the reader may know of.
fn meant(
    connection: &mut Connection,
    actor: &Actor,
    words: &[String],
) -> Result<std::result::Result<Vec<String>, Message>> {
    if words.is_empty() {
        return Ok(Err("Choose the servers that are read".into()));
    }
    let servers = keep::meant(connection, actor.scope(), words)?;
    Ok(servers.map(|servers| servers.into_iter().map(|server| server.name).collect()))
}

fn offered(connection: &mut Connection, actor: &Actor) -> Result<Vec<String>> {
    let groups = Group::all(connection)?.into_iter().filter(|group| actor.scope().sees(group.id));
    let mut offered: Vec<String> =
        std::iter::once("all".to_owned()).chain(groups.map(|group| format!("group:{}", group.name))).collect();
    offered.extend(Server::all(connection, actor.scope())?.into_iter().map(|server| server.name).take(MOST_OFFERED));
    Ok(offered)
}
