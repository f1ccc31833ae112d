//! Builds the application, the HTTP server and the workers; stops them gracefully.

pub mod demo_server;

use crate::config::Config;

/// What a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessRole {
    /// Web server and workers.
    All,
    /// Web server only.
    Web,
    /// Workers only.
    Work,
}

/// What `hannun serve` was asked for.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// What this process does.
    pub role: ProcessRole,
    /// Whether this machine is registered as the first server.
    pub demo: bool,
}

/// Serves until a signal.
pub async fn serve(_config: Config, _options: ServeOptions) -> anyhow::Result<()> {
    anyhow::bail!("not yet")
}
