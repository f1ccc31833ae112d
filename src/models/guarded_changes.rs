//! Changes that undo themselves on their server unless they are kept, and what became of them.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{GuardedChangeId, ServerId};
use crate::db::schema::guarded_changes;
use crate::db::types::text_enum;

text_enum! {
    /// What is changed.
    pub enum Guarded {
        /// The rules of a server's firewall.
        Firewall = "firewall",
        /// The keys by which a user signs in.
        Keys = "keys",
    }
}

text_enum! {
    /// What became of a change.
    pub enum GuardedState {
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

/// The states that may become others.
const OPEN: [GuardedState; 2] = [GuardedState::Asked, GuardedState::Armed];

impl GuardedState {
    /// Whether it may still become another state.
    pub fn is_open(self) -> bool {
        OPEN.contains(&self)
    }
}

/// One row of `guarded_changes`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable)]
#[diesel(table_name = guarded_changes)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct GuardedChange {
    pub id: GuardedChangeId,
    pub server_id: ServerId,
    pub kind: Guarded,
    pub token: String,
    pub owner: String,
    pub place: String,
    pub by_root: bool,
    pub line: String,
    pub asked_by: String,
    pub state: GuardedState,
    pub why: String,
    pub asked_at: DateTime<Utc>,
    pub undoes_at: DateTime<Utc>,
    pub looked_at: Option<DateTime<Utc>>,
    pub ended_at: Option<DateTime<Utc>>,
}

/// A change that is about to be sent.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = guarded_changes)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewGuardedChange {
    pub server_id: ServerId,
    pub kind: Guarded,
    pub token: String,
    pub owner: String,
    pub place: String,
    pub by_root: bool,
    pub line: String,
    pub asked_by: String,
    pub asked_at: DateTime<Utc>,
    pub undoes_at: DateTime<Utc>,
}

impl NewGuardedChange {
    /// Writes it down; none where another change of the same place waits.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<Option<GuardedChange>> {
        diesel::insert_into(guarded_changes::table)
            .values(self)
            .on_conflict_do_nothing()
            .returning(GuardedChange::as_returning())
            .get_result(connection)
            .optional()
    }
}

impl GuardedChange {
    /// The last change of this kind on a server.
    pub fn last_of(connection: &mut PgConnection, server: ServerId, kind: Guarded) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(guarded_changes::server_id.eq(server))
            .filter(guarded_changes::kind.eq(kind))
            .order(guarded_changes::id.desc())
            .first(connection)
            .optional()
    }

    /// The one that waits in a place of a server.
    pub fn waiting_in(
        connection: &mut PgConnection,
        server: ServerId,
        (kind, place): (Guarded, &str),
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(guarded_changes::server_id.eq(server))
            .filter(guarded_changes::kind.eq(kind))
            .filter(guarded_changes::place.eq(place))
            .filter(guarded_changes::state.eq_any(OPEN))
            .first(connection)
            .optional()
    }

    /// A change of this kind on a server by its number.
    pub fn of(
        connection: &mut PgConnection,
        server: ServerId,
        (kind, id): (Guarded, GuardedChangeId),
    ) -> QueryResult<Option<Self>> {
        Self::query()
            .filter(guarded_changes::server_id.eq(server))
            .filter(guarded_changes::kind.eq(kind))
            .filter(guarded_changes::id.eq(id))
            .first(connection)
            .optional()
    }

    /// Takes those whose time was over before `over` and that nobody looked at since `before`: whoever takes one is alone with
    /// it for as long as that is apart.
    pub fn take_overdue(
        connection: &mut PgConnection,
        (over, before): (DateTime<Utc>, DateTime<Utc>),
        now: DateTime<Utc>,
        most: i64,
    ) -> QueryResult<Vec<Self>> {
        let due = guarded_changes::table
            .filter(guarded_changes::state.eq_any(OPEN))
            .filter(guarded_changes::undoes_at.lt(over))
            .filter(guarded_changes::looked_at.is_null().or(guarded_changes::looked_at.lt(before)))
            .order(guarded_changes::undoes_at)
            .limit(most)
            .select(guarded_changes::id)
            .for_update()
            .skip_locked();
        let ids: Vec<GuardedChangeId> = due.load(connection)?;
        diesel::update(guarded_changes::table.filter(guarded_changes::id.eq_any(ids)))
            .set(guarded_changes::looked_at.eq(now))
            .returning(Self::as_returning())
            .get_results(connection)
    }

    /// Removes those that ended before this; how many.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<usize> {
        diesel::delete(guarded_changes::table.filter(guarded_changes::ended_at.lt(before))).execute(connection)
    }

    /// Notes what became of it, if it was still open; none where somebody else found out before.
    pub fn becomes(
        &self,
        connection: &mut PgConnection,
        state: GuardedState,
        why: &str,
        now: DateTime<Utc>,
    ) -> QueryResult<Option<Self>> {
        let own = guarded_changes::table.find(self.id).filter(guarded_changes::state.eq_any(OPEN));
        // What a server said has no NUL in our tables.
        let why: String = why.chars().filter(|c| *c != '\0').take(1_000).collect();
        let ended = (!state.is_open()).then_some(now);
        diesel::update(own)
            .set((guarded_changes::state.eq(state), guarded_changes::why.eq(why), guarded_changes::ended_at.eq(ended)))
            .returning(Self::as_returning())
            .get_result(connection)
            .optional()
    }
}
