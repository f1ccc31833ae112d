//! Interactive shells on servers, from their beginning to their end. What they showed is in [`recordings`], how a browser
//! attaches to one in [`tickets`].

pub mod recordings;
pub mod tickets;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::ids::{ServerId, TerminalId, UserId};
use crate::db::schema::{servers, terminals};
use crate::db::types::{Address, text_enum};
use crate::error::{Error, Result};
use crate::language::Message;

/// How long an ended terminal and its recording are kept.
pub const KEPT: TimeDelta = TimeDelta::days(90);

text_enum! {
    /// How much of what a terminal showed is recorded.
    pub enum Recording {
        /// All of it.
        Whole = "whole",
        /// Its beginning: there was more than is kept.
        Cut = "cut",
    }
}

/// One row of `terminals`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = terminals)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Terminal {
    pub id: TerminalId,
    pub server_id: ServerId,
    pub user_id: Option<UserId>,
    pub actor: String,
    pub address: Option<Address>,
    pub run_as: String,
    pub holder: String,
    pub begun_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
    pub why: Option<serde_json::Value>,
    pub end_asked_by: Option<String>,
    pub output_bytes: i64,
    pub recording: Recording,
    pub recorded_bytes: i64,
}

/// A terminal that begins.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = terminals)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewTerminal {
    pub server_id: ServerId,
    pub user_id: UserId,
    pub actor: String,
    pub address: Option<Address>,
    pub run_as: String,
    pub holder: String,
    pub begun_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
}

/// How many terminals other processes hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Elsewhere {
    /// Of the person.
    pub of_person: usize,
    /// On the server.
    pub on_server: usize,
}

impl NewTerminal {
    /// Adds it.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<Terminal> {
        diesel::insert_into(terminals::table).values(self).returning(Terminal::as_returning()).get_result(connection)
    }
}

impl Terminal {
    /// The terminal of an id.
    pub fn by_id(connection: &mut PgConnection, id: TerminalId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This terminal"))
    }

    /// Those that a person has open on a server, the oldest first.
    pub fn open_of(connection: &mut PgConnection, server: ServerId, user: UserId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(terminals::server_id.eq(server).and(terminals::user_id.eq(user)))
            .filter(terminals::ended_at.is_null())
            .order(terminals::id)
            .load(connection)
    }

    /// The names of the servers on which a person has terminals open, in their order.
    pub fn servers_of(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<String>> {
        terminals::table
            .inner_join(servers::table)
            .filter(terminals::user_id.eq(user).and(terminals::ended_at.is_null()))
            .select(servers::name)
            .distinct()
            .order(servers::name)
            .load(connection)
    }

    /// How many other processes than `holder` hold that were heard of since a moment: of a person, and on a server.
    pub fn held_elsewhere(
        connection: &mut PgConnection,
        holder: &str,
        (user, server): (UserId, ServerId),
        since: DateTime<Utc>,
    ) -> QueryResult<Elsewhere> {
        let held: Vec<(Option<UserId>, ServerId)> = terminals::table
            .filter(terminals::ended_at.is_null().and(terminals::holder.ne(holder)))
            .filter(terminals::seen_at.gt(since))
            .filter(terminals::user_id.eq(user).or(terminals::server_id.eq(server)))
            .select((terminals::user_id, terminals::server_id))
            .load(connection)?;
        Ok(Elsewhere {
            of_person: held.iter().filter(|(of, _)| *of == Some(user)).count(),
            on_server: held.iter().filter(|(_, on)| *on == server).count(),
        })
    }

    /// Those of these servers, the newest first: of one person, or of everybody.
    pub fn latest(
        connection: &mut PgConnection,
        servers: &[ServerId],
        user: Option<UserId>,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        let mut found = Self::query().filter(terminals::server_id.eq_any(servers)).into_boxed();
        if let Some(user) = user {
            found = found.filter(terminals::user_id.eq(user));
        }
        found.order((terminals::ended_at.is_null().desc(), terminals::id.desc())).limit(limit).load(connection)
    }

    /// Asks for the end of one; false where it has ended already.
    pub fn ask_to_end(connection: &mut PgConnection, id: TerminalId, by: &str) -> QueryResult<bool> {
        diesel::update(terminals::table.find(id).filter(terminals::ended_at.is_null()))
            .set(terminals::end_asked_by.eq(by))
            .execute(connection)
            .map(|asked| asked == 1)
    }

    /// A sign of life with what it has shown so far, bytes; who asked for its end, if anybody has. None where it counts as
    /// ended.
    pub fn sign(
        connection: &mut PgConnection,
        id: TerminalId,
        output_bytes: i64,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Option<String>>> {
        diesel::update(terminals::table.find(id).filter(terminals::ended_at.is_null()))
            .set((terminals::seen_at.eq(now), terminals::output_bytes.eq(output_bytes)))
            .returning(terminals::end_asked_by)
            .get_result(connection)
            .optional()
    }

    /// How it ended; false where that is known already.
    pub fn end(
        connection: &mut PgConnection,
        id: TerminalId,
        (output_bytes, why): (i64, &Message),
        now: DateTime<Utc>,
    ) -> QueryResult<bool> {
        diesel::update(terminals::table.find(id).filter(terminals::ended_at.is_null()))
            .set((
                terminals::ended_at.eq(now),
                terminals::output_bytes.eq(output_bytes),
                terminals::why.eq(serde_json::to_value(why).ok()),
            ))
            .execute(connection)
            .map(|ended| ended == 1)
    }

    /// Ends those whose process was not heard of since a moment: they went with it.
    pub fn end_lost(
        connection: &mut PgConnection,
        before: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> QueryResult<Vec<Self>> {
        let why = Message::new("The process of hannun that held it is gone");
        diesel::update(terminals::table.filter(terminals::ended_at.is_null().and(terminals::seen_at.lt(before))))
            .set((terminals::ended_at.eq(now), terminals::why.eq(serde_json::to_value(why).ok())))
            .returning(Self::as_returning())
            .get_results(connection)
    }

    /// Removes at most `limit` that ended before a moment, with their recordings; how many.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, limit: i64) -> QueryResult<usize> {
        let old: Vec<TerminalId> = terminals::table
            .filter(terminals::ended_at.lt(before))
            .order(terminals::ended_at)
            .limit(limit)
            .select(terminals::id)
            .load(connection)?;
        diesel::delete(terminals::table.filter(terminals::id.eq_any(old))).execute(connection)
    }

    /// The sentence about its end.
    pub fn why(&self) -> Option<Message> {
        self.why.as_ref().and_then(|why| serde_json::from_value(why.clone()).ok())
    }
}
