//! Commands that run by themselves on a server: each is started once (J03), and followed by whoever holds its claim.

mod claims;
mod output;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{And, IsNull, NotEq};
use diesel::prelude::*;

use super::ids::{ArtifactId, ExecutionId, ServerId};
use crate::commands::CommandType;
use crate::db::schema::executions;
use crate::db::types::{Address, text_enum};
use crate::error::{Error, Result};
use crate::language::Message;

pub use claims::End;
pub use output::OutputPart;

/// How long one is kept after its end, with what it printed. Who asked for it stays in the audit log.
pub const KEPT: TimeDelta = TimeDelta::days(90);

text_enum! {
    /// How far one is.
    pub enum ExecutionState {
        /// Nobody has begun.
        Queued = "queued",
        /// Its file is on its way. Nothing runs yet, so this may be done again.
        Copying = "copying",
        /// Its start was sent, or is about to be: it is never sent again.
        Starting = "starting",
        /// The server told that it runs.
        Running = "running",
        /// It did what was asked.
        Succeeded = "succeeded",
        /// Its tool says that it worked, and something of it did not.
        Partly = "partly",
        /// It did not.
        Failed = "failed",
        /// Somebody stopped it.
        Stopped = "stopped",
        /// Nobody knows: what it left on the server is gone.
        Unknown = "unknown",
    }
}

impl ExecutionState {
    /// Whether nothing more comes.
    pub fn has_ended(self) -> bool {
        !matches!(self, Self::Queued | Self::Copying | Self::Starting | Self::Running)
    }

    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "Waiting",
            Self::Copying => "Copying the file",
            Self::Starting => "Starting",
            Self::Running => "Running",
            Self::Succeeded => "Done",
            Self::Partly => "Done, but not whole",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
            Self::Unknown => "Unknown",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Queued | Self::Copying | Self::Starting | Self::Running => "run",
            Self::Succeeded => "up",
            Self::Partly | Self::Stopped => "warn",
            Self::Failed => "crit",
            Self::Unknown => "none",
        }
    }
}

/// One row of `executions`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = executions)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Execution {
    pub id: ExecutionId,
    pub server_id: ServerId,
    pub command_type: String,
    pub command: String,
    pub line: String,
    pub script: String,
    pub as_root: bool,
    pub run_as: String,
    pub target: String,
    pub artifact_id: Option<ArtifactId>,
    pub unsigned: bool,
    pub actor_kind: String,
    pub actor: String,
    pub address: Option<Address>,
    pub asked_number: i64,
    pub place: String,
    pub state: ExecutionState,
    pub token: i64,
    pub lease_until: Option<DateTime<Utc>>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_status: Option<i32>,
    pub why: Option<serde_json::Value>,
    pub answer: String,
    pub log_bytes: i64,
    pub stop_asked_by: Option<String>,
    pub file_place: String,
    pub words: Option<String>,
    pub time_limit_seconds: Option<i32>,
    pub variables: serde_json::Value,
}

/// An execution without what it was sent and what it left: for lists, and for whoever watches it.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = executions)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ExecutionSummary {
    pub id: ExecutionId,
    pub server_id: ServerId,
    pub command_type: String,
    pub command: String,
    pub target: String,
    pub actor: String,
    pub state: ExecutionState,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub exit_status: Option<i32>,
    pub why: Option<serde_json::Value>,
    pub log_bytes: i64,
    pub token: i64,
    pub words: Option<String>,
    pub as_root: bool,
}

/// What was asked for; validated and recorded before it exists.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = executions)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewExecution {
    pub server_id: ServerId,
    pub command_type: &'static str,
    pub command: String,
    pub line: String,
    pub script: String,
    pub as_root: bool,
    pub run_as: String,
    pub target: String,
    pub artifact_id: Option<ArtifactId>,
    pub unsigned: bool,
    pub actor_kind: &'static str,
    pub actor: String,
    pub address: Option<Address>,
    pub asked_number: i64,
    pub place: String,
    pub queued_at: DateTime<Utc>,
}

impl NewExecution {
    /// Adds it.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<ExecutionSummary> {
        diesel::insert_into(executions::table)
            .values(self)
            .returning(ExecutionSummary::as_returning())
            .get_result(connection)
    }
}

impl Execution {
    /// The execution of an id.
    pub fn by_id(connection: &mut PgConnection, id: ExecutionId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This run"))
    }

    /// Removes at most `limit` that ended before a moment; how many.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
        let old: Vec<ExecutionId> = executions::table
            .filter(executions::ended_at.lt(before))
            .order(executions::ended_at)
            .limit(limit)
            .select(executions::id)
            .load(connection)?;
        diesel::delete(executions::table.filter(executions::id.eq_any(old))).execute(connection)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        sentence(self.why.as_ref())
    }
}

impl ExecutionSummary {
    /// The execution of an id.
    pub fn by_id(connection: &mut PgConnection, id: ExecutionId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This run"))
    }

    /// What package tools did on a server, the newest first.
    pub fn of_server(connection: &mut PgConnection, server: ServerId, limit: i64) -> QueryResult<Vec<Self>> {
        let of_server = Self::query().filter(executions::server_id.eq(server));
        of_server.filter(is_of_package_tools()).order(executions::id.desc()).limit(limit).load(connection)
    }

    /// Lines of crontabs that were run from here on a server, the newest first.
    pub fn of_cron(connection: &mut PgConnection, server: ServerId, limit: i64) -> QueryResult<Vec<Self>> {
        let of_server = Self::query().filter(executions::server_id.eq(server));
        of_server
            .filter(executions::command_type.eq(CommandType::RunCronLine.name()))
            .order(executions::id.desc())
            .limit(limit)
            .load(connection)
    }

    /// Those of these servers, the newest first.
    pub fn of_servers(connection: &mut PgConnection, servers: &[ServerId], limit: i64) -> QueryResult<Vec<Self>> {
        let of_servers = Self::query().filter(executions::server_id.eq_any(servers));
        of_servers.order(executions::id.desc()).limit(limit).load(connection)
    }

    /// What goes on on a server now: package tools have one lock.
    pub fn going_on(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        let open = Self::query().filter(executions::server_id.eq(server).and(executions::ended_at.is_null()));
        open.filter(is_of_package_tools()).order(executions::id.desc()).first(connection).optional()
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        sentence(self.why.as_ref())
    }
}

/// Lines of crontabs and commands of people's own have nothing to do with package tools, and lists of their own.
fn is_of_package_tools() -> And<NotEq<executions::command_type, &'static str>, IsNull<executions::words>> {
    executions::command_type.ne(CommandType::RunCronLine.name()).and(executions::words.is_null())
}

fn sentence(why: Option<&serde_json::Value>) -> Option<Message> {
    why.and_then(|why| serde_json::from_value(why.clone()).ok())
}
