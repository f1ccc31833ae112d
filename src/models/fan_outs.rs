//! One command on many servers, and how far it is on each of them.

mod claims;
mod members;
mod results;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use serde_json::Value;

use super::ids::{ApiTokenId, FanOutId, ServerId, UserId};
use crate::db::schema::{fan_out_members, fan_outs};
use crate::db::types::{Address, text_enum};
use crate::error::{Error, Result};
use crate::language::Message;

pub use claims::{Asked, FanOutEnd};
pub use members::{Counts, Member, MemberState, NewMember, Ran};
pub use results::{NewStarted, Progress};

text_enum! {
    /// How far one is, or how it ended.
    pub enum FanOutState {
        /// It waits for a worker.
        Queued = "queued",
        /// It is at work.
        Running = "running",
        /// It succeeded on every server.
        Succeeded = "succeeded",
        /// It succeeded on some of them.
        Partly = "partly",
        /// It succeeded on none.
        Failed = "failed",
        /// Somebody stopped it.
        Stopped = "stopped",
    }
}

impl FanOutState {
    /// Whether it has not ended yet.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Queued | Self::Running)
    }

    /// The English word for people; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Queued => "Waiting",
            Self::Running => "Running",
            Self::Succeeded => "Done",
            Self::Partly => "Done, but not whole",
            Self::Failed => "Failed",
            Self::Stopped => "Stopped",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Queued | Self::Running => "run",
            Self::Succeeded => "up",
            Self::Partly | Self::Stopped => "warn",
            Self::Failed => "crit",
        }
    }
}

/// One row of `fan_outs`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = fan_outs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct FanOut {
    pub id: FanOutId,
    pub name: String,
    pub words: String,
    pub parameters: Value,
    pub as_root: bool,
    pub time_limit_seconds: i32,
    pub servers: Vec<String>,
    pub batch_size: Option<i32>,
    pub pause_seconds: i32,
    pub stop_after: Option<i32>,
    pub canary: bool,
    pub is_attended: bool,
    pub retry_of: Option<FanOutId>,
    pub user_id: Option<UserId>,
    pub api_token_id: Option<ApiTokenId>,
    pub actor_kind: String,
    pub actor: String,
    pub address: Option<Address>,
    pub state: FanOutState,
    pub token: i64,
    pub pause_until: Option<DateTime<Utc>>,
    pub stop_asked_by: Option<String>,
    pub queued_at: DateTime<Utc>,
    pub started_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
    pub why: Option<Value>,
}

/// What was asked for.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = fan_outs)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewFanOut {
    pub name: String,
    pub words: String,
    pub parameters: Value,
    pub as_root: bool,
    pub time_limit_seconds: i32,
    pub servers: Vec<String>,
    pub batch_size: Option<i32>,
    pub pause_seconds: i32,
    pub stop_after: Option<i32>,
    pub canary: bool,
    pub is_attended: bool,
    pub retry_of: Option<FanOutId>,
    pub user_id: Option<UserId>,
    pub api_token_id: Option<ApiTokenId>,
    pub actor_kind: &'static str,
    pub actor: String,
    pub address: Option<Address>,
    pub queued_at: DateTime<Utc>,
}

impl NewFanOut {
    /// Adds it with its servers, each with its batch.
    pub fn insert(&self, connection: &mut PgConnection, servers: &[(ServerId, i32)]) -> QueryResult<FanOut> {
        let fan_out: FanOut = diesel::insert_into(fan_outs::table)
            .values(self)
            .returning(FanOut::as_returning())
            .get_result(connection)?;
        let members: Vec<NewMember> = servers
            .iter()
            .map(|(server_id, wave)| NewMember { fan_out_id: fan_out.id, server_id: *server_id, wave: *wave })
            .collect();
        diesel::insert_into(fan_out_members::table).values(&members).execute(connection)?;
        Ok(fan_out)
    }
}

impl FanOut {
    /// The one of an id.
    pub fn by_id(connection: &mut PgConnection, id: FanOutId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This run"))
    }

    /// Those that touch one of these servers, the newest first.
    pub fn of_servers(connection: &mut PgConnection, servers: &[ServerId], limit: i64) -> QueryResult<Vec<Self>> {
        let touching = fan_out_members::table
            .filter(fan_out_members::server_id.eq_any(servers))
            .select(fan_out_members::fan_out_id);
        Self::query().filter(fan_outs::id.eq_any(touching)).order(fan_outs::id.desc()).limit(limit).load(connection)
    }

    /// Removes at most `limit` that ended before a moment; how many.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
        let old: Vec<FanOutId> = fan_outs::table
            .filter(fan_outs::ended_at.lt(before))
            .order(fan_outs::ended_at)
            .limit(limit)
            .select(fan_outs::id)
            .load(connection)?;
        diesel::delete(fan_outs::table.filter(fan_outs::id.eq_any(old))).execute(connection)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }
}
