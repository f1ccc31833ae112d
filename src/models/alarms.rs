//! What checks found that a person should look at: the few columns that fleets and heads of pages need.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;

use super::check_results::CheckState;
use super::ids::ServerId;
use crate::db::schema::{check_results, checks};

/// A result this many intervals old says nothing about now.
const STALE: i32 = 3;

/// Whether something of `ran_at` still says something, where it comes each `interval_seconds`.
pub fn is_fresh(ran_at: Option<DateTime<Utc>>, interval_seconds: i32, now: DateTime<Utc>) -> bool {
    let limit = TimeDelta::seconds(i64::from(interval_seconds) * i64::from(STALE) + 60);
    ran_at.is_some_and(|at| now - at < limit)
}

/// A result that is not well, with what its sentence needs.
#[derive(Debug, Clone, PartialEq, Queryable)]
pub struct Alarm {
    /// Where.
    pub server_id: ServerId,
    /// The check's name.
    pub check: String,
    /// Warning, critical or failed.
    pub state: CheckState,
    /// When it last ran.
    pub ran_at: Option<DateTime<Utc>>,
    /// Its last value, where it has one.
    pub value: Option<f64>,
    /// The unit of the value, as metrics name it.
    pub unit: String,
    /// A word behind the value: `jobs`.
    pub unit_word: String,
    /// How often it runs.
    pub interval_seconds: i32,
}

impl Alarm {
    /// Those of every server, by server.
    pub fn all(connection: &mut PgConnection) -> QueryResult<HashMap<ServerId, Vec<Self>>> {
        let mut by_server: HashMap<ServerId, Vec<Self>> = HashMap::new();
        for alarm in Self::load(connection, None)? {
            by_server.entry(alarm.server_id).or_default().push(alarm);
        }
        Ok(by_server)
    }

    /// Those of one server.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Vec<Self>> {
        Self::load(connection, Some(server))
    }

    fn load(connection: &mut PgConnection, server: Option<ServerId>) -> QueryResult<Vec<Self>> {
        let bad = [CheckState::Warning, CheckState::Critical, CheckState::Failed];
        let mut query = check_results::table
            .inner_join(checks::table)
            .filter(check_results::state.eq_any(bad))
            .order(checks::name)
            .select((
                check_results::server_id,
                checks::name,
                check_results::state,
                check_results::ran_at,
                check_results::value,
                checks::unit,
                checks::unit_word,
                checks::interval_seconds,
            ))
            .into_boxed();
        if let Some(server) = server {
            query = query.filter(check_results::server_id.eq(server));
        }
        query.load(connection)
    }

    /// The worst of those that say something about now; of equals, the first by name.
    pub fn worst(alarms: &[Self], now: DateTime<Utc>) -> Option<&Self> {
        let fresh = alarms.iter().filter(|alarm| is_fresh(alarm.ran_at, alarm.interval_seconds, now));
        fresh.min_by_key(|alarm| alarm.state != CheckState::Critical)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_secs(1_700_000_000).unwrap()
    }

    fn alarm(check: &str, state: CheckState, seconds_ago: i64) -> Alarm {
        Alarm {
            server_id: ServerId(1),
            check: check.to_owned(),
            state,
            ran_at: Some(now() - TimeDelta::seconds(seconds_ago)),
            value: Some(12.0),
            unit: "count".to_owned(),
            unit_word: String::new(),
            interval_seconds: 60,
        }
    }

    #[test]
    fn the_worst_of_now_counts_and_what_was_found_long_ago_does_not() {
        let alarms = [
            alarm("age", CheckState::Warning, 30),
            alarm("backup", CheckState::Failed, 30),
            alarm("queue", CheckState::Critical, 30),
        ];
        assert_eq!(Alarm::worst(&alarms, now()).unwrap().check, "queue");
        assert_eq!(Alarm::worst(&alarms[..2], now()).unwrap().check, "age");
        assert_eq!(Alarm::worst(&[alarm("queue", CheckState::Critical, 241)], now()), None);
    }
}
