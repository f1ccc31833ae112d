//! How each check last went on each server, and when it is due again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use diesel::upsert::excluded;

use super::checks::Check;
use super::ids::{CheckId, ServerId};
use crate::commands::checks::Reading;
use crate::db::schema::{check_results, checks};
use crate::db::types::text_enum;
use crate::error::Result;

text_enum! {
    /// What the last answer of a check means.
    pub enum CheckState {
        /// It did not run yet.
        Waiting = "waiting",
        /// All is well.
        Good = "good",
        /// Its value deserves attention.
        Warning = "warning",
        /// Its value cannot wait.
        Critical = "critical",
        /// It did not run to its end, or its answer could not be read.
        Failed = "failed",
    }
}

impl CheckState {
    /// The word for people, in English.
    pub fn label(self) -> &'static str {
        match self {
            Self::Waiting => "Not run yet",
            Self::Good => "Good",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
            Self::Failed => "Failed",
        }
    }

    /// The shape of its dot.
    pub fn dot(self) -> &'static str {
        match self {
            Self::Waiting => "none",
            Self::Good => "up",
            Self::Warning | Self::Failed => "warn",
            Self::Critical => "crit",
        }
    }
}

/// One row of `check_results`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = check_results, primary_key(check_id, server_id))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct CheckResult {
    pub check_id: CheckId,
    pub server_id: ServerId,
    pub due_at: DateTime<Utc>,
    pub state: CheckState,
    pub since: DateTime<Utc>,
    pub ran_at: Option<DateTime<Utc>>,
    pub took_ms: Option<i64>,
    pub value: Option<f64>,
    pub reading: Option<serde_json::Value>,
    pub error: String,
}

/// A run's end, as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Finding {
    /// What it means.
    pub state: CheckState,
    /// When it was asked.
    pub ran_at: DateTime<Utc>,
    /// How long it took.
    pub took_ms: i64,
    /// What was answered; none where it failed, and then the last answer stays.
    pub reading: Option<Reading>,
    /// Why it failed.
    pub error: String,
}

/// Server, check, what it means there and its last value.
pub type Figure = (ServerId, String, CheckState, Option<f64>);

/// Which check is wanted on which server, first due at that time.
pub type Wanted = (CheckId, ServerId, DateTime<Utc>);

impl CheckResult {
    /// The results of one server with their checks, by name.
    pub fn of_server(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<(Self, Check)>> {
        check_results::table
            .inner_join(checks::table)
            .filter(check_results::server_id.eq(server))
            .order(checks::name)
            .select((Self::as_select(), Check::as_select()))
            .load(connection)
    }

    /// Of each check: on how many servers it runs, and on how many it is not well. One that runs nowhere is missing.
    pub fn counts(connection: &mut PgConnection) -> QueryResult<HashMap<CheckId, (i64, i64)>> {
        use diesel::dsl::count_star;
        let bad = [CheckState::Warning, CheckState::Critical, CheckState::Failed];
        let of_all = check_results::table.group_by(check_results::check_id);
        let all: Vec<(CheckId, i64)> = of_all.select((check_results::check_id, count_star())).load(connection)?;
        let of_bad = check_results::table.filter(check_results::state.eq_any(bad)).group_by(check_results::check_id);
        let bad: Vec<(CheckId, i64)> = of_bad.select((check_results::check_id, count_star())).load(connection)?;
        let bad: HashMap<CheckId, i64> = bad.into_iter().collect();
        Ok(all
            .into_iter()
            .map(|(check, count)| (check, (count, bad.get(&check).copied().unwrap_or_default())))
            .collect())
    }

    /// Everywhere: server, check, what it means and the last value; of those that ran since `since`.
    pub fn figures(connection: &mut PgConnection, since: DateTime<Utc>) -> QueryResult<Vec<Figure>> {
        check_results::table
            .inner_join(checks::table)
            .filter(check_results::ran_at.ge(since))
            .order((check_results::server_id, checks::name))
            .select((check_results::server_id, checks::name, check_results::state, check_results::value))
            .load(connection)
    }

    /// The check that has been due on a server for the longest.
    pub fn due(connection: &mut PgConnection, server: ServerId, now: DateTime<Utc>) -> QueryResult<Option<Check>> {
        check_results::table
            .inner_join(checks::table)
            .filter(check_results::server_id.eq(server).and(check_results::due_at.le(now)))
            .order((check_results::due_at, checks::id))
            .select(Check::as_select())
            .first(connection)
            .optional()
    }

    /// Whether nobody else is making the pairs what they should be, until the end of this transaction.
    pub fn hold_pairs(connection: &mut PgConnection) -> QueryResult<bool> {
        diesel::select(diesel::dsl::sql::<diesel::sql_types::Bool>(
            "pg_try_advisory_xact_lock(hashtext('hannun:checks'))",
        ))
        .get_result(connection)
    }

    /// When each pair that there is is due.
    pub fn due_times(connection: &mut PgConnection) -> QueryResult<HashMap<(CheckId, ServerId), DateTime<Utc>>> {
        let pair = (check_results::check_id, check_results::server_id);
        let rows: Vec<((CheckId, ServerId), DateTime<Utc>)> =
            check_results::table.select((pair, check_results::due_at)).load(connection)?;
        Ok(rows.into_iter().collect())
    }

    /// Makes pairs due at these times, also those that are not there yet.
    pub fn set_due(connection: &mut PgConnection, wanted: &[Wanted]) -> QueryResult<usize> {
        let rows: Vec<_> = wanted
            .iter()
            .map(|(check, server, due_at)| {
                (
                    check_results::check_id.eq(*check),
                    check_results::server_id.eq(*server),
                    check_results::due_at.eq(*due_at),
                )
            })
            .collect();
        // Bounded statements: a new check may be for every server.
        let mut set = 0;
        for rows in rows.chunks(1_000) {
            set += diesel::insert_into(check_results::table)
                .values(rows.to_vec())
                .on_conflict((check_results::check_id, check_results::server_id))
                .do_update()
                .set(check_results::due_at.eq(excluded(check_results::due_at)))
                .execute(connection)?;
        }
        Ok(set)
    }

    /// Removes pairs that are not wanted any more.
    pub fn remove(connection: &mut PgConnection, gone: &[(CheckId, ServerId)]) -> QueryResult<()> {
        let mut by_check: HashMap<CheckId, Vec<ServerId>> = HashMap::new();
        for (check, server) in gone {
            by_check.entry(*check).or_default().push(*server);
        }
        for (check, servers) in by_check {
            let of_check = check_results::check_id.eq(check).and(check_results::server_id.eq_any(servers));
            diesel::delete(check_results::table.filter(of_check)).execute(connection)?;
        }
        Ok(())
    }

    /// Keeps how a run ended, and when the next one is due. Nothing where the pair is gone.
    pub fn keep(
        connection: &mut PgConnection,
        (check, server): (CheckId, ServerId),
        found: &Finding,
        due_at: DateTime<Utc>,
    ) -> Result<()> {
        let pair = check_results::table.find((check, server));
        let before: Option<(CheckState, DateTime<Utc>)> =
            pair.select((check_results::state, check_results::since)).first(connection).optional()?;
        let Some((state, since)) = before else { return Ok(()) };
        let since = if state == found.state { since } else { found.ran_at };
        let target = check_results::table.find((check, server));
        let common = (
            check_results::due_at.eq(due_at),
            check_results::state.eq(found.state),
            check_results::since.eq(since),
            check_results::ran_at.eq(found.ran_at),
            check_results::took_ms.eq(found.took_ms),
            check_results::error.eq(&found.error),
        );
        match &found.reading {
            Some(reading) => {
                let kept = serde_json::to_value(reading).map_err(crate::error::Error::internal)?;
                diesel::update(target)
                    .set((common, check_results::value.eq(reading.value), check_results::reading.eq(kept)))
                    .execute(connection)?
            }
            None => diesel::update(target).set(common).execute(connection)?,
        };
        Ok(())
    }

    /// It could not be asked: only the time moves on.
    pub fn postpone(
        connection: &mut PgConnection,
        (check, server): (CheckId, ServerId),
        due_at: DateTime<Utc>,
    ) -> QueryResult<usize> {
        diesel::update(check_results::table.find((check, server)))
            .set(check_results::due_at.eq(due_at))
            .execute(connection)
    }

    /// The last answer, where there is one that can be read.
    pub fn reading(&self) -> Option<Reading> {
        self.reading.clone().and_then(|kept| serde_json::from_value(kept).ok())
    }
}
