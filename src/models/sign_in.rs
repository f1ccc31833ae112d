//! Slowing down guesses at passwords (A03): 5 failures per account and address, 20 per address, in 15 minutes.
//!
//! A try counts as failed from the moment it is let through until it turns out right, so that many tries at once
//! cannot slip past the count.

use std::net::{IpAddr, Ipv6Addr};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::{count_star, min};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::sign_in_failures;
use crate::db::types::Address;
use crate::error::{Error, Result};

/// How long a failure counts.
pub const WINDOW: TimeDelta = TimeDelta::minutes(15);
/// Failures of one account from one address until it must wait.
pub const PER_ACCOUNT_AND_ADDRESS: i64 = 5;
/// Failures of one address until it must wait.
pub const PER_ADDRESS: i64 = 20;

/// One account tried from one address. An IPv6 address stands for its /64, which is what one customer gets.
#[derive(Debug, Clone)]
pub struct AuthThrottle {
    /// SHA-256: people type passwords into the wrong field, and any length and any bytes fit.
    account: String,
    address: Address,
}

/// What one customer has: an IPv4 address, or the /64 of an IPv6 address.
pub fn network_of(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from(u128::from(address) & !u128::from(u64::MAX))),
        v4 @ IpAddr::V4(_) => v4,
    }
}

impl AuthThrottle {
    /// For a try at `account`, as it was typed, from `address`.
    pub fn new(account: &str, address: IpAddr) -> Self {
        Self { account: hex::encode(Sha256::digest(account.as_bytes())), address: Address(network_of(address)) }
    }

    /// Lets the try through and counts it, or says how long to wait. Call before the password is looked at; committed
    /// by itself, not inside the sign-in's transaction.
    pub fn begin(&self, connection: &mut PgConnection, now: DateTime<Utc>) -> Result<()> {
        connection.transaction(|connection| {
            // One try of an address at a time: count and insert belong together.
            diesel::sql_query("select pg_advisory_xact_lock(hashtext('hannun:sign-in'), hashtext($1))")
                .bind::<diesel::sql_types::Text, _>(self.address.0.to_string())
                .execute(connection)?;
            self.refuse_above(connection, PER_ADDRESS, false, now)?;
            self.refuse_above(connection, PER_ACCOUNT_AND_ADDRESS, true, now)?;
            diesel::insert_into(sign_in_failures::table)
                .values((
                    sign_in_failures::account.eq(&self.account),
                    sign_in_failures::address.eq(self.address),
                    sign_in_failures::failed_at.eq(now),
                ))
                .execute(connection)?;
            Ok(())
        })
    }

    /// The password was right: this account's failures from this address are forgotten, others' are not.
    pub fn succeeded(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::delete(
            sign_in_failures::table
                .filter(sign_in_failures::account.eq(&self.account).and(sign_in_failures::address.eq(self.address))),
        )
        .execute(connection)
        .map(drop)
    }

    /// Deletes failures that no longer count. Says how many.
    pub fn sweep(connection: &mut PgConnection, now: DateTime<Utc>) -> QueryResult<usize> {
        diesel::delete(sign_in_failures::table.filter(sign_in_failures::failed_at.le(now - WINDOW))).execute(connection)
    }

    fn refuse_above(
        &self,
        connection: &mut PgConnection,
        limit: i64,
        of_account: bool,
        now: DateTime<Utc>,
    ) -> Result<()> {
        let mut lately = sign_in_failures::table
            .filter(sign_in_failures::address.eq(self.address).and(sign_in_failures::failed_at.gt(now - WINDOW)))
            .select((count_star(), min(sign_in_failures::failed_at)))
            .into_boxed();
        if of_account {
            lately = lately.filter(sign_in_failures::account.eq(&self.account));
        }
        let (count, oldest): (i64, Option<DateTime<Utc>>) = lately.first(connection)?;
        match oldest {
            Some(oldest) if count >= limit => {
                let wait = (oldest + WINDOW - now).num_seconds().max(1);
                Err(Error::TooMany { retry_after_seconds: u64::try_from(wait).unwrap_or(1) })
            }
            _ => Ok(()),
        }
    }
}
