//! Signed-in browsers. Only SHA-256 of what the browser holds is stored (A05).

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::ids::UserId;
use super::tokens;
use super::users::User;
use crate::config::SessionConfig;
use crate::db::schema::{sessions, users};
use crate::db::types::Address;
use crate::error::Result;
use crate::secret::SecretText;

/// A session seen this recently is not written again: a page of twenty requests is one write.
const TOUCH_EVERY: TimeDelta = TimeDelta::seconds(10);

/// Longest browser description that is kept.
const USER_AGENT_CHARACTERS: usize = 300;

/// One row of `sessions`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = sessions, primary_key(id_hash))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Session {
    pub id_hash: Vec<u8>,
    pub user_id: UserId,
    pub csrf_token: String,
    pub created_at: DateTime<Utc>,
    pub seen_at: DateTime<Utc>,
    pub proved_at: DateTime<Utc>,
    pub address: Address,
    pub user_agent: String,
}

/// What is needed to begin a session: the password was right just now.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// Who signed in.
    pub user_id: UserId,
    /// From where.
    pub address: IpAddr,
    /// The browser's own description.
    pub user_agent: &'a str,
}

impl NewSession<'_> {
    /// Begins the session. The text is the cookie's value and is not kept anywhere.
    pub fn begin(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<(SecretText, Session)> {
        let id = tokens::random("")?;
        let user_agent: String =
            self.user_agent.chars().filter(|c| !c.is_control()).take(USER_AGENT_CHARACTERS).collect();
        let session = diesel::insert_into(sessions::table)
            .values((
                sessions::id_hash.eq(tokens::hash(id.expose())),
                sessions::user_id.eq(self.user_id),
                sessions::csrf_token.eq(tokens::random("")?.expose()),
                sessions::created_at.eq(now),
                sessions::seen_at.eq(now),
                sessions::proved_at.eq(now),
                sessions::address.eq(Address(self.address)),
                sessions::user_agent.eq(user_agent),
            ))
            .returning(Session::as_select())
            .get_result(connection)?;
        Ok((id, session))
    }
}

impl Session {
    /// The live session of a cookie's value and its person. One that is too old ends here; a disabled person has none.
    pub fn find(
        connection: &mut PgConnection,
        id: &str,
        lengths: &SessionConfig,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<(Self, User)>> {
        let found: Option<(Self, User)> = sessions::table
            .inner_join(users::table)
            .filter(sessions::id_hash.eq(tokens::hash(id)).and(users::disabled_at.is_null()))
            .select((Self::as_select(), User::as_select()))
            .first(connection)
            .optional()?;
        match found {
            Some((session, _)) if session.is_over(lengths, now) => session.end(connection).map(|()| None),
            found => Ok(found),
        }
    }

    /// Everybody's sessions of one person, latest first.
    pub fn of_user(connection: &mut PgConnection, user: UserId) -> QueryResult<Vec<Self>> {
        Self::query().filter(sessions::user_id.eq(user)).order(sessions::seen_at.desc()).load(connection)
    }

    /// Whether it is too old, by either length (A07).
    pub fn is_over(&self, lengths: &SessionConfig, now: DateTime<Utc>) -> bool {
        self.ends_at(lengths) <= now
    }

    /// When it ends if nobody touches it.
    pub fn ends_at(&self, lengths: &SessionConfig) -> DateTime<Utc> {
        (self.seen_at + lengths.idle).min(self.created_at + lengths.absolute)
    }

    /// Whether the password was entered recently enough for what needs it again (A11).
    pub fn is_proved(&self, lengths: &SessionConfig, now: DateTime<Utc>) -> bool {
        now < self.proved_at + lengths.proof
    }

    /// The person did something: the idle time begins again. Not called for polls (A07).
    pub fn touch(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        if now < self.seen_at + TOUCH_EVERY {
            return Ok(());
        }
        diesel::update(self).set(sessions::seen_at.eq(now)).execute(connection).map(drop)
    }

    /// The password was entered again and was right.
    pub fn prove(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<()> {
        diesel::update(self).set(sessions::proved_at.eq(now)).execute(connection).map(drop)
    }

    /// A new id for the same session; the old one is dead at once.
    pub fn renew(&self, connection: &mut PgConnection) -> Result<(SecretText, Self)> {
        let id = tokens::random("")?;
        let session = diesel::update(self)
            .set((
                sessions::id_hash.eq(tokens::hash(id.expose())),
                sessions::csrf_token.eq(tokens::random("")?.expose()),
            ))
            .returning(Self::as_select())
            .get_result(connection)?;
        Ok((id, session))
    }

    /// Signs out.
    pub fn end(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::delete(self).execute(connection).map(drop)
    }

    /// Ends every session of a person but `kept` (A08). Says how many.
    pub fn end_all_of_user(connection: &mut PgConnection, user: UserId, kept: Option<&Self>) -> QueryResult<usize> {
        let kept = kept.map_or_else(Vec::new, |session| session.id_hash.clone());
        diesel::delete(sessions::table.filter(sessions::user_id.eq(user).and(sessions::id_hash.ne(kept))))
            .execute(connection)
    }

    /// Ends the session of this person with this stored id. Whether there was one.
    pub fn end_of_user(connection: &mut PgConnection, user: UserId, id_hash: &[u8]) -> QueryResult<bool> {
        let one = sessions::table.filter(sessions::user_id.eq(user).and(sessions::id_hash.eq(id_hash)));
        diesel::delete(one).execute(connection).map(|ended| ended > 0)
    }

    /// Deletes what is too old. Says how many.
    pub fn sweep(connection: &mut PgConnection, lengths: &SessionConfig, now: DateTime<Utc>) -> QueryResult<usize> {
        let idle = sessions::seen_at.le(now - lengths.idle);
        let old = sessions::created_at.le(now - lengths.absolute);
        diesel::delete(sessions::table.filter(idle.or(old))).execute(connection)
    }
}
