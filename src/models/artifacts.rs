//! Package files that people uploaded: what is known of each. The files lie in the data directory.

use chrono::{DateTime, TimeDelta, Utc};
use diesel::dsl::sql;
use diesel::expression::SqlLiteral;
use diesel::prelude::*;
use diesel::sql_types::{Jsonb, Nullable, Text};

use super::ids::ArtifactId;
use crate::db::schema::{artifacts, executions};
use crate::db::types::text_enum;
use crate::error::{Error, Result};

/// How long a file is kept after it was uploaded or last used.
pub const KEPT: TimeDelta = TimeDelta::days(7);
/// Files that are listed, the newest first.
const MOST: i64 = 2_000;

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

/// An artifact without what its header says: for lists.
#[derive(Debug, Clone, PartialEq, HasQuery)]
#[diesel(table_name = artifacts)]
#[expect(missing_docs, reason = "the migration describes the columns")]
pub struct ArtifactSummary {
    pub id: ArtifactId,
    pub file_name: String,
    pub kind: ArtifactKind,
    pub size_bytes: i64,
    pub sha256: String,
    pub name: String,
    pub version: String,
    pub architecture: String,
    pub uploaded_by: String,
    pub uploaded_at: DateTime<Utc>,
    /// `present`, `absent` or `unknown`.
    #[diesel(select_expression = sql("header ->> 'signature'"), select_expression_type = SqlLiteral<Nullable<Text>>)]
    pub signature: Option<String>,
    /// The names of its scripts; none where the console does not see them.
    #[diesel(
        select_expression = sql("case when jsonb_typeof(header -> 'scripts') = 'array' then jsonb_path_query_array(header, '$.scripts[*].name') end"),
        select_expression_type = SqlLiteral<Nullable<Jsonb>>
    )]
    pub scripts: Option<serde_json::Value>,
}

impl ArtifactSummary {
    /// The artifact of an id.
    pub fn by_id(connection: &mut PgConnection, id: ArtifactId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This file"))
    }

    /// The newest, and no more than a page can show.
    pub fn latest(connection: &mut PgConnection) -> QueryResult<Vec<Self>> {
        Self::query().order(artifacts::id.desc()).limit(MOST).load(connection)
    }
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
    /// All of them by how they are called, and where they are stored.
    pub fn stored(connection: &mut PgConnection) -> QueryResult<Vec<(String, String)>> {
        artifacts::table.select((artifacts::file_name, artifacts::stored_name)).order(artifacts::id).load(connection)
    }

    /// The artifact of an id.
    pub fn by_id(connection: &mut PgConnection, id: ArtifactId) -> Result<Self> {
        Self::query().find(id).first(connection).optional()?.ok_or(Error::NotFound("This file"))
    }

    /// Removes the row, unless something that goes on needs the file.
    pub fn delete(&self, connection: &mut PgConnection) -> QueryResult<bool> {
        let in_use =
            executions::table.filter(executions::artifact_id.eq(self.id)).filter(executions::ended_at.is_null());
        let unused = artifacts::table.find(self.id).filter(diesel::dsl::not(diesel::dsl::exists(in_use)));
        diesel::delete(unused).execute(connection).map(|deleted| deleted == 1)
    }

    /// Removes those that came before a moment and that nothing was done with since: as they were uploaded, and as they lie.
    pub fn forget(connection: &mut PgConnection, before: DateTime<Utc>) -> QueryResult<Vec<(String, String)>> {
        let used = executions::table
            .filter(executions::artifact_id.eq(artifacts::id.nullable()))
            .filter(executions::ended_at.is_null().or(executions::queued_at.ge(before)));
        let unused = artifacts::table
            .filter(artifacts::uploaded_at.lt(before))
            .filter(diesel::dsl::not(diesel::dsl::exists(used)));
        diesel::delete(unused).returning((artifacts::file_name, artifacts::stored_name)).get_results(connection)
    }

    /// Which of these names of stored files are nobody's.
    pub fn unknown_among(connection: &mut PgConnection, stored: Vec<String>) -> QueryResult<Vec<String>> {
        let known: Vec<String> = artifacts::table
            .filter(artifacts::stored_name.eq_any(&stored))
            .select(artifacts::stored_name)
            .load(connection)?;
        Ok(stored.into_iter().filter(|name| !known.contains(name)).collect())
    }
}
