//! What the checks of a server say: as rows of a table, and as charts. Pure; asks nobody.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::charts::{self, Chart};
use super::declared::{self, MOST_DEVICES};
use super::numbers::{LARGE, Numbers};
use super::region::EvidenceLine;
use crate::commands::checks::{Answer, Reading};
use crate::commands::told::told;
use crate::language::Message;
use crate::models::alarms::is_fresh;
use crate::models::check_results::CheckResult;
use crate::models::checks::Check;
use crate::web::condition;

/// One check of a server as its page shows it. Readings and errors are the server's own text.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckRow {
    /// Its name.
    pub name: String,
    /// The shape of its dot.
    pub dot: &'static str,
    /// The word beside it, in English.
    pub state: &'static str,
    /// Since when it is so.
    pub since: DateTime<Utc>,
    /// The last value with its unit; empty where there is none.
    pub value: String,
    /// When it last ran.
    pub ran_at: Option<DateTime<Utc>>,
    /// It ran so long ago that it says nothing about now.
    pub is_stale: bool,
    /// How often it runs, in seconds.
    pub every: i32,
    /// Why it failed.
    pub error: String,
    /// Its limits, in words.
    pub limits: Option<Message>,
    /// The last answer, where it has more than a number.
    pub reading: Option<Reading>,
    /// How we know.
    pub evidence: Option<EvidenceLine>,
    /// What people wrote about it.
    pub note: String,
}

/// `120 jobs`, `42 %`, `3.6 GiB`
fn said(check: &Check, value: f64) -> String {
    condition::value_of(&check.unit, &check.unit_word, value)
}

impl CheckRow {
    /// The rows of these results.
    pub fn all(results: &[(CheckResult, Check)], now: DateTime<Utc>) -> Vec<Self> {
        results.iter().map(|(result, check)| Self::of(result, check, now)).collect()
    }

    /// The row of a result.
    pub fn of(result: &CheckResult, check: &Check, now: DateTime<Utc>) -> Self {
        let took = result.took_ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis);
        let evidence = result.ran_at.zip(took).map(|(at, took)| EvidenceLine {
            line: told(&check.script),
            status: None,
            took,
            at,
            every: u64::try_from(check.interval_seconds).ok().map(Duration::from_secs),
        });
        Self {
            name: check.name.clone(),
            dot: result.state.dot(),
            state: result.state.label(),
            since: result.since,
            value: result.value.map(|value| said(check, value)).unwrap_or_default(),
            ran_at: result.ran_at,
            is_stale: result.ran_at.is_some() && !is_fresh(result.ran_at, check.interval_seconds, now),
            every: check.interval_seconds,
            error: result.error.clone(),
            limits: limits(check),
            reading: result.reading().filter(|reading| !reading.head.is_empty() || !reading.text.is_empty()),
            evidence,
            note: check.note.clone(),
        }
    }
}

/// One chart for each check that has numbers. Between two of them lies its own interval, which is no gap.
pub fn charts(checks: &[(CheckResult, Check)], numbers: &Numbers, reading: &charts::Reading) -> Vec<Chart> {
    let with_numbers = checks.iter().filter(|(_, check)| check.answer() != Answer::Text);
    let chart = |(index, (_, check)): (usize, &(CheckResult, Check))| {
        let interval = 2.5 * f64::from(check.interval_seconds);
        // New numbers do not come with the server's stream.
        let reading = charts::Reading { tolerance: reading.tolerance.max(interval), live: false, ..*reading };
        numbers.chart(declared::check(index, check), &reading, LARGE)
    };
    with_numbers.take(MOST_DEVICES).enumerate().map(chart).collect()
}

fn limits(check: &Check) -> Option<Message> {
    use crate::commands::checks::Direction;
    let limits = check.limits();
    let sentence = match (limits.warning, limits.critical, limits.direction) {
        (None, None, _) => return None,
        (Some(_), Some(_), Direction::Above) => "warning from {warning}, critical from {critical}",
        (Some(_), Some(_), Direction::Below) => "warning down from {warning}, critical down from {critical}",
        (Some(_), None, Direction::Above) => "warning from {warning}",
        (Some(_), None, Direction::Below) => "warning down from {warning}",
        (None, Some(_), Direction::Above) => "critical from {critical}",
        (None, Some(_), Direction::Below) => "critical down from {critical}",
    };
    let say = |limit: Option<f64>| limit.map(|limit| said(check, limit)).unwrap_or_default();
    Some(Message::new(sentence).with("warning", say(limits.warning)).with("critical", say(limits.critical)))
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::models::check_results::CheckState;
    use crate::models::ids::{CheckId, ServerId};

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp_secs(1_700_000_000).unwrap()
    }

    fn check(name: &str, unit: &str, word: &str) -> Check {
        Check {
            id: CheckId(1),
            name: name.to_owned(),
            answer: "number".to_owned(),
            script: "# how long\nwc -l /var/spool/queue".to_owned(),
            unit: unit.to_owned(),
            unit_word: word.to_owned(),
            warning: Some(10.0),
            critical: None,
            direction: "above".to_owned(),
            interval_seconds: 60,
            timeout_seconds: 10,
            platform: serde_json::json!({}),
            labels: crate::db::types::Labels::default(),
            all_groups: true,
            enabled: true,
            note: String::new(),
            created_at: now(),
            updated_at: now(),
        }
    }

    fn result(state: CheckState, value: Option<f64>, seconds_ago: i64) -> CheckResult {
        CheckResult {
            check_id: CheckId(1),
            server_id: ServerId(1),
            due_at: now(),
            state,
            since: now(),
            ran_at: Some(now() - TimeDelta::seconds(seconds_ago)),
            took_ms: Some(12),
            value,
            reading: None,
            error: String::new(),
        }
    }

    #[test]
    fn what_was_found_long_ago_says_nothing_about_now() {
        let old = [(result(CheckState::Critical, Some(99.0), 241), check("queue", "count", ""))];
        let row = CheckRow::of(&old[0].0, &old[0].1, now());
        assert!(row.is_stale);
        assert_eq!((row.value.as_str(), row.limits.unwrap().to_string().as_str()), ("99", "warning from 10"));
        assert_eq!(row.evidence.unwrap().line, "wc -l /var/spool/queue");
    }
}
