//! Changes of firewalls, and what became of them. Each undoes itself on its server unless it is kept.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{FirewallChangeId, ServerId};
use crate::db::schema::firewall_changes;
use crate::db::types::text_enum;

text_enum! {
    /// What became of a change.
    pub enum FirewallChangeState {
        /// It is on its way to the server.
        Asked = "asked",
        /// It is made, and undoes itself unless it is kept.
        Armed = "armed",
        /// It stays.
        Kept = "kept",
        /// It was undone.
        Undone = "undone",
        /// It was to be undone, and that failed.
        UndoFailed = "undo_failed",
        /// It was not made.
        Failed = "failed",
        /// Nobody knows.
        Unknown = "unknown",
    }
}

impl FirewallChangeState {
    /// Whether it may still become another state.
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Armed)
    }
}

/// One row of `firewall_changes`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = firewall_changes)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct FirewallChange {
    pub id: FirewallChangeId,
    pub server_id: ServerId,
    pub token: String,
    pub owner: String,
    pub line: String,
    pub asked_by: String,
    pub state: FirewallChangeState,
    pub why: String,
    pub asked_at: DateTime<Utc>,
    pub undoes_at: DateTime<Utc>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// A change that is about to be sent.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = firewall_changes)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewFirewallChange {
    pub server_id: ServerId,
    pub token: String,
    pub owner: String,
    pub line: String,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub undoes_at: DateTime<Utc>,
}

impl NewFirewallChange {
    /// Writes it down; none where another change of the server waits.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<Option<FirewallChange>> {
        diesel::insert_into(firewall_changes::table)
            .values(self)
            .on_conflict_do_nothing()
            .returning(FirewallChange::as_returning())
            .get_result(connection)
            .optional()
    }
}

impl FirewallChange {
    /// The last change of a server.
    pub fn last_of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(firewall_changes::server_id.eq(server))
            .order(firewall_changes::id.desc())
            .first(connection)
            .optional()
    }

    /// A change of a server by its number.
    pub fn of(connection: &mut PgConnection, server: ServerId, id: FirewallChangeId) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(firewall_changes::server_id.eq(server))
            .filter(firewall_changes::id.eq(id))
            .first(connection)
            .optional()
    }

    /// Notes what became of it, if it was still open; none where somebody else found out before.
    pub fn becomes(
        &self,
        connection: &mut PgConnection,
        state: FirewallChangeState,
        why: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        let open = [FirewallChangeState::Asked, FirewallChangeState::Armed];
        let own = firewall_changes::table.find(self.id).filter(firewall_changes::state.eq_any(open));
        // What a server said has no NUL in our tables.
        let why: String = why.chars().filter(|c| *c != '\0').take(1_000).collect();
        let ended = (!state.is_open()).then_some(now);
        diesel::update(own)
            .set((
                firewall_changes::state.eq(state),
                firewall_changes::why.eq(why),
                firewall_changes::ended_at.eq(ended),
            ))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }
}
