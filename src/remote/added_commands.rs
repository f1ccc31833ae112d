//! The commands that administrators added, as they come into use: loaded at the start, and again when their version grows.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::hosts::Hosts;
use crate::commands::catalog::Catalog;
use crate::error::Result;
use crate::models::commands::{StoredCommand, VERSION};

/// Between two looks at the version.
const LOOK: Duration = Duration::from_secs(2);

impl Hosts {
    /// Takes what is stored now into use, if it is another version than the one in use. One that cannot be used is left
    /// out and told to the log; the admin area shows why.
    pub async fn load_commands(&self) -> Result<()> {
        // Held all the while, so that what was read earlier cannot replace what was read later.
        let mut known = self.stored_version().lock().await;
        let seen = *known;
        let found = self
            .db()
            .run(move |connection| {
                let version = VERSION.get(connection)?;
                if seen == Some(version) {
                    return Ok::<_, crate::error::Error>(None);
                }
                Ok(Some((version, StoredCommand::all(connection)?)))
            })
            .await?;
        let Some((version, rows)) = found else { return Ok(()) };
        let (added, unreadable): (Vec<_>, Vec<_>) = rows.iter().map(StoredCommand::added).partition(Result::is_ok);
        let (catalog, unusable) = Catalog::built_in().with_usable(added.into_iter().flatten());
        for problem in unreadable.into_iter().filter_map(Result::err).chain(unusable) {
            tracing::warn!(%problem, "a command that was added cannot be used");
        }
        self.replace_catalog(catalog);
        *known = Some(version);
        Ok(())
    }

    /// Looks every two seconds until `stop`: what another process saved is in use here soon after.
    pub async fn follow_commands(&self, stop: &CancellationToken) {
        while tokio::time::timeout(LOOK, stop.cancelled()).await.is_err() {
            // The doorway tells the loss of the database itself; here it only means to look again later.
            if let Err(error) = self.load_commands().await {
                tracing::debug!(%error, "the commands that were added wait for the database");
            }
        }
    }
}
