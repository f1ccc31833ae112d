//! How many logins when.

use std::net::IpAddr;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Inet, Integer, Nullable, Text, Timestamptz};

use super::LoginOutcome;
use super::addresses::numbers;
use crate::db::types::Address;
use crate::models::ids::ServerId;

/// What is counted.
#[derive(Debug, Clone)]
pub struct Counted {
    /// On these servers.
    pub servers: Vec<ServerId>,
    /// That ended so.
    pub outcome: LoginOutcome,
    /// From this address.
    pub address: Option<IpAddr>,
    /// From this moment on, and before that one.
    pub span: (DateTime<Utc>, DateTime<Utc>),
}

/// So many in one part of the span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct Bucket {
    /// Which part, from 0.
    #[diesel(sql_type = Integer)]
    pub at: i32,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

/// So many in one hour of one day of the week.
#[derive(Debug, Clone, Copy, PartialEq, Eq, QueryableByName)]
pub struct WeekHour {
    /// 1 is Monday.
    #[diesel(sql_type = Integer)]
    pub weekday: i32,
    /// 0 to 23.
    #[diesel(sql_type = Integer)]
    pub hour: i32,
    /// How many.
    #[diesel(sql_type = BigInt)]
    pub count: i64,
}

impl Counted {
    /// In `parts` equal parts of the span; parts without any are left out.
    pub fn in_parts(&self, connection: &mut PgConnection, parts: i32) -> QueryResult<Vec<Bucket>> {
        diesel::sql_query(include_str!("in_parts.sql"))
            .bind::<Array<BigInt>, _>(numbers(&self.servers))
            .bind::<Text, _>(self.outcome.name())
            .bind::<Nullable<Inet>, _>(self.address())
            .bind::<Timestamptz, _>(self.span.0)
            .bind::<Timestamptz, _>(self.span.1)
            .bind::<Integer, _>(parts)
            .load(connection)
    }

    /// By hour and day of the week in a time zone; hours without any are left out.
    pub fn by_hour(&self, connection: &mut PgConnection, zone: &str) -> QueryResult<Vec<WeekHour>> {
        diesel::sql_query(include_str!("by_hour.sql"))
            .bind::<Array<BigInt>, _>(numbers(&self.servers))
            .bind::<Text, _>(self.outcome.name())
            .bind::<Nullable<Inet>, _>(self.address())
            .bind::<Timestamptz, _>(self.span.0)
            .bind::<Timestamptz, _>(self.span.1)
            .bind::<Text, _>(zone)
            .load(connection)
    }

    fn address(&self) -> Option<Address> {
        self.address.map(|address| Address(address.to_canonical()))
    }
}
