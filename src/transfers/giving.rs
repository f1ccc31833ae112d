//! Something that is given for as long as somebody takes it and may have it. Knows no file.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{self, Stream, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at, timeout};

use crate::commands::Read;
use crate::error::{Error, Result};
use crate::remote::host::Host;

/// How often it is looked whether somebody may go on (A07, Z02).
const LOOK: Duration = Duration::from_secs(3);
/// Pieces that wait to be taken.
const WAITING: usize = 4;

/// On which terms somebody is given what a server tells.
#[derive(Clone)]
pub struct Terms {
    /// How long they may take none of it. Meanwhile they have one of the places that there are for that server.
    pub patience: Duration,
    /// The server, for them as they are now: an error where they are nobody any more, or may not know of it.
    pub host: Arc<dyn Fn() -> BoxFuture<'static, Result<Host>> + Send + Sync>,
}

impl Terms {
    /// Whether they still may have what `command` reads, by the rights and the switch of now. Where nobody can be asked, nobody
    /// new is let in, but who is in may stay.
    pub async fn allow<C: Read>(&self, command: &C, signs_in_as_root: bool) -> Result<()> {
        let weighed = match (self.host)().await {
            Ok(host) => host.may_read(command, signs_in_as_root).await,
            Err(error) => Err(error),
        };
        match weighed {
            Err(Error::Unavailable(_) | Error::Internal(_)) => Ok(()),
            weighed => weighed,
        }
    }
}

/// When to look.
pub fn looks() -> Interval {
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    looks
}

/// What comes of `items`, for somebody who may be slow: [`Error::TooSlow`] is the last where they take none within `patience`.
pub fn given<T: Send + 'static>(
    items: impl Stream<Item = T> + Send + 'static,
    patience: Duration,
) -> impl Stream<Item = Result<T>> + 'static {
    let (pieces, taken) = mpsc::channel(WAITING);
    // By a task of its own: whoever is not asked for more cannot know how long ago that was.
    tokio::spawn(give(items, pieces, patience));
    stream::unfold(Some(taken), |taken| async move {
        let mut taken = taken?;
        match taken.recv().await {
            Some(Some(piece)) => Some((Ok(piece), Some(taken))),
            Some(None) => None,
            None => Some((Err(Error::TooSlow), None)),
        }
    })
}

/// Gives piece after piece, and the end as none; goes away where nobody takes them.
async fn give<T: Send>(items: impl Stream<Item = T> + Send, pieces: mpsc::Sender<Option<T>>, patience: Duration) {
    let mut items = std::pin::pin!(items);
    loop {
        let piece = tokio::select! {
            () = pieces.closed() => return,
            piece = items.next() => piece,
        };
        let goes_on = piece.is_some();
        let given = timeout(patience, pieces.send(piece)).await;
        if !goes_on || !matches!(given, Ok(Ok(()))) {
            return;
        }
    }
}
