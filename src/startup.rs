//! Builds the application, the HTTP server and the workers; stops them gracefully.

pub mod assemble;
pub mod demo;
pub mod demo_server;
pub mod hardening;
mod instance;
mod listen;

use tokio::signal::unix::{SignalKind, signal};

use crate::app::App;
use crate::config::Config;
use crate::error::{Error, Result};
use crate::models::setup_tokens::{LIFE, SetupToken};
use crate::models::users::User;
use crate::routes;
use crate::web::server;
use crate::web::site::Site;

use assemble::Assembly;

/// Threads that answer requests; what blocks is done elsewhere.
const WEB_WORKERS: usize = 2;

/// What this process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProcessRole {
    /// Web server, sampler and jobs.
    All,
    /// Web server only.
    Web,
    /// Sampler and jobs only.
    Work,
}

/// How `serve` was called.
#[derive(Debug, Clone, Copy)]
pub struct ServeOptions {
    /// What this process does.
    pub role: ProcessRole,
    /// Also register this machine as the first server.
    pub demo: bool,
}

/// Runs until the process is told to stop, then stops everything in the order in which it depends on each other.
pub async fn serve(config: Config, options: ServeOptions) -> Result<()> {
    listen::check(&config, options.role)?;
    if options.role != ProcessRole::Work {
        listen::try_address(config.bind)?;
    }
    let assembly = Assembly::build(config, options).await?;
    let served = match options.role {
        ProcessRole::All | ProcessRole::Web => serve_pages(&assembly.app).await,
        ProcessRole::Work => wait_for_stop().await,
    };
    assembly.stop().await;
    served
}

async fn serve_pages(app: &App) -> Result<()> {
    let site = Site::new(app.clone(), routes::menu(), routes::all());
    let bind = app.config.bind;
    let (server, _) = server::listen(site, bind, WEB_WORKERS).map_err(|cause| listen::taken(bind, &cause))?;
    let handle = server.handle();
    let running = tokio::spawn(server);
    announce(app).await?;
    wait_for_stop().await?;
    tracing::info!("stopping");
    let stopping = async {
        // Whoever looks at a terminal hears of it while the server still speaks to them (R06).
        tokio::join!(handle.stop(true), app.terminals.close_all());
    };
    tokio::select! {
        () = stopping => {}
        again = wait_for_stop() => {
            again?;
            handle.stop(false).await;
        }
    }
    running.await.map_err(Error::internal)?.map_err(Error::internal)
}

/// Says where hannun is, and how the first administrator gets in.
async fn announce(app: &App) -> Result<()> {
    let origin = app.config.origin();
    let now = app.clock.now();
    let token = app
        .db
        .transaction(move |connection| {
            if User::anybody_exists(connection)? { Ok(None) } else { SetupToken::issue(connection, now).map(Some) }
        })
        .await?;
    listen::say(&format!("hannun is at {origin}"));
    if let Some(token) = token {
        let minutes = LIFE.num_minutes();
        listen::say(&format!(
            "\nNobody can sign in yet. Open this link within {minutes} minutes to make the first administrator:\n\n    \
             {origin}/setup?token={}\n",
            token.expose()
        ));
    }
    Ok(())
}

/// Until SIGTERM or Ctrl-C.
async fn wait_for_stop() -> Result<()> {
    let mut terminate = signal(SignalKind::terminate()).map_err(Error::internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(Error::internal)?;
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}
