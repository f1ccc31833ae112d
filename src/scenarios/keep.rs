//! Adding, changing, starting and stopping scenarios: each with its line in the audit log, in the same transaction (L01).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::destinations::command::named_server;
use super::fire::{by_chance, run_now};
use super::rights;
use super::schedule::Schedule;
use super::wish::{Checked, Wish};
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::executions::Selector;
use crate::language::Message;
use crate::models::actor::{Actor, ActorKind, Role, Scope};
use crate::models::api_tokens::ApiToken;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::channels::Channel;
use crate::models::ids::{RunId, ScenarioId, UserId};
use crate::models::runs::{Run, RunState};
use crate::models::scenarios::{NewScenario, Scenario};
use crate::models::servers::Server;
use crate::models::users::User;

/// Said of words that mean nobody at the moment.
pub(super) const NO_SERVER: &str = "No server is meant by it";

/// Scenarios that `actor` may know of: all of them with every server in sight, those of one's own otherwise (Z05).
pub fn visible(connection: &mut Connection, actor: &Actor) -> Result<Vec<Scenario>> {
    let own = owner_of(connection, actor)?;
    let all = Scenario::all(connection)?;
    Ok(all.into_iter().filter(|scenario| *actor.scope() == Scope::All || Some(scenario.owner_id) == own).collect())
}

/// The names of the same, of however many there are.
pub fn names(connection: &mut Connection, actor: &Actor) -> Result<BTreeMap<ScenarioId, String>> {
    if *actor.scope() == Scope::All {
        return Ok(Scenario::names(connection, None)?);
    }
    match owner_of(connection, actor)? {
        Some(owner) => Ok(Scenario::names(connection, Some(owner))?),
        None => Ok(BTreeMap::new()),
    }
}

/// The scenario of an id, for whoever may know of it.
pub fn find(connection: &mut Connection, actor: &Actor, id: ScenarioId) -> Result<Scenario> {
    let scenario = Scenario::by_id(connection, id)?;
    if *actor.scope() == Scope::All || Some(scenario.owner_id) == owner_of(connection, actor)? {
        return Ok(scenario);
    }
    Err(Error::NotFound("This scenario"))
}

/// The run of an id with its scenario, for whoever may know of that.
pub fn find_run(connection: &mut Connection, actor: &Actor, id: RunId) -> Result<(Run, Scenario)> {
    let run = Run::by_id(connection, id)?;
    match find(connection, actor, run.scenario_id) {
        Ok(scenario) => Ok((run, scenario)),
        Err(Error::NotFound(_)) => Err(Error::NotFound("This run")),
        Err(error) => Err(error),
    }
}

/// The scenario of an id for whoever may change it: its owner, or an administrator of all servers.
pub fn find_to_change(connection: &mut Connection, actor: &Actor, id: ScenarioId) -> Result<Scenario> {
    let scenario = find(connection, actor, id)?;
    if may_change(connection, actor, &scenario)? {
        return Ok(scenario);
    }
    Err(Error::Forbidden(Message::new("Only its owner and administrators change a scenario")))
}

/// Whether `actor`, who may know of it, may change it.
pub fn may_change(connection: &mut Connection, actor: &Actor, scenario: &Scenario) -> Result<bool> {
    let is_own = Some(scenario.owner_id) == owner_of(connection, actor)?;
    Ok((is_own && actor.may(Role::Operator)) || (actor.may(Role::Administrator) && *actor.scope() == Scope::All))
}

/// Adds a scenario; it runs with the rights of whoever adds it.
pub fn add(connection: &mut Connection, actor: &Actor, wish: Wish, now: DateTime<Utc>) -> Result<Scenario> {
    if !actor.may(Role::Operator) {
        return Err(Error::Forbidden(Message::new("Adding a scenario needs the role operator")));
    }
    let owner = lends_no_more(connection, actor)?;
    let Checked { wish, destinations } = checked(connection, actor, wish, (None, now))?;
    let scenario = kept(&wish, next(&wish.schedule, wish.enabled, now))?.insert(connection, owner, &destinations)?;
    record(connection, actor, "create_scenario", &scenario, now)?;
    Ok(scenario)
}

/// Writes all of a scenario over the version that was seen.
pub fn save(
    connection: &mut Connection,
    actor: &Actor,
    (id, seen): (ScenarioId, i64),
    wish: Wish,
    now: DateTime<Utc>,
) -> Result<Scenario> {
    let before = find_to_change(connection, actor, id)?;
    lends_no_more(connection, actor)?;
    let schedule = serde_json::from_value::<Schedule>(before.schedule.clone()).ok();
    let Checked { wish, destinations } = checked(connection, actor, wish, (schedule.as_ref(), now))?;
    let mut new = kept(&wish, next(&wish.schedule, wish.enabled, now))?;
    let is_same = schedule.is_some_and(|before| before.is_same(&wish.schedule));
    if new.enabled && before.enabled && is_same {
        // What is due at this moment stays due.
        (new.next_slot, new.next_run_at) = (before.next_slot, before.next_run_at);
    }
    let scenario = Scenario::save(connection, (id, seen), &new, &destinations, now)?;
    record(connection, actor, "change_scenario", &scenario, now)?;
    Ok(scenario)
}

/// The wish of a scenario that `actor` could add, with what was left out filled in.
pub(super) fn checked_to_add(
    connection: &mut Connection,
    actor: &Actor,
    wish: Wish,
    now: DateTime<Utc>,
) -> Result<Wish> {
    if !actor.may(Role::Operator) {
        return Err(Error::Forbidden(Message::new("Adding a scenario needs the role operator")));
    }
    checked_to_save(connection, actor, wish, (None, now))
}

/// The same of one that `actor` may change, written over this schedule.
pub(super) fn checked_to_save(
    connection: &mut Connection,
    actor: &Actor,
    wish: Wish,
    (before, now): (Option<&Schedule>, DateTime<Utc>),
) -> Result<Wish> {
    lends_no_more(connection, actor)?;
    checked(connection, actor, wish, (before, now)).map(|checked| checked.wish)
}

/// A wish as it is kept.
fn kept(wish: &Wish, (next_slot, next_run_at): (Option<DateTime<Utc>>, Option<DateTime<Utc>>)) -> Result<NewScenario> {
    Ok(NewScenario {
        name: wish.name.clone(),
        schedule: serde_json::to_value(&wish.schedule).map_err(Error::internal)?,
        source: wish.source.kind.clone(),
        source_settings: wish.source.settings.clone(),
        servers: wish.servers.clone(),
        enabled: wish.enabled,
        grace_seconds: wish.grace_seconds,
        missed: wish.missed,
        overlap: wish.overlap,
        parallel_most: wish.parallel_most,
        next_slot,
        next_run_at,
    })
}

/// Lets a scenario run by its schedule, from now on, or not.
pub fn enable(
    connection: &mut Connection,
    actor: &Actor,
    id: ScenarioId,
    on: bool,
    now: DateTime<Utc>,
) -> Result<Scenario> {
    let scenario = find_to_change(connection, actor, id)?;
    if on && let Some(why) = rights::refusal(connection, &scenario)? {
        return Err(Error::Conflict(why));
    }
    let schedule: Schedule = serde_json::from_value(scenario.schedule).map_err(Error::internal)?;
    let scenario = Scenario::enable(connection, id, on, next(&schedule, on, now), now)?;
    record(connection, actor, if on { "enable_scenario" } else { "disable_scenario" }, &scenario, now)?;
    Ok(scenario)
}

/// Removes a scenario with its history.
pub fn delete(connection: &mut Connection, actor: &Actor, id: ScenarioId, now: DateTime<Utc>) -> Result<()> {
    let scenario = find_to_change(connection, actor, id)?;
    Scenario::delete(connection, id)?;
    record(connection, actor, "delete_scenario", &scenario, now)
}

/// Runs a scenario now.
pub fn run(connection: &mut Connection, actor: &Actor, id: ScenarioId, now: DateTime<Utc>) -> Result<Run> {
    let scenario = find_to_change(connection, actor, id)?;
    let run = run_now(connection, id, &actor.name, now)?;
    record(connection, actor, "run_scenario", &scenario, now)?;
    Ok(run)
}

/// Stops a run: what it has in hand ends, what was to be told and has not gone out does not go out.
pub fn stop(connection: &mut Connection, actor: &Actor, id: RunId, now: DateTime<Utc>) -> Result<Run> {
    let (run, _) = find_run(connection, actor, id)?;
    let scenario = find_to_change(connection, actor, run.scenario_id)?;
    if !Run::ask_to_stop(connection, id, &actor.name)? {
        return Err(Error::Conflict(Message::new("It has ended already")));
    }
    // What no worker has in hand ends here; a worker that has just taken it sees that somebody asked for its end.
    let held = Run::hold(connection, id)?;
    if matches!(held.state, RunState::Waiting | RunState::Queued | RunState::Delivering) {
        super::work::stop(connection, &held, &actor.name, now)?;
    }
    record(connection, actor, "stop_run", &scenario, now)?;
    Run::by_id(connection, id)
}

/// Whose rights a scenario of `actor` has; none where it is nobody's.
pub(super) fn owner_of(connection: &mut Connection, actor: &Actor) -> Result<Option<UserId>> {
    match actor.kind {
        ActorKind::User(id) => Ok(Some(id)),
        ActorKind::Token(id) => Ok(ApiToken::owner(connection, id)?),
        ActorKind::System => Ok(None),
    }
}

/// Whose rights a scenario gets that `actor` writes. A token that may less than its person writes none: it would run with the rights
/// of the person (Z04).
fn lends_no_more(connection: &mut Connection, actor: &Actor) -> Result<UserId> {
    let owner = owner_of(connection, actor)?.ok_or_else(|| {
        Error::Forbidden(Message::new("A scenario runs with the rights of a person, and this token belongs to none"))
    })?;
    if matches!(actor.kind, ActorKind::Token(_)) && User::by_id(connection, owner)?.rights(connection)? != actor.rights
    {
        return Err(Error::Forbidden(Message::new(
            "This token may less than its person, and a scenario would run with all rights of the person",
        )));
    }
    Ok(owner)
}

/// A wish that is right, about servers that whoever wants it may know of; `before` is the schedule that it is written over.
pub(super) fn checked(
    connection: &mut Connection,
    actor: &Actor,
    wish: Wish,
    (before, now): (Option<&Schedule>, DateTime<Utc>),
) -> Result<Checked> {
    let channels = Channel::all(connection)?;
    let checked = wish.checked_over(before, &channels, now)?;
    let mut problems = FieldErrors::default();
    for (place, destination) in checked.destinations.iter().enumerate() {
        // What it names by itself is looked for in the same scope (Z03).
        if let Some(server) = named_server(&destination.kind, &destination.settings) {
            match Server::by_name(connection, actor.scope(), server) {
                Err(error @ Error::NotFound(_)) => {
                    problems.add(format!("destinations.{place}.server"), error.message());
                }
                found => drop(found?),
            }
        }
    }
    problems.or(())?;
    match meant(connection, actor.scope(), &checked.wish.servers)? {
        Ok(_) => Ok(checked),
        Err(why) => Err(Error::field("servers", why)),
    }
}

/// The servers that words mean, of those that `scope` may know of; or why they mean none.
pub fn meant(
    connection: &mut Connection,
    scope: &Scope,
    words: &[String],
) -> Result<std::result::Result<Vec<Server>, Message>> {
    let selector = match Selector::read(words) {
        Ok(selector) => selector,
        Err(why) => return Ok(Err(why)),
    };
    match selector.servers(connection, scope) {
        Ok(servers) if servers.is_empty() => Ok(Err(Message::new(NO_SERVER))),
        Ok(servers) => Ok(Ok(servers)),
        Err(error @ Error::NotFound(_)) => Ok(Err(error.message())),
        Err(error) => Err(error),
    }
}

/// The slot that comes next, and when it is run.
fn next(schedule: &Schedule, enabled: bool, now: DateTime<Utc>) -> (Option<DateTime<Utc>>, Option<DateTime<Utc>>) {
    let slot = if enabled { schedule.next_after(now) } else { None };
    (slot, slot.map(|slot| slot + by_chance(schedule.jitter_seconds)))
}

fn record(
    connection: &mut Connection,
    actor: &Actor,
    action: &'static str,
    scenario: &Scenario,
    now: DateTime<Utc>,
) -> Result<()> {
    let entry =
        AuditEntry::by(actor, action).target(&scenario.name).detail("object", format!("scenarios/{}", scenario.id));
    entry.record(connection, Outcome::Succeeded, now)?;
    Ok(())
}
