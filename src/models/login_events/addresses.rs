//! Logins by the address that they came from.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Inet, Nullable, Text, Timestamptz};

use super::LoginOutcome;
use crate::db::types::Address;
use crate::models::ids::ServerId;
use crate::models::pattern::pattern_of;

/// What came from one address, on one server in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct FromAddress {
    /// The address; none where the server wrote none.
    #[diesel(sql_type = Nullable<Inet>)]
    pub address: Option<Address>,
    /// What it wrote instead; hostile.
    #[diesel(sql_type = Text)]
    pub host: String,
    /// How often.
    #[diesel(sql_type = BigInt)]
    pub tried: i64,
    /// When last.
    #[diesel(sql_type = Timestamptz)]
    pub last_at: DateTime<Utc>,
    /// How many names.
    #[diesel(sql_type = BigInt)]
    pub names: i64,
    /// hannun itself is among them.
    #[diesel(sql_type = Bool)]
    pub is_ours: bool,
    /// The names that were tried most, as far as the reader may see them; hostile.
    #[diesel(sql_type = Array<Text>)]
    pub top: Vec<String>,
    /// When it was first seen, on any server that the reader may know of.
    #[diesel(sql_type = Nullable<Timestamptz>)]
    pub first_at: Option<DateTime<Utc>>,
    /// On how many of those servers it was seen.
    #[diesel(sql_type = BigInt)]
    pub servers: i64,
}

/// What is asked about addresses.
#[derive(Debug, Clone)]
pub struct AddressQuestion {
    /// On this server.
    pub server: ServerId,
    /// That ended so.
    pub outcome: LoginOutcome,
    /// From this moment on, and before that one.
    pub span: (DateTime<Utc>, DateTime<Utc>),
    /// With this in address, host or name.
    pub text: Option<String>,
    /// The reader may see names of users that the server does not have.
    pub sees_unknown_names: bool,
    /// The servers that the reader may know of.
    pub scope: Vec<ServerId>,
}

/// How often one thing was told.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct Tally {
    /// The thing; hostile.
    #[diesel(sql_type = Text)]
    pub word: String,
    /// How often.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// What came from an address to one server.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct OnServer {
    /// Its name.
    #[diesel(sql_type = Text)]
    pub name: String,
    /// How often it failed.
    #[diesel(sql_type = BigInt)]
    pub failed: i64,
    /// How often somebody was let in.
    #[diesel(sql_type = BigInt)]
    pub accepted: i64,
    /// When first.
    #[diesel(sql_type = Timestamptz)]
    pub first_at: DateTime<Utc>,
    /// When last.
    #[diesel(sql_type = Timestamptz)]
    pub last_at: DateTime<Utc>,
    /// It was hannun itself, at least once.
    #[diesel(sql_type = Bool)]
    pub is_ours: bool,
}

impl FromAddress {
    /// Where logins came from, most first; at most `limit`.
    pub fn of(connection: &mut PgConnection, asked: &AddressQuestion, limit: i64) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("addresses.sql"))
            .bind::<BigInt, _>(asked.server.0)
            .bind::<Text, _>(asked.outcome.name())
            .bind::<Timestamptz, _>(asked.span.0)
            .bind::<Timestamptz, _>(asked.span.1)
            .bind::<Text, _>(asked.text.as_deref().map(pattern_of).unwrap_or_default())
            .bind::<Bool, _>(asked.sees_unknown_names)
            .bind::<BigInt, _>(limit)
            .bind::<Array<BigInt>, _>(numbers(&asked.scope))
            .load(connection)
    }
}

impl OnServer {
    /// On which of these servers `address` was seen, the one with most first.
    pub fn of(connection: &mut PgConnection, address: IpAddr, scope: &[ServerId]) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("on_servers.sql"))
            .bind::<Inet, _>(Address(address.to_canonical()))
            .bind::<Array<BigInt>, _>(numbers(scope))
            .load(connection)
    }
}

impl Tally {
    /// The names that were tried from `address`, most first; names of users that a server does not have where they may be seen.
    pub fn names(
        connection: &mut PgConnection,
        address: IpAddr,
        (scope, sees_on): (&[ServerId], &[ServerId]),
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("names.sql"))
            .bind::<Inet, _>(Address(address.to_canonical()))
            .bind::<Array<BigInt>, _>(numbers(scope))
            .bind::<Array<BigInt>, _>(numbers(sees_on))
            .bind::<BigInt, _>(limit)
            .load(connection)
    }

    /// How `address` tried to sign in.
    pub fn methods(connection: &mut PgConnection, address: IpAddr, scope: &[ServerId]) -> QueryResult<Vec<Self>> {
        diesel::sql_query(include_str!("methods.sql"))
            .bind::<Inet, _>(Address(address.to_canonical()))
            .bind::<Array<BigInt>, _>(numbers(scope))
            .load(connection)
    }
}

pub(super) fn numbers(servers: &[ServerId]) -> Vec<i64> {
    servers.iter().map(|server| server.0).collect()
}
