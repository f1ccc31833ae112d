//! One-time tokens of the setup link (A12).

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::tokens;
use crate::db::schema::setup_tokens;
use crate::error::Result;
use crate::secret::SecretText;

/// How long a setup link works.
pub const LIFE: TimeDelta = TimeDelta::minutes(15);

/// The deeds around setup tokens; a row is its hash and when it ends.
#[derive(Debug)]
pub struct SetupToken;

impl SetupToken {
    /// A new token, which ends every earlier one. The caller prints it once; only its hash is stored.
    pub fn issue(connection: &mut PgConnection, now: DateTime<Utc>) -> Result<SecretText> {
        let token = tokens::random("")?;
        connection.transaction(|connection| {
            Self::forget_all(connection)?;
            diesel::insert_into(setup_tokens::table)
                .values((
                    setup_tokens::token_hash.eq(tokens::hash(token.expose())),
                    setup_tokens::expires_at.eq(now + LIFE),
                ))
                .execute(connection)
        })?;
        Ok(token)
    }

    /// Whether `token` is the one that was printed, and is not too old.
    pub fn matches(connection: &mut PgConnection, token: &str, now: DateTime<Utc>) -> QueryResult<bool> {
        let live = setup_tokens::table.find(tokens::hash(token)).filter(setup_tokens::expires_at.gt(now));
        diesel::select(diesel::dsl::exists(live)).get_result(connection)
    }

    /// Ends all of them.
    pub fn forget_all(connection: &mut PgConnection) -> QueryResult<()> {
        diesel::delete(setup_tokens::table).execute(connection).map(drop)
    }
}
