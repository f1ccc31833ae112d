//! Package files that people uploaded: what is known of each. The files lie in the data directory.

use chrono::{DateTime, Utc};
use diesel::prelude::*;

use super::ids::ArtifactId;
use crate::db::schema::{artifacts, executions};
use crate::db::types::text_enum;
use crate::error::{Error, Result};

text_enum! {
    /// What kind of package a file is.
    pub enum ArtifactKind {
        /// RPM.
        Rpm = "rpm",
        /// Debian.
        Deb = "deb",
        /// Alpine.
        Apk = "apk",
    }
}

impl ArtifactKind {
    /// What it is called beside the script that installs it: tools go by the ending.
    pub fn file_name(self) -> &'static str {
        match self {
            Self::Rpm => "package.rpm",
            Self::Deb => "package.deb",
            Self::Apk => "package.apk",
        }
    }
}

/// One row of `artifacts`.
#[derive(Debug, Clone, PartialEq, HasQuery, Identifiable)]
#[diesel(table_name = artifacts)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct Artifact {
    pub id: ArtifactId,
    pub file_name: String,
    pub stored_name: String,
    pub kind: ArtifactKind,
    pub size_bytes: i64,
    pub sha256: String,
    pub name: String,
    pub version: String,
    pub architecture: String,
    pub header: serde_json::Value,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
}

/// A file that was stored and read.
#[derive(Debug, Clone, Insertable)]
#[diesel(table_name = artifacts)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct NewArtifact {
    pub file_name: String,
    pub stored_name: String,
    pub kind: ArtifactKind,
    pub size_bytes: i64,
    pub sha256: String,
    pub name: String,
    pub version: String,
    pub architecture: String,
    pub header: serde_json::Value,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
}

impl NewArtifact {
    /// Adds it.
    pub fn insert(&self, connection: &mut PgConnection) -> QueryResult<Artifact> {
        diesel::insert_into(artifacts::table).values(self).returning(Artifact::as_returning()).get_result(connection)
    }
}

impl Artifact {
    /// The artifact of an id.
    pub fn by_id(connection: &mut PgConnection, id: ArtifactId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This file"))
    }

    /// All of them, the newest first.
    pub fn all(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(artifacts::id.desc()).load(connection)
    }

    /// What all of them take, bytes.
    pub fn total_bytes(connection: &mut PgConnection) -> QueryResult<i64> {
        let sum = diesel::dsl::sql::<diesel::sql_types::BigInt>("coalesce(sum(size_bytes), 0)::bigint");
        artifacts::table.select(sum).first(connection)
    }

    /// Keeps what a server's own tool found inside.
    pub fn learn(
        &self,
        connection: &mut PgConnection,
        (name, version, architecture): (&str, &str, &str),
        header: &serde_json::Value,
    ) -> QueryResult<()> {
        diesel::update(self)
            .set((
                artifacts::name.eq(name),
                artifacts::version.eq(version),
                artifacts::architecture.eq(architecture),
                artifacts::header.eq(header),
            ))
            .execute(connection)
            .map(drop)
    }

    /// Removes the row, unless something that goes on needs the file.
    pub fn delete(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let in_use =
            executions::table.filter(executions::artifact_id.eq(self.id)).filter(executions::ended_at.is_null());
        let unused = artifacts::table.find(self.id).filter(diesel::dsl::not(diesel::dsl::exists(in_use)));
        diesel::delete(unused).execute(connection).map(|deleted| deleted == 1)
    }
}
