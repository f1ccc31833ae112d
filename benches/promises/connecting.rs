//! Connecting to all servers, from nothing.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::contestant::{Contestant, Settings};
use crate::fleet::SERVERS;
use crate::stage::Stage;

/// What connecting to all servers took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Connected {
    /// Processor time of the one who connects, each.
    pub(crate) processor: Duration,
    /// From the first to the last.
    pub(crate) wall: Duration,
}

/// One round: the console, the bare loop, and asyncssh where there is one.
pub(crate) async fn round(stage: &Stage, python: Option<&PathBuf>) -> (Connected, Connected, Option<Connected>) {
    stage.switch(SERVERS).await;
    let console = measure(Contestant::start("console-connects", &stage.settings).await, &stage.settings).await;
    stage.switch(0).await;
    let bare = measure(Contestant::start("bare-connects", &stage.settings).await, &stage.settings).await;
    let asyncssh = match python {
        Some(python) => {
            let mut command = Command::new(python);
            command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/promises/asyncssh_connects.py"));
            Some(measure(Contestant::of(command, &stage.settings).await, &stage.settings).await)
        }
        None => None,
    };
    (console, bare, asyncssh)
}

/// Running something on all twice tells apart what connecting costs and what running costs.
async fn measure(mut one: Contestant, settings: &Settings) -> Connected {
    let (began, idle) = (Instant::now(), one.meter.processor_time());
    one.ask("connect", "connected").await;
    let (wall, connected) = (began.elapsed(), one.meter.processor_time());
    one.ask("run", "ran").await;
    let ran = one.meter.processor_time();
    one.end().await;
    let servers = u32::try_from(settings.servers.len()).unwrap();
    Connected {
        processor: connected.checked_sub(idle).unwrap().saturating_sub(ran.checked_sub(connected).unwrap()) / servers,
        wall,
    }
}
