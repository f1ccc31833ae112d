//! The switch for all: while a pause stands, no scenario fires by its schedule. Also what is restored from a backup begins with one (R09).
//!
//! What was begun goes on, and *Run now* still runs. When the pause ends, what was due meanwhile is treated as each scenario says of
//! what it missed (J06): nothing here does that, the next look at what is due finds it late.

use chrono::{DateTime, Utc};

use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, Role, Scope};
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::PauseId;
use crate::models::pauses::Pause;

/// Characters of a reason.
pub const LONGEST_REASON: usize = 200;

/// Whether `actor` may pause and start what belongs to everybody.
pub fn may_pause(actor: &Actor) -> bool {
    actor.may(Role::Administrator) && *actor.scope() == Scope::All
}

/// Pauses all scenarios, of everybody.
pub fn pause(connection: &mut Connection, actor: &Actor, why: &str, now: DateTime<Utc>) -> Result<Pause> {
    allowed(actor)?;
    let why = reason(why)?;
    let pause = Pause::begin(connection, &actor.name, why, now)?
        .ok_or_else(|| Error::Conflict(Message::new("The scheduler is paused already")))?;
    record(connection, actor, "pause_scheduler", &pause, now)?;
    Ok(pause)
}

/// Ends the pause that was seen: all scenarios fire again by their schedules.
pub fn start(connection: &mut Connection, actor: &Actor, id: PauseId, now: DateTime<Utc>) -> Result<Pause> {
    allowed(actor)?;
    let pause = Pause::end(connection, id, &actor.name, now)?
        .ok_or_else(|| Error::Conflict(Message::new("This pause has ended already, or there never was one")))?;
    record(connection, actor, "start_scheduler", &pause, now)?;
    Ok(pause)
}

/// What stands as the reason: one line that says something.
fn reason(why: &str) -> Result<&str> {
    let why = why.trim();
    if why.is_empty() {
        return Err(Error::field("why", "Say why: others will want to know"));
    }
    if why.chars().count() > LONGEST_REASON || why.chars().any(char::is_control) {
        return Err(Error::field("why", "A reason is one line of 200 characters at most"));
    }
    Ok(why)
}

fn allowed(actor: &Actor) -> Result<()> {
    if may_pause(actor) {
        return Ok(());
    }
    let why = "Only administrators who may know of every server pause the scheduler, and start it again";
    Err(Error::Forbidden(Message::new(why)))
}

fn record(
    connection: &mut Connection,
    actor: &Actor,
    action: &'static str,
    pause: &Pause,
    now: DateTime<Utc>,
) -> Result<()> {
    let entry =
        AuditEntry::by(actor, action).detail("why", &pause.why).detail("object", format!("pauses/{}", pause.id));
    entry.record(connection, Outcome::Succeeded, now)?;
    Ok(())
}
