//! How trying a script on a server went. A trial belongs to the very text that was tried: a changed script is untried again.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use diesel::prelude::*;
use sha2::{Digest, Sha256};

use crate::db::schema::trials;
use crate::db::types::text_enum;

text_enum! {
    /// How it went.
    pub enum TrialOutcome {
        /// It ran, and its answer could be read.
        Worked = "worked",
        /// It did not run to its end, or its answer could not be read.
        Failed = "failed",
    }
}

/// What trials of checks are for; those of commands name their type.
pub const CHECKS: &str = "check";

/// One row of `trials`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = trials, primary_key(fingerprint))]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Trial {
    pub fingerprint: String,
    pub server: String,
    pub tried_by: String,
    pub outcome: TrialOutcome,
    pub why: String,
    pub took_ms: i64,
    pub tried_at: DateTime<Utc>,
}

/// What names a script together with what it is for (`list_processes`) and the format of its answer.
pub fn fingerprint(purpose: &str, format: &str, script: &str) -> String {
    let mut hash = Sha256::new();
    for part in [purpose, format, script] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize())
}

impl Trial {
    /// Keeps this one, instead of an earlier one of the same script.
    pub fn keep(&self, connection: &mut PgConnection) -> QueryResult<()> {
        // What a server said has no NUL in our tables.
        let cleaned = Self { why: self.why.chars().filter(|c| *c != '\0').take(1_000).collect(), ..self.clone() };
        diesel::insert_into(trials::table)
            .values(&cleaned)
            .on_conflict(trials::fingerprint)
            .do_update()
            .set(&cleaned)
            .execute(connection)
            .map(drop)
    }

    /// The last trial of each of these scripts; one that was never tried is missing.
    pub fn of(connection: &mut PgConnection, fingerprints: &[String]) -> QueryResult<HashMap<String, Self>> {
        let found = Self::query().filter(trials::fingerprint.eq_any(fingerprints)).load(connection)?;
        Ok(found.into_iter().map(|trial| (trial.fingerprint.clone(), trial)).collect())
    }

    /// Forgets trials before `before` of scripts that are not among `kept`.
    pub fn forget(connection: &mut PgConnection, kept: &[String], before: DateTime<Utc>) -> QueryResult<usize> {
        let old = trials::tried_at.lt(before).and(trials::fingerprint.ne_all(kept));
        diesel::delete(trials::table.filter(old)).execute(connection)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_text_purpose_or_format_is_another_script() {
        let one = fingerprint("list_processes", "table", "echo");
        assert_eq!(one, fingerprint("list_processes", "table", "echo"));
        for other in [
            fingerprint("list_sockets", "table", "echo"),
            fingerprint("list_processes", "ss", "echo"),
            fingerprint("list_processes", "table", "echo "),
            fingerprint("list_processest", "able", "echo"),
        ] {
            assert_ne!(one, other);
        }
    }
}
