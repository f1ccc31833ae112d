//! What each server runs, as the last detection found it.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::ServerId;
use crate::commands::platform::Platform;
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
    /// `Rocky Linux 9.4`, or what is known of it.
    pub fn system(&self) -> String {
        if self.pretty_name.is_empty() {
            [self.os.as_str(), &self.version].join(" ").trim().to_owned()
        } else {
            self.pretty_name.clone()
        }
    }

    /// The same for a narrow column: `Debian 12`, `Rocky 9.4`, `Ubuntu 24.04.1`.
    pub fn short_system(&self) -> String {
        let name = self.system();
        let name = name.split(" (").next().unwrap_or_default().trim_end_matches(" LTS");
        name.replace(" GNU/Linux", "").replace(" Linux ", " ")
    }

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

impl DetectedPlatform {
    /// What was found on `server` at `now`.
    pub fn new(server: ServerId, found: &Platform, now: DateTime<Utc>) -> Self {
        Self {
            server_id: server,
            os: found.os.clone(),
            distro: found.distro.clone(),
            distro_like: found.like.clone(),
            version: found.version.clone(),
            arch: found.arch.clone(),
            pretty_name: found.pretty_name.clone(),
            kernel: found.kernel.clone(),
            hostname: found.hostname.clone(),
            capabilities: found.capabilities.iter().cloned().collect(),
            // A server may claim more than the column holds; then it did not tell.
            cores: found.cores.and_then(|cores| cores.try_into().ok()),
            cpu_model: found.cpu_model.clone(),
            memory_bytes: found.memory_bytes.and_then(|bytes| bytes.try_into().ok()),
            boot_id: found.boot_id.clone(),
            booted_at: found.booted_at,
            time_zone: found.time_zone.clone(),
            virtualisation: found.virtualisation.clone(),
            detected_at: now,
        }
    }
}

impl From<DetectedPlatform> for Platform {
    fn from(row: DetectedPlatform) -> Self {
        Self {
            os: row.os,
            distro: row.distro,
            like: row.distro_like,
            version: row.version,
            arch: row.arch,
            pretty_name: row.pretty_name,
            kernel: row.kernel,
            hostname: row.hostname,
            capabilities: row.capabilities.into_iter().collect(),
            cores: row.cores.and_then(|cores| cores.try_into().ok()),
            cpu_model: row.cpu_model,
            memory_bytes: row.memory_bytes.and_then(|bytes| bytes.try_into().ok()),
            boot_id: row.boot_id,
            booted_at: row.booted_at,
            time_zone: row.time_zone,
            virtualisation: row.virtualisation,
        }
    }
}
