//! Writing what a reading found.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Inet, Integer, Nullable, Text, Timestamptz};

use super::{LoginEvent, LoginOutcome, ToldBy};
use crate::commands::logins::Login;
use crate::db::schema::login_events;
use crate::db::types::Address;
use crate::models::ids::ServerId;

/// Rows of one statement.
const ROWS: usize = 10_000;

/// A login as it is about to be kept, and whether it was hannun itself.
type NewLogin = (Login, bool);

fn cleaned(text: &str) -> String {
    text.replace('\0', "")
}

fn number(number: impl TryInto<i32>) -> Option<i32> {
    number.try_into().ok()
}

impl LoginEvent {
    /// Adds logins of one server.
    pub fn insert(connection: &mut PgConnection, server: ServerId, logins: &[NewLogin]) -> QueryResult<()> {
        for rows in logins.chunks(ROWS) {
            let texts = |of: fn(&Login) -> &str| rows.iter().map(|(login, _)| cleaned(of(login))).collect::<Vec<_>>();
            let every = || rows.iter().map(|(login, _)| login);
            let outcomes: Vec<&str> = every().map(|login| LoginOutcome::from(login.outcome).name()).collect();
            let told_by: Vec<&str> = every().map(|login| ToldBy::from(login.told_by).name()).collect();
            let addresses: Vec<Option<Address>> = every().map(|login| login.address.map(Address)).collect();
            diesel::sql_query(include_str!("insert.sql"))
                .bind::<BigInt, _>(server.0)
                .bind::<Array<Timestamptz>, _>(every().map(|login| login.at).collect::<Vec<_>>())
                .bind::<Array<Text>, _>(outcomes)
                .bind::<Array<Text>, _>(texts(|login| &login.user))
                .bind::<Array<Bool>, _>(every().map(|login| login.is_unknown_user).collect::<Vec<_>>())
                .bind::<Array<Nullable<Inet>>, _>(addresses)
                .bind::<Array<Text>, _>(texts(|login| &login.host))
                .bind::<Array<Nullable<Integer>>, _>(every().map(|login| login.port.map(i32::from)).collect::<Vec<_>>())
                .bind::<Array<Text>, _>(texts(|login| &login.method))
                .bind::<Array<Text>, _>(texts(|login| &login.key))
                .bind::<Array<Nullable<Integer>>, _>(
                    every().map(|login| login.pid.and_then(number)).collect::<Vec<_>>(),
                )
                .bind::<Array<Text>, _>(texts(|login| &login.terminal))
                .bind::<Array<Nullable<Timestamptz>>, _>(every().map(|login| login.ended_at).collect::<Vec<_>>())
                .bind::<Array<Bool>, _>(every().map(is_over).collect::<Vec<_>>())
                .bind::<Array<Integer>, _>(every().map(|login| number(login.times).unwrap_or(1)).collect::<Vec<_>>())
                .bind::<Array<Text>, _>(told_by)
                .bind::<Array<Bool>, _>(rows.iter().map(|(_, is_ours)| *is_ours).collect::<Vec<_>>())
                .execute(connection)?;
        }
        Ok(())
    }

    /// What is known of `server` from `from` to `to`, oldest first.
    pub fn between(
        connection: &mut PgConnection,
        server: ServerId,
        (from, to): (DateTime<Utc>, DateTime<Utc>),
    ) -> QueryResult<Vec<Self>> {
        Self::query()
            .filter(login_events::server_id.eq(server).and(login_events::at.between(from, to)))
            .order((login_events::at, login_events::id))
            .load(connection)
    }

    /// When the first login of `server` was that a log told, and no record alone.
    pub fn first_told(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<DateTime<Utc>>> {
        login_events::table
            .filter(login_events::server_id.eq(server).and(login_events::told_by.ne(ToldBy::Record)))
            .order(login_events::at)
            .select(login_events::at)
            .first(connection)
            .optional()
    }

    /// What is known better by now.
    pub fn replace(connection: &mut PgConnection, id: i64, (login, is_ours): &NewLogin) -> QueryResult<()> {
        diesel::update(login_events::table.find(id))
            .set((
                login_events::at.eq(login.at),
                login_events::user_name.eq(cleaned(&login.user)),
                login_events::is_unknown_user.eq(login.is_unknown_user),
                login_events::address.eq(login.address.map(Address)),
                login_events::host.eq(cleaned(&login.host)),
                login_events::port.eq(login.port.map(i32::from)),
                login_events::method.eq(cleaned(&login.method)),
                login_events::fingerprint.eq(cleaned(&login.key)),
                login_events::pid.eq(login.pid.and_then(number)),
                login_events::times.eq(number(login.times).unwrap_or(1)),
                login_events::told_by.eq(ToldBy::from(login.told_by)),
                login_events::is_ours.eq(*is_ours),
            ))
            .execute(connection)
            .map(drop)
    }

    /// Where somebody sits, told by a record.
    pub fn sits_at(connection: &mut PgConnection, id: i64, terminal: &str) -> QueryResult<()> {
        let own = login_events::table.find(id);
        diesel::update(own).set(login_events::terminal.eq(cleaned(terminal))).execute(connection).map(drop)
    }

    /// When a session was over.
    pub fn end(connection: &mut PgConnection, id: i64, at: DateTime<Utc>) -> QueryResult<()> {
        let own = login_events::table.find(id).filter(login_events::ended_at.is_null());
        let over = (login_events::ended_at.eq(at), login_events::is_over.eq(true));
        diesel::update(own).set(over).execute(connection).map(drop)
    }

    /// Sessions of `server` from before `before` whose process is none of `alive` are over, though nobody said when.
    pub fn over_but_for(
        connection: &mut PgConnection,
        server: ServerId,
        alive: &[i32],
        before: DateTime<Utc>,
    ) -> QueryResult<usize> {
        let open = login_events::table
            .filter(login_events::server_id.eq(server).and(login_events::outcome.eq(LoginOutcome::Accepted)))
            .filter(login_events::is_over.eq(false).and(login_events::at.lt(before)))
            // Of a record of another kind of session nobody knows which process holds it.
            .filter(login_events::told_by.ne(ToldBy::Record).or(login_events::address.is_not_null()))
            .filter(login_events::pid.is_null().or(login_events::pid.ne_all(alive.to_vec())));
        diesel::update(open).set(login_events::is_over.eq(true)).execute(connection)
    }
}

fn is_over(login: &Login) -> bool {
    use crate::commands::logins::LoginOutcome as Outcome;
    login.outcome == Outcome::Failed || login.ended_at.is_some()
}
