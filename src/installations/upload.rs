//! Uploaded files come and go: row and file together, and who did it in the audit log.

use chrono::{DateTime, Utc};

use super::artifact_store::{ArtifactStore, Incoming};
use super::inspect::{inspect, kind_of};
use crate::db::Db;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::artifacts::Artifact;
use crate::models::audit::{AuditEntry, Outcome};
use crate::models::ids::ArtifactId;

/// Begins to take a file of this name, where there is room for what the sender tells, bytes. One that cannot be a package is
/// refused before a byte of it is stored.
pub async fn begin(store: &ArtifactStore, actor: &Actor, file_name: &str, told: Option<u64>) -> Result<Incoming> {
    if kind_of(file_name).is_none() {
        return Err(Error::field("file", "Only files that end in .rpm, .deb or .apk are taken"));
    }
    store.receive(&actor.name, told).await
}

/// The file is whole: looks into it, keeps it, and records who brought it. It gets its name last: what is cut off before leaves
/// half a file, and what is cut off after a file that nobody knows; both are removed later.
pub async fn finish(
    db: &Db,
    actor: &Actor,
    incoming: Incoming,
    file_name: &str,
    now: DateTime<Utc>,
) -> Result<Artifact> {
    let received = incoming.finish().await?;
    let (new, received) = inspect(received, file_name, actor.name.clone(), now).await?;
    let entry = AuditEntry::by(actor, "artifact.upload").target(&new.file_name).detail("sha256", &new.sha256);
    db.transaction(move |connection| {
        let artifact = new.insert(connection)?;
        entry.record(connection, Outcome::Succeeded, now)?;
        received.keep()?;
        Ok(artifact)
    })
    .await
}

/// Deletes a file that nothing goes on with; its name.
pub async fn delete(
    db: &Db,
    store: &ArtifactStore,
    actor: &Actor,
    id: ArtifactId,
    now: DateTime<Utc>,
) -> Result<String> {
    let entry = AuditEntry::by(actor, "artifact.delete");
    let deleted = db.transaction(move |connection| {
        let artifact = Artifact::by_id(connection, id)?;
        if !artifact.delete(connection)? {
            return Err(Error::Conflict(Message::new("This file is on its way onto a server")));
        }
        entry.target(&artifact.file_name).record(connection, Outcome::Succeeded, now)?;
        Ok(artifact)
    });
    let artifact = deleted.await?;
    store.remove(&artifact.stored_name).map_err(Error::internal)?;
    Ok(artifact.file_name)
}
