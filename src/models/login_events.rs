//! Who signed in to servers, and who tried to.

pub mod addresses;
pub mod counts;
pub mod groups;
mod store;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::ids::ServerId;
use super::pattern::pattern_of;
use crate::commands::logins;
use crate::db::schema::login_events;
use crate::db::types::{Address, text_enum};

text_enum! {
    /// How it ended.
    pub enum LoginOutcome {
        /// They were let in.
        Accepted = "accepted",
        /// They were not.
        Failed = "failed",
    }
}

text_enum! {
    /// By what it is known.
    pub enum ToldBy {
        /// A message about one attempt.
        Attempt = "attempt",
        /// A message about a connection on which nothing came of it.
        Connection = "connection",
        /// A record of wtmp or btmp.
        Record = "record",
    }
}

impl From<logins::LoginOutcome> for LoginOutcome {
    fn from(outcome: logins::LoginOutcome) -> Self {
        match outcome {
            logins::LoginOutcome::Accepted => Self::Accepted,
            logins::LoginOutcome::Failed => Self::Failed,
        }
    }
}

impl From<logins::ToldBy> for ToldBy {
    fn from(told_by: logins::ToldBy) -> Self {
        match told_by {
            logins::ToldBy::Attempt => Self::Attempt,
            logins::ToldBy::Connection => Self::Connection,
            logins::ToldBy::Record => Self::Record,
        }
    }
}

/// One row of `login_events`. Its texts are hostile.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable, QueryableByName)]
#[diesel(table_name = login_events, check_for_backend(diesel::pg::Pg))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct LoginEvent {
    pub id: i64,
    pub server_id: ServerId,
    pub at: DateTime<Utc>,
    pub outcome: LoginOutcome,
    pub user_name: String,
    pub is_unknown_user: bool,
    pub address: Option<Address>,
    pub host: String,
    pub port: Option<i32>,
    pub method: String,
    pub fingerprint: String,
    pub pid: Option<i32>,
    pub terminal: String,
    pub ended_at: Option<DateTime<Utc>>,
    pub is_over: bool,
    pub times: i32,
    pub told_by: ToldBy,
    pub is_ours: bool,
}

/// Which logins are wanted; what is empty does not narrow.
#[derive(Debug, Clone, Default)]
pub struct LoginFilter {
    /// On these servers.
    pub servers: Vec<ServerId>,
    /// That ended so.
    pub outcome: Option<LoginOutcome>,
    /// With this in the name; of names that the reader may not see, none is found.
    pub user: Option<String>,
    /// From this address.
    pub address: Option<std::net::IpAddr>,
    /// With this in name, address, host or fingerprint.
    pub text: Option<String>,
    /// From this moment on.
    pub from: Option<DateTime<Utc>>,
    /// Before this moment.
    pub to: Option<DateTime<Utc>>,
    /// Older than this one: time and number.
    pub before: Option<(DateTime<Utc>, i64)>,
    /// Names of users that a server does not have are searched too.
    pub sees_unknown_names: bool,
}

type Query<'a> = login_events::BoxedQuery<'a, diesel::pg::Pg>;

impl LoginEvent {
    /// How long the session lasted, where both ends are known.
    pub fn lasted(&self) -> Option<TimeDelta> {
        self.ended_at.map(|ended| ended - self.at)
    }

    /// Those that `filter` lets through, newest first.
    pub fn latest(connection: &mut PgConnection, filter: &LoginFilter, limit: i64) -> QueryResult<Vec<Self>> {
        let mut query = filtered(filter);
        if let Some((at, id)) = filter.before {
            query = query.filter(login_events::at.lt(at).or(login_events::at.eq(at).and(login_events::id.lt(id))));
        }
        query
            .order((login_events::at.desc(), login_events::id.desc()))
            .limit(limit)
            .select(Self::as_select())
            .load(connection)
    }

    /// How many there are, each as often as it was told.
    pub fn count(connection: &mut PgConnection, filter: &LoginFilter) -> QueryResult<i64> {
        let sum =
            filtered(filter).select(diesel::dsl::sum(login_events::times)).get_result::<Option<i64>>(connection)?;
        Ok(sum.unwrap_or_default())
    }

    /// Sessions of `server` that are not over, as far as anybody said; the newest first.
    pub fn open(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(login_events::server_id.eq(server))
            .filter(login_events::outcome.eq(LoginOutcome::Accepted).and(login_events::is_over.eq(false)))
            .order(login_events::at.desc())
            .limit(5_000)
            .load(connection)
    }

    /// Sessions of `server` of which nobody said when they ended, also where they are over; the newest first.
    pub fn without_end(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(login_events::server_id.eq(server))
            .filter(login_events::outcome.eq(LoginOutcome::Accepted).and(login_events::ended_at.is_null()))
            .order(login_events::at.desc())
            .limit(5_000)
            .load(connection)
    }

    /// Forgets up to `most` of what is from before `before`; how many those were.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>, most: i64) -> QueryResult<usize> {
        diesel::sql_query(include_str!("login_events/forget.sql"))
            .bind::<diesel::sql_types::Timestamptz, _>(before)
            .bind::<diesel::sql_types::BigInt, _>(most)
            .execute(connection)
    }
}

fn filtered(filter: &LoginFilter) -> Query<'static> {
    use diesel::dsl::sql;
    use diesel::sql_types::{Bool, Text};
    let mut query = login_events::table.into_boxed().filter(login_events::server_id.eq_any(filter.servers.clone()));
    if let Some(outcome) = filter.outcome {
        query = query.filter(login_events::outcome.eq(outcome));
    }
    if let Some(address) = filter.address {
        query = query.filter(login_events::address.eq(Address(address.to_canonical())));
    }
    if let Some(from) = filter.from {
        query = query.filter(login_events::at.ge(from));
    }
    if let Some(to) = filter.to {
        query = query.filter(login_events::at.lt(to));
    }
    let sees = filter.sees_unknown_names;
    if let Some(user) = &filter.user {
        query = query.filter(login_events::user_name.eq(user.replace('\0', "")));
        query = query.filter(sql::<Bool>("(not is_unknown_user or ").bind::<Bool, _>(sees).sql(")"));
    }
    if let Some(text) = &filter.text {
        let pattern = pattern_of(text);
        let holds = sql::<Bool>("(user_name ilike ")
            .bind::<Text, _>(pattern.clone())
            .sql(" and (not is_unknown_user or ")
            .bind::<Bool, _>(sees)
            .sql(") or host ilike ")
            .bind::<Text, _>(pattern.clone())
            .sql(" or fingerprint ilike ")
            .bind::<Text, _>(pattern.clone())
            .sql(" or coalesce(host(address), '') like ")
            .bind::<Text, _>(pattern)
            .sql(")");
        query = query.filter(holds);
    }
    query
}
