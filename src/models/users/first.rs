//! The first administrator: there is no default password, and only one first person (A12).

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::{NewUser, User};
use crate::error::{Error, Result};
use crate::models::actor::{Rights, Role, Scope};
use crate::models::setup_tokens::SetupToken;
use crate::secret::password::PasswordHash;

impl User {
    /// Makes the first administrator with the one-time token of the setup link. Not found once anybody exists, and with
    /// a token that is wrong or too old: the setup page is then not there.
    pub fn set_up(
        connection: &mut PgConnection,
        token: &str,
        name: &str,
        password_hash: &PasswordHash,
        now: DateTime<Utc>,
    ) -> Result<Self> {
        connection.transaction(|connection| {
            if !SetupToken::matches(connection, token, now)? {
                return Err(Error::NotFound("The page"));
            }
            Self::insert_first_administrator(connection, name, password_hash)
        })
    }

    /// Makes the first administrator if nobody exists yet; one of many that try at once succeeds.
    pub fn insert_first_administrator(
        connection: &mut PgConnection,
        name: &str,
        password_hash: &PasswordHash,
    ) -> Result<Self> {
        connection.transaction(|connection| {
            diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:first administrator'))")
                .execute(connection)?;
            if Self::anybody_exists(connection)? {
                return Err(Error::NotFound("The page"));
            }
            let user = NewUser { name, password_hash, rights: Rights::new(Role::Administrator, Scope::All) }
                .insert(connection)?;
            SetupToken::forget_all(connection)?;
            Ok(user)
        })
    }
}
