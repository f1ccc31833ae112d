//! What servers' own tools found inside uploaded files: it counts on the server that told it, and on no other.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::{ArtifactId, ServerId};
use crate::db::schema::artifact_inspections;

/// One row of `artifact_inspections`.
#[derive(Debug, Clone, PartialEq, HasQuery, Insertable, AsChangeset)]
#[diesel(table_name = artifact_inspections, treat_none_as_null = true)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ArtifactInspection {
    pub artifact_id: ArtifactId,
    pub server_id: ServerId,
    pub content: serde_json::Value,
    pub inspected_at: DateTime<Utc>,
}

impl ArtifactInspection {
    /// What a server told of a file, if it was asked.
    pub fn of(connection: &mut PgConnection, artifact: ArtifactId, server: ServerId) -> QueryResult<Option<Self>> {
        Self::query().find((artifact, server)).first(connection).optional()
    }

    /// Keeps it, instead of what the server told before.
    pub fn save(&self, connection: &mut PgConnection) -> QueryResult<()> {
        diesel::insert_into(artifact_inspections::table)
            .values(self)
            .on_conflict((artifact_inspections::artifact_id, artifact_inspections::server_id))
            .do_update()
            .set(self)
            .execute(connection)
            .map(drop)
    }
}
