//! One command on many servers: what somebody wants, where it is meant, asking for it and for its end. Its own rows tell the story, the
//! queue carries its number, and what runs on each server is an execution like any other.

mod see;
mod wave;
mod wish;
mod work;
mod writer;

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::Selector;
use super::run::never_begun;
use crate::commands::run_command::RunCommand;
use crate::commands::variables::Variables;
use crate::commands::{Acting, Change};
use crate::db::Connection;
use crate::db::types::Address;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::{Actor, ActorKind};
use crate::models::api_tokens::ApiToken;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::fan_outs::{Counts, FanOut, FanOutEnd, FanOutState, MemberState, NewFanOut};
use crate::models::ids::{FanOutId, ServerId};
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;
use crate::models::users::User;
use crate::queue::{Queued, entry};
use crate::remote::many::why_not;

pub use see::{Seen, see, visible};
pub use wish::FanOutWish;
pub use work::{FanOuts, Hear};

/// Servers of one.
pub const MOST: usize = 1_000;

/// An entry of the queue: one claim of a fan-out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunFanOut {
    /// Which.
    pub fan_out: FanOutId,
    /// The claim's token.
    pub token: i64,
}

impl Queued for RunFanOut {
    const QUEUE: &'static str = "fan-outs";

    fn key(&self) -> String {
        format!("{}:{}", self.fan_out, self.token)
    }
}

/// A server that is meant.
#[derive(Debug, Clone)]
pub struct Meant {
    /// Its row.
    pub server: Server,
    /// Why whoever asks may not run this there.
    pub why_not: Option<Message>,
    /// It did not answer when it was last asked, or is switched off.
    pub is_down: bool,
}

/// Who asks for one, and how it is worked on.
#[derive(Debug, Clone, Default)]
pub struct Asking {
    /// Of the saved one that it was begun from.
    pub name: String,
    /// The one whose failures it repeats.
    pub retry_of: Option<FanOutId>,
    /// Whoever asks works on it, and nobody else does.
    pub is_attended: bool,
}

/// The servers that these words mean, of those that `actor` may know of; no words are no servers (Z03).
pub fn meant(connection: &mut Connection, actor: &Actor, wish: &FanOutWish) -> Result<Vec<Meant>> {
    let selector = Selector::read(&wish.servers).map_err(|why| Error::field("servers", why))?;
    let servers = selector.servers(connection, actor.scope()).map_err(|error| match error {
        Error::NotFound(_) => Error::field("servers", error.message()),
        other => other,
    })?;
    let refused = why_not(connection, actor, &servers, wish.acting())?;
    let away: BTreeSet<ServerId> = ServerState::all(connection, actor.scope())?
        .into_iter()
        .filter(|state| !matches!(state.state, State::Up | State::Unknown))
        .map(|state| state.server_id)
        .collect();
    let meant = servers.into_iter().zip(refused).map(|(server, why_not)| Meant {
        is_down: !server.enabled || away.contains(&server.id),
        why_not,
        server,
    });
    Ok(meant.collect())
}

/// The same once more, on the servers on which it failed.
pub fn again_on_failed(seen: &Seen) -> Result<FanOutWish> {
    let failed = seen.members.iter().filter(|member| member.has_failed());
    Ok(FanOutWish { servers: failed.map(|member| member.server.clone()).collect(), ..FanOutWish::of(&seen.fan_out)? })
}

/// Asks for one on these servers; its rows, its line in the audit log and its entry in the queue are written together (J01).
pub fn ask(
    connection: &mut Connection,
    actor: &Actor,
    (wish, servers): (&FanOutWish, &[Server]),
    asking: Asking,
    now: DateTime<Utc>,
) -> Result<FanOut> {
    let wish = wish.checked()?;
    match servers.len() {
        0 => return Err(Error::field("servers", "This means no server on which you may run it")),
        many if many > MOST => {
            return Err(Error::field(
                "servers",
                Message::new("No more than {most} servers at once").with("most", MOST),
            ));
        }
        _ => {}
    }
    let (user_id, api_token_id) = match actor.kind {
        ActorKind::User(id) => (Some(id), None),
        ActorKind::Token(id) => (None, Some(id)),
        ActorKind::System => (None, None),
    };
    let new = NewFanOut {
        name: asking.name,
        words: wish.command.clone(),
        parameters: serde_json::to_value(&wish.parameters).map_err(Error::internal)?,
        as_root: wish.r#become,
        time_limit_seconds: wish.timeout_seconds,
        servers: wish.servers.clone(),
        batch_size: wish.batch_size,
        pause_seconds: wish.pause_seconds,
        stop_after: wish.stop_after,
        canary: wish.canary,
        is_attended: asking.is_attended,
        retry_of: asking.retry_of,
        user_id,
        api_token_id,
        actor_kind: actor.kind_name(),
        actor: actor.name.clone(),
        address: actor.address.map(|address| Address(address.to_canonical())),
        queued_at: now,
    };
    let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
    let waves: Vec<(ServerId, i32)> = ids.iter().copied().zip(wish.waves(ids.len())).collect();
    let mut fan_out = new.insert(connection, &waves)?;
    if asking.is_attended {
        fan_out = FanOut::claim(connection, fan_out.id, 0, now)?.ok_or(Error::NotFound("This run"))?;
    } else {
        entry(&RunFanOut { fan_out: fan_out.id, token: 0 })?.insert(connection)?;
    }
    let given: Vec<String> = wish.parameters.iter().map(|one| format!("{}={}", one.name, one.value)).collect();
    about(actor, "run_on_servers", &fan_out)
        .run_as(if wish.r#become { "root" } else { "" })
        .detail("servers", wish.servers.join(" "))
        .detail("count", servers.len())
        .detail("parameters", given.join("\n"))
        .record(connection, Outcome::Succeeded, now)?;
    Ok(fan_out)
}

/// Asks for the end of one: what runs is ended on its server, and what waits never begins (P07).
pub fn stop(connection: &mut Connection, actor: &Actor, id: FanOutId, now: DateTime<Utc>) -> Result<FanOut> {
    let seen = see(connection, actor, id)?;
    if !seen.may_stop {
        return Err(Error::Forbidden(Message::new(
            "Who asked for it stops it, or whoever may run commands on all of its servers",
        )));
    }
    if !FanOut::ask_to_stop(connection, id, &actor.name)? {
        return Err(Error::Conflict(Message::new("It has ended already")));
    }
    if let Some(why) = never_begun().why {
        FanOut::leave(connection, id, (MemberState::Left, &why))?;
    }
    let fan_out = FanOut::by_id(connection, id)?;
    // Nobody has begun with it: then nobody would write its end.
    if fan_out.state == FanOutState::Queued && !FanOut::is_at_work(connection, id)? {
        settle(connection, &fan_out, None, now)?;
    }
    about(actor, "stop_on_servers", &fan_out).record(connection, Outcome::Succeeded, now)?;
    FanOut::by_id(connection, id)
}

/// Queues again what the death of a process left behind (J05). What was worked on by whoever asked goes on nowhere else: its end is
/// written once nothing of it runs any more.
pub fn free_lost(connection: &mut Connection, now: DateTime<Utc>) -> Result<usize> {
    let lost = FanOut::free_lost(connection, now)?;
    for fan_out in &lost {
        if !fan_out.is_attended {
            entry(&RunFanOut { fan_out: fan_out.id, token: fan_out.token })?.insert(connection)?;
            continue;
        }
        let why = Message::new("The program that ran it has ended");
        FanOut::leave(connection, fan_out.id, (MemberState::Left, &why))?;
        if FanOut::is_at_work(connection, fan_out.id)? {
            fan_out.release(connection, now)?;
        } else {
            settle(connection, fan_out, Some(why), now)?;
        }
    }
    Ok(lost.len())
}

/// The end that follows from what became of it on each server.
fn settle(connection: &mut Connection, fan_out: &FanOut, why: Option<Message>, now: DateTime<Utc>) -> Result<()> {
    let counts = Counts::of(&FanOut::members(connection, fan_out.id)?);
    let state = if FanOut::asked_to_stop(connection, fan_out.id)?.all {
        FanOutState::Stopped
    } else if counts.succeeded == counts.all {
        FanOutState::Succeeded
    } else if counts.succeeded > 0 {
        FanOutState::Partly
    } else {
        FanOutState::Failed
    };
    if !fan_out.end(connection, &FanOutEnd { state, why }, now)? {
        tracing::warn!(fan_out = fan_out.id.0, token = fan_out.token, "stale: another process has it now");
    }
    Ok(())
}

/// Who asked for it, with the rights of now (Z04), or why they have none.
fn asker(
    connection: &mut Connection,
    fan_out: &FanOut,
    now: DateTime<Utc>,
) -> Result<std::result::Result<Actor, Message>> {
    let address = fan_out.address.map(|address| address.0);
    let gone = || Message::new("{who} asked for it, and may not do anything any more").with("who", &fan_out.actor);
    if fan_out.actor_kind == "system" {
        return Ok(Ok(Actor::system(&fan_out.actor)));
    }
    let actor = match (fan_out.user_id, fan_out.api_token_id) {
        (Some(id), _) => {
            let user = User::by_id(connection, id)?;
            if user.is_enabled() { Some(user.actor(connection, address)?) } else { None }
        }
        (None, Some(id)) => ApiToken::actor_now(connection, id, address, now)?,
        (None, None) => None,
    };
    Ok(actor.ok_or_else(gone))
}

fn about(actor: &Actor, action: &'static str, fan_out: &FanOut) -> AuditEntry {
    AuditEntry::by(actor, action)
        .target(&command_of(fan_out, Variables::default()).target())
        .detail("fan_out", fan_out.id)
}

fn command_of(fan_out: &FanOut, variables: Variables) -> RunCommand {
    let acting = if fan_out.as_root { Acting::Root } else { Acting::User };
    RunCommand { words: fan_out.words.clone(), variables, acting }
}
