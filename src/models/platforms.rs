//! What each server runs, as the last detection found it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::ServerId;
use crate::db::schema::platforms;

/// One row of `platforms`.
#[derive(Debug, Clone, PartialEq, Eq, HasQuery, Identifiable, Insertable, AsChangeset)]
#[diesel(table_name = platforms, primary_key(server_id), treat_none_as_null = true)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct DetectedPlatform {
    pub server_id: ServerId,
    pub os: String,
    pub distro: String,
    pub distro_like: Vec<String>,
    pub version: String,
    pub arch: String,
    pub pretty_name: String,
    pub kernel: String,
    pub hostname: String,
    pub capabilities: Vec<String>,
    pub cores: Option<i32>,
    pub cpu_model: String,
    pub memory_bytes: Option<i64>,
    pub boot_id: String,
    pub booted_at: Option<DateTime<Utc>>,
    pub time_zone: String,
    pub virtualisation: String,
    pub detected_at: DateTime<Utc>,
}

impl DetectedPlatform {
    /// What the server runs, if it was ever detected.
    pub fn of(connection: &mut PgConnection, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find(server).first(connection).optional()
    }

    /// What these servers run, in no order; servers that were never detected are missing.
    pub fn of_all(connection: &mut PgConnection, servers: &[ServerId]) -> QueryResult<Vec<Self>> {
        Self::query().filter(platforms::server_id.eq_any(servers)).load(connection)
    }

    /// Stores what was found now, and gives what was known before.
    pub fn save(&self, connection: &mut PgConnection) -> QueryResult<Option<Self>> {
        let cleaned = self.without_nul();
        connection.transaction(|connection| {
            let before = Self::query().find(self.server_id).for_update().first(connection).optional()?;
            diesel::insert_into(platforms::table)
                .values(&cleaned)
                .on_conflict(platforms::server_id)
                .do_update()
                .set(&cleaned)
                .execute(connection)?;
            Ok(before)
        })
    }

    /// The same without NUL, which a hostile server may send and PostgreSQL refuses.
    fn without_nul(&self) -> Self {
        let mut row = self.clone();
        let texts = [
            &mut row.os,
            &mut row.distro,
            &mut row.version,
            &mut row.arch,
            &mut row.pretty_name,
            &mut row.kernel,
            &mut row.hostname,
            &mut row.cpu_model,
            &mut row.boot_id,
            &mut row.time_zone,
            &mut row.virtualisation,
        ];
        for text in texts.into_iter().chain(&mut row.distro_like).chain(&mut row.capabilities) {
            text.retain(|c| c != '\0');
        }
        row
    }
}
