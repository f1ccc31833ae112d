//! Ending what we started on a server and no longer want (P07).

use std::time::Duration;

use russh::Sig;
use tokio::time::{Instant, timeout_at};

use super::channel::{Event, ShellChannel};
use crate::error::StillRunning;

/// How long a command may take to end by itself after it was asked to.
const AFTER_TERM: Duration = Duration::from_secs(2);
/// How long its end may take to be reported after it was killed.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// Asks what runs on `channel` to end, kills it where it does not, closes the channel, and says whether it still runs.
pub(super) async fn stop(channel: &mut ShellChannel) -> StillRunning {
    channel.end_input();
    for (signal, patience) in [(Sig::TERM, AFTER_TERM), (Sig::KILL, AFTER_KILL)] {
        channel.signal(signal).await;
        if let Some(running) = watch(channel, Instant::now() + patience).await {
            channel.close().await;
            return running;
        }
    }
    channel.close().await;
    StillRunning::Yes
}

/// Waits for the end; the channel closes when the last process that holds its output has ended.
async fn watch(channel: &mut ShellChannel, until: Instant) -> Option<StillRunning> {
    loop {
        match timeout_at(until, channel.next()).await {
            Ok(Event::Closed | Event::Refused) => return Some(StillRunning::No),
            Ok(Event::Gone) => return Some(StillRunning::Unknown),
            Ok(Event::Out(_) | Event::Err(_) | Event::Status(_) | Event::Signal(_)) => {}
            Err(_) => return None,
        }
    }
}
