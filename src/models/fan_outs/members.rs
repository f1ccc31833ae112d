//! The servers of a fan-out: whose turn it is, and what became of it there.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::FanOut;
use crate::db::schema::{executions, fan_out_members, servers};
use crate::db::types::text_enum;
use crate::language::Message;
use crate::models::executions::ExecutionState;
use crate::models::ids::{ExecutionId, FanOutId, ServerId};
use crate::models::servers::Server;

text_enum! {
    /// How far it is on one server.
    pub enum MemberState {
        /// Its turn has not come.
        Waiting = "waiting",
        /// It is an execution.
        Begun = "begun",
        /// It may not be run there, or cannot be.
        Refused = "refused",
        /// No more were begun.
        Left = "left",
    }
}

/// A server of a new one.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = fan_out_members)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewMember {
    pub fan_out_id: FanOutId,
    pub server_id: ServerId,
    pub wave: i32,
}

/// One server of a fan-out, with what became of it there.
#[derive(Debug, Clone, PartialEq, Queryable)]
#[expect(missing_docs, reason = "the migrations describe the columns")]
pub struct Member {
    pub server_id: ServerId,
    pub server: String,
    pub wave: i32,
    pub state: MemberState,
    pub why: Option<Value>,
    pub digest: Option<Vec<u8>>,
    pub execution: Option<Ran>,
}

/// The execution of one member.
#[derive(Debug, Clone, PartialEq, Queryable, Selectable)]
#[diesel(table_name = executions)]
#[expect(missing_docs, reason = "the migrations describe the columns")]
pub struct Ran {
    pub id: ExecutionId,
    pub state: ExecutionState,
    pub exit_status: Option<i32>,
    pub why: Option<Value>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub log_bytes: i64,
}

/// How many servers of a fan-out are how far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// All of them.
    pub all: usize,
    /// Those on which it succeeded.
    pub succeeded: usize,
    /// Those on which it did not, was refused, or nobody knows.
    pub failed: usize,
    /// Those on which somebody stopped it.
    pub stopped: usize,
    /// Those on which it runs.
    pub running: usize,
    /// Those whose turn has not come.
    pub waiting: usize,
    /// Those whose turn did not come any more.
    pub left: usize,
}

impl Member {
    /// How far it is there, in the words of executions.
    pub fn standing(&self) -> ExecutionState {
        match (self.state, &self.execution) {
            (_, Some(ran)) => ran.state,
            (MemberState::Waiting, None) => ExecutionState::Queued,
            (MemberState::Refused, None) => ExecutionState::Failed,
            (MemberState::Left, None) => ExecutionState::Stopped,
            // It is not kept any more.
            (MemberState::Begun, None) => ExecutionState::Unknown,
        }
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        let why = self.execution.as_ref().and_then(|ran| ran.why.as_ref()).or(self.why.as_ref());
        why.and_then(|why| serde_json::from_value(why.clone()).ok())
    }

    /// Whether it did not succeed there although its turn came: what is done once more.
    pub fn has_failed(&self) -> bool {
        matches!(self.standing(), ExecutionState::Failed | ExecutionState::Partly | ExecutionState::Unknown)
    }
}

impl Counts {
    /// Of these.
    pub fn of<'m>(members: impl IntoIterator<Item = &'m Member>) -> Self {
        let mut counts = Self::default();
        for member in members {
            counts.all += 1;
            *match member.standing() {
                ExecutionState::Succeeded => &mut counts.succeeded,
                ExecutionState::Failed | ExecutionState::Partly | ExecutionState::Unknown => &mut counts.failed,
                ExecutionState::Stopped if member.state == MemberState::Left => &mut counts.left,
                ExecutionState::Stopped => &mut counts.stopped,
                ExecutionState::Queued if member.execution.is_none() => &mut counts.waiting,
                _ => &mut counts.running,
            } += 1;
        }
        counts
    }
}

impl FanOut {
    /// Its servers in their order, with what became of each.
    pub fn members(connection: &mut PgConnection, id: FanOutId) -> QueryResult<Vec<Member>> {
        Ok(Self::members_of(connection, &[id])?.remove(&id).unwrap_or_default())
    }

    /// The same for several.
    pub fn members_of(connection: &mut PgConnection, ids: &[FanOutId]) -> QueryResult<BTreeMap<FanOutId, Vec<Member>>> {
        let rows: Vec<(FanOutId, Member)> = fan_out_members::table
            .inner_join(servers::table)
            .left_join(executions::table)
            .filter(fan_out_members::fan_out_id.eq_any(ids))
            .order((fan_out_members::wave, servers::name))
            .select((
                fan_out_members::fan_out_id,
                (
                    fan_out_members::server_id,
                    servers::name,
                    fan_out_members::wave,
                    fan_out_members::state,
                    fan_out_members::why,
                    fan_out_members::digest,
                    Option::<Ran>::as_select(),
                ),
            ))
            .load(connection)?;
        let mut members: BTreeMap<FanOutId, Vec<Member>> = BTreeMap::new();
        for (id, member) in rows {
            members.entry(id).or_default().push(member);
        }
        Ok(members)
    }

    /// Servers of the first batch that still waits, by name, and which batch that is.
    pub fn next_wave(connection: &mut PgConnection, id: FanOutId) -> QueryResult<Option<(i32, Vec<Server>)>> {
        let waiting = fan_out_members::fan_out_id.eq(id).and(fan_out_members::state.eq(MemberState::Waiting));
        let first: Option<i32> = fan_out_members::table
            .filter(waiting)
            .order(fan_out_members::wave)
            .select(fan_out_members::wave)
            .first(connection)
            .optional()?;
        let Some(wave) = first else { return Ok(None) };
        let waiting = fan_out_members::fan_out_id.eq(id).and(fan_out_members::state.eq(MemberState::Waiting));
        let ids: Vec<ServerId> = fan_out_members::table
            .filter(waiting.and(fan_out_members::wave.eq(wave)))
            .select(fan_out_members::server_id)
            .load(connection)?;
        let found = Server::query().filter(servers::id.eq_any(ids)).order(servers::name).load(connection)?;
        Ok(Some((wave, found)))
    }

    /// It will not begin on these; each with the reason. Those that have begun meanwhile go on.
    pub fn refuse(connection: &mut PgConnection, id: FanOutId, refused: &[(ServerId, Message)]) -> QueryResult<usize> {
        let mut changed = 0;
        for (server, why) in refused {
            let waiting = fan_out_members::table.find((id, *server));
            changed += diesel::update(waiting.filter(fan_out_members::state.eq(MemberState::Waiting)))
                .set((
                    fan_out_members::state.eq(MemberState::Refused),
                    fan_out_members::why.eq(serde_json::to_value(why).ok()),
                ))
                .execute(connection)?;
        }
        Ok(changed)
    }

    /// All that wait will not begin any more.
    pub fn leave(
        connection: &mut PgConnection,
        id: FanOutId,
        (state, why): (MemberState, &Message),
    ) -> QueryResult<usize> {
        let waiting = fan_out_members::fan_out_id.eq(id).and(fan_out_members::state.eq(MemberState::Waiting));
        diesel::update(fan_out_members::table.filter(waiting))
            .set((fan_out_members::state.eq(state), fan_out_members::why.eq(serde_json::to_value(why).ok())))
            .execute(connection)
    }

    /// Whether something of it still runs, here or elsewhere.
    pub fn is_at_work(connection: &mut PgConnection, id: FanOutId) -> QueryResult<bool> {
        let open = fan_out_members::table
            .inner_join(executions::table)
            .filter(fan_out_members::fan_out_id.eq(id).and(executions::ended_at.is_null()));
        diesel::select(diesel::dsl::exists(open)).get_result(connection)
    }
}
