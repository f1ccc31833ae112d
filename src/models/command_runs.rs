//! Commands of people's own that run or ran: the executions that hold what somebody wrote.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::executions::{End, ExecutionState};
use super::ids::{DeliveryId, ExecutionId, RunId, ServerId};
use super::pattern::pattern_of;
use crate::db::schema::{command_runs, deliveries, servers};
use crate::db::types::Address;
use crate::error::{Error, Result};
use crate::language::Message;

/// One execution of a command of somebody's own.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = command_runs)]
#[expect(missing_docs, reason = "the migrations describe the columns")]
pub struct CommandRun {
    pub id: ExecutionId,
    pub server_id: ServerId,
    pub words: Option<String>,
    pub as_root: bool,
    pub run_as: String,
    pub actor_kind: String,
    pub actor: String,
    pub address: Option<Address>,
    pub asked_number: i64,
    pub state: ExecutionState,
    pub batch: Option<ExecutionId>,
    pub position: i32,
    pub goes_on: bool,
    pub time_limit_seconds: Option<i32>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_status: Option<i32>,
    pub why: Option<serde_json::Value>,
    pub log_bytes: i64,
    pub stop_asked_by: Option<String>,
    pub delivery_id: Option<DeliveryId>,
    pub delivery_place: Option<i32>,
}

/// A command that was asked for; recorded before it exists.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = command_runs)]
#[expect(missing_docs, reason = "the migrations describe the columns")]
pub struct NewCommandRun {
    pub server_id: ServerId,
    pub command_type: &'static str,
    pub command: String,
    pub line: String,
    pub script: String,
    pub as_root: bool,
    pub run_as: String,
    pub target: String,
    pub actor_kind: &'static str,
    pub actor: String,
    pub address: Option<Address>,
    pub asked_number: i64,
    pub place: String,
    pub queued_at: DateTime<Utc>,
    pub words: String,
    pub batch: Option<ExecutionId>,
    pub position: i32,
    pub goes_on: bool,
    pub time_limit_seconds: i32,
    pub delivery_id: Option<DeliveryId>,
    pub delivery_place: Option<i32>,
    pub variables: serde_json::Value,
}

/// Which of them are looked for.
#[derive(Debug, Clone, Default)]
pub struct RunFilter {
    /// Only of this person or program: kind and name.
    pub actor: Option<(String, String)>,
    /// Only those that did not succeed.
    pub failed: bool,
    /// Only with this in their words.
    pub text: Option<String>,
}

impl NewCommandRun {
    /// Adds it.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<CommandRun> {
        diesel::insert_into(command_runs::table)
            .values(self)
            .returning(CommandRun::as_returning())
            .get_result(connection)
    }
}

impl CommandRun {
    /// The one of an id, if it is a command of somebody's own.
    pub fn by_id(connection: &mut PgConnection, id: ExecutionId) -> Result<Self> {
        let found = Self::query().find(id).filter(command_runs::words.is_not_null()).first(connection);
        found.optional()?.ok_or(Error::NotFound("This run"))
    }

    /// Those of a server that `filter` lets through, the newest first.
    pub fn latest(
        connection: &mut PgConnection,
        server: ServerId,
        filter: &RunFilter,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let of_server = command_runs::server_id.eq(server).and(command_runs::words.is_not_null());
        let mut found = Self::query().filter(of_server).into_boxed();
        if let Some((kind, name)) = &filter.actor {
            found = found.filter(command_runs::actor_kind.eq(kind).and(command_runs::actor.eq(name)));
        }
        if filter.failed {
            let not_well =
                [ExecutionState::Failed, ExecutionState::Stopped, ExecutionState::Unknown, ExecutionState::Partly];
            found = found.filter(command_runs::state.eq_any(not_well));
        }
        if let Some(text) = &filter.text {
            found = found.filter(command_runs::words.ilike(pattern_of(text)));
        }
        found.order(command_runs::id.desc()).limit(limit).load(connection)
    }

    /// Those that a delivery of a scenario asked for, in their order.
    pub fn of_delivery(connection: &mut PgConnection, delivery: DeliveryId) -> QueryResult<Vec<Self>> {
        let asked = Self::query().filter(command_runs::delivery_id.eq(delivery));
        asked.order(command_runs::delivery_place).load(connection)
    }

    /// The run of a scenario that asked for it, where one did.
    pub fn run_of_scenario(&self, connection: &mut PgConnection) -> QueryResult<Option<RunId>> {
        let Some(delivery) = self.delivery_id else { return Ok(None) };
        deliveries::table.find(delivery).select(deliveries::run_id).first(connection).optional()
    }

    /// Those that a run of a scenario asked for, each with the name of its server, in their order.
    pub fn of_run(
        connection: &mut PgConnection,
        run: RunId,
    ) -> QueryResult<Vec<(ExecutionId, String, ExecutionState)>> {
        command_runs::table
            .inner_join(deliveries::table)
            .inner_join(servers::table)
            .filter(deliveries::run_id.eq(run))
            .order((deliveries::position, command_runs::delivery_place))
            .select((command_runs::id, servers::name, command_runs::state))
            .load(connection)
    }

    /// Asks for the end of all that a run of a scenario asked for.
    pub fn stop_all_of(connection: &mut PgConnection, run: RunId, by: &str) -> QueryResult<usize> {
        let of_run = deliveries::table.filter(deliveries::run_id.eq(run)).select(deliveries::id.nullable());
        let open = command_runs::table.filter(command_runs::ended_at.is_null());
        diesel::update(open.filter(command_runs::delivery_id.eq_any(of_run)))
            .set(command_runs::stop_asked_by.eq(by))
            .execute(connection)
    }

    /// What changes as those of a server go on: the state of each and how much it has printed, of those from `since` on and of
    /// those that have not ended; the newest 500, newest first.
    pub fn pulse(
        connection: &mut PgConnection,
        server: ServerId,
        since: ExecutionId,
    ) -> QueryResult<Vec<(ExecutionId, ExecutionState, i64)>> {
        command_runs::table
            .filter(command_runs::server_id.eq(server).and(command_runs::words.is_not_null()))
            .filter(command_runs::id.ge(since).or(command_runs::ended_at.is_null()))
            .order(command_runs::id.desc())
            .limit(500)
            .select((command_runs::id, command_runs::state, command_runs::log_bytes))
            .load(connection)
    }

    /// The one after it, of those that were asked for together.
    pub fn next_of(&self, connection: &mut PgConnection) -> QueryResult<Option<Self>> {
        let Some(batch) = self.batch else { return Ok(None) };
        Self::query()
            .filter(command_runs::batch.eq(batch).and(command_runs::position.gt(self.position)))
            .filter(command_runs::ended_at.is_null())
            .order(command_runs::position)
            .first(connection)
            .optional()
    }

    /// Those after it that have not begun.
    pub fn rest_of(&self, connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        let Some(batch) = self.batch else { return Ok(Vec::new()) };
        Self::query()
            .filter(command_runs::batch.eq(batch).and(command_runs::position.gt(self.position)))
            .filter(command_runs::ended_at.is_null())
            .order(command_runs::position)
            .load(connection)
    }

    /// Ends one that has not begun.
    pub fn leave(&self, connection: &mut PgConnection, end: &End, now: DateTime<Utc>) -> QueryResult<bool> {
        let why = end.why.as_ref().and_then(|why| serde_json::to_value(why).ok());
        let waiting = command_runs::table.find(self.id).filter(command_runs::state.eq(ExecutionState::Queued));
        diesel::update(waiting.filter(command_runs::ended_at.is_null()))
            .set((command_runs::state.eq(end.state), command_runs::why.eq(why), command_runs::ended_at.eq(now)))
            .execute(connection)
            .map(|left| left == 1)
    }

    /// Makes it the first of those that were asked for together.
    pub fn leads(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::update(command_runs::table.find(self.id))
            .set(command_runs::batch.eq(self.id))
            .execute(connection)
            .map(drop)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }

    /// What was written.
    pub fn text(&self) -> &str {
        self.words.as_deref().unwrap_or_default()
    }
}
