//! Ending what we started on a server and no longer want (P07).

use std::time::Duration;

use bytes::Bytes;
use russh::Sig;
use tokio::time::{Instant, timeout_at};

use super::channel::{Event, ShellChannel};
use super::connection::{Lease, Use};
use super::ready::Ears;
use super::request::new_token;
use crate::commands::script::{Envelope, Locale, Parameters, Privilege, Value};
use crate::error::StillRunning;

/// How long a command may take to end by itself after it was asked to.
const AFTER_TERM: Duration = Duration::from_secs(2);
/// How long its end may take to be reported after it was killed.
const AFTER_KILL: Duration = Duration::from_secs(1);

/// sshd makes each shell the leader of a session, so that its process id is its group's.
const END_GROUP: &str = "kill -s \"$signal\" -- \"-$group\" 2>/dev/null || kill -s \"$signal\" \"$group\"";

/// Asks what runs on `channel` to end, kills it where it does not, closes the channel, and says whether it still runs.
///
/// The signal goes by the channel; OpenSSH does not pass it on for root, so that it goes by a script too, where the first
/// way had no effect and the group is known. `ears` hear on: what says only now that it is ready did start.
pub(super) async fn stop(channel: &mut ShellChannel, ears: &mut Ears) -> StillRunning {
    channel.forget_unsent();
    channel.end_input();
    let mut running = None;
    for (signal, name, patience) in [(Sig::TERM, "TERM", AFTER_TERM), (Sig::KILL, "KILL", AFTER_KILL)] {
        channel.signal(signal);
        let until = Instant::now() + patience;
        running = watch(channel, ears, Instant::now() + patience / 4).await;
        if running.is_none() {
            let by_script = end_group(channel.lease().clone(), ears.group(), name, until);
            // Both at once: what nobody reads would hold up the connection's other channels.
            (running, ()) = tokio::join!(watch(channel, ears, until), by_script);
        }
        if running.is_some() {
            break;
        }
    }
    channel.close().await;
    running.unwrap_or(StillRunning::Yes)
}

/// Waits for the end; the channel closes when the last process that holds its output has ended.
async fn watch(channel: &mut ShellChannel, ears: &mut Ears, until: Instant) -> Option<StillRunning> {
    loop {
        // What is too much to hear is not heard.
        match timeout_at(until, channel.next()).await {
            Ok(Event::Closed | Event::Refused) => return Some(StillRunning::No),
            Ok(Event::Gone) => return Some(StillRunning::Unknown),
            Ok(Event::Out(bytes)) => drop(ears.output(bytes)),
            Ok(Event::Err(bytes)) => drop(ears.errors(bytes)),
            Ok(Event::Status(_) | Event::Signal(_)) => {}
            Err(_) => return None,
        }
    }
}

/// Sends a signal to a process group from another shell; whether it helped is seen on the group's own channel.
async fn end_group(lease: Lease, group: Option<i64>, signal: &'static str, until: Instant) {
    let (Some(group), Ok(token)) = (group, new_token()) else { return };
    let parameters = Parameters::default().with("group", Value::Integer(group)).with("signal", Value::OneOf(signal));
    let envelope = Envelope {
        script: END_GROUP,
        parameters: &parameters,
        token: &token,
        locale: Locale::Plain,
        privilege: Privilege::None,
    };
    let Ok(script) = envelope.compose() else { return };
    if let Ok(mut channel) = ShellChannel::start(lease, Use::Stopping, Bytes::from(script), until).await {
        channel.end_input();
        // Until it has run; it says nothing that we want to know.
        watch(&mut channel, &mut Ears::new(&token), until).await;
        channel.close().await;
    }
}
