//! Logins by the name that was given, and by the network that they came from.

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz};

use super::addresses::AddressQuestion;
use crate::models::pattern::pattern_of;

/// What has a name or a network in common, on one server in one span of time.
#[derive(Debug, Clone, PartialEq, Eq, QueryableByName)]
pub struct LoginGroup {
    /// The name, hostile; or the network: `203.0.113.0/24`.
    #[diesel(sql_type = Text)]
    pub key: String,
    /// Names that the reader may not see, all of them together.
    #[diesel(sql_type = Bool)]
    pub is_hidden: bool,
    /// The server has no such user.
    #[diesel(sql_type = Bool)]
    pub is_unknown_user: bool,
    /// How often.
    #[diesel(sql_type = BigInt)]
    pub tried: i64,
    /// When last.
    #[diesel(sql_type = Timestamptz)]
    pub last_at: DateTime<Utc>,
    /// When first in this span.
    #[diesel(sql_type = Timestamptz)]
    pub first_at: DateTime<Utc>,
    /// From how many addresses.
    #[diesel(sql_type = BigInt)]
    pub others: i64,
    /// Those with most.
    #[diesel(sql_type = Array<Text>)]
    pub top: Vec<String>,
}

impl LoginGroup {
    /// By name, most first; at most `limit`.
    pub fn by_user(connection: &mut PgConnection, asked: &AddressQuestion, limit: i64) -> QueryResult<Vec<Self>> {
        Self::by(connection, include_str!("by_user.sql"), asked, limit)
    }

    /// By network, of 256 IPv4 addresses or one site of IPv6, most first; at most `limit`. What came from no address is left out.
    pub fn by_network(connection: &mut PgConnection, asked: &AddressQuestion, limit: i64) -> QueryResult<Vec<Self>> {
        Self::by(connection, include_str!("by_network.sql"), asked, limit)
    }

    fn by(
        connection: &mut PgConnection,
        question: &'static str,
        asked: &AddressQuestion,
        limit: i64,
    ) -> QueryResult<Vec<Self>> {
        diesel::sql_query(question)
            .bind::<BigInt, _>(asked.server.0)
            .bind::<Text, _>(asked.outcome.name())
            .bind::<Timestamptz, _>(asked.span.0)
            .bind::<Timestamptz, _>(asked.span.1)
            .bind::<Text, _>(asked.text.as_deref().map(pattern_of).unwrap_or_default())
            .bind::<Bool, _>(asked.sees_unknown_names)
            .bind::<BigInt, _>(limit)
            .load(connection)
    }
}
