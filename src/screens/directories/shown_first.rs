//! What would measure, before it does.

use std::sync::Arc;

use crate::app::App;
use crate::commands::directories::MeasureDirectories;
use crate::commands::told::told;
use crate::commands::{Acting, Command};
use crate::error::Result;
use crate::models::platforms::DetectedPlatform;
use crate::screens::gather::Stored;

/// The command, before it runs.
#[derive(Debug, Clone)]
pub struct ShownFirst {
    /// `root`, or nothing.
    pub run_as: &'static str,
    /// Its values as a shell would be given them; one of them is the server's own text.
    pub assignments: String,
    /// In one line.
    pub line: String,
    /// All of it.
    pub script: Arc<str>,
}

impl ShownFirst {
    /// What would measure on the server of `stored`.
    pub(super) async fn of(app: &App, stored: &Stored, command: &MeasureDirectories) -> Result<Option<Self>> {
        let server = stored.server.id;
        // Asked anew: the filesystems of the same page may have been the first that was read there.
        let platform = app.db.run(move |connection| DetectedPlatform::of(connection, server)).await?;
        let chosen =
            |platform: DetectedPlatform| app.hosts.catalog().choose(MeasureDirectories::TYPE, &platform.into());
        Ok(platform.and_then(|platform| chosen(platform).ok()).map(|chosen| Self {
            run_as: if command.whose() == Acting::Root { "root" } else { "" },
            assignments: command.parameters().shown(),
            line: told(&chosen.script),
            script: chosen.script,
        }))
    }
}
