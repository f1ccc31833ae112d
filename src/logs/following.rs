//! The journal as it is written, for somebody who may be slower than it: what does not fit is left out, and counted.

use std::time::Duration;

use tokio::time::{Interval, sleep};

use crate::commands::logs::{Entry, FollowJournal, entry};
use crate::error::{Error, Result};
use crate::remote::host::Host;
use crate::transfers::Terms;
use crate::transfers::giving::looks;
use crate::transfers::tail::Tail;

/// Entries are gathered for so long: five thousand a second are five batches, not five thousand.
const GATHER: Duration = Duration::from_millis(200);
/// How much of the journal waits for a slow reader, bytes: about two thousand entries.
const ROOM: usize = 1 << 20;

/// The journal that somebody follows. Dropping it ends the following on the server.
pub struct Following {
    tail: Option<Tail>,
    looks: Interval,
    follow: FollowJournal,
    signs_in_as_root: bool,
    terms: Terms,
}

/// What happens while somebody follows.
pub enum Happening {
    /// Nothing for some seconds, and they may go on.
    StillHere,
    /// Entries came.
    Entries {
        /// How many were left out before these, because nobody took them, or because they are none.
        left_out: u64,
        /// In their order.
        entries: Vec<Entry>,
    },
    /// Nothing more will come.
    End(Error),
}

impl Following {
    /// Starts to follow. What is refused is an error here.
    pub async fn of(host: &Host, follow: FollowJournal, terms: Terms) -> Result<Self> {
        let flow = host.follow(follow.clone()).await?;
        let signs_in_as_root = flow.signs_in_as_root();
        Ok(Self { tail: Some(Tail::with_room(flow, ROOM)), looks: looks(), follow, signs_in_as_root, terms })
    }

    /// What happens next; none after the end, and where whoever follows is signed in no more.
    pub async fn next(&mut self) -> Option<Happening> {
        let tail = self.tail.as_ref()?;
        let happened = tokio::select! {
            // Before more is given to somebody who was long in taking it.
            biased;
            _ = self.looks.tick() => match self.terms.allow(&self.follow, self.signs_in_as_root).await {
                Ok(()) => return Some(Happening::StillHere),
                Err(Error::SignInNeeded) => return None,
                Err(error) => Err(error),
            },
            batch = tail.next() => batch?,
        };
        match happened {
            Ok(batch) => {
                sleep(GATHER).await;
                let entries: Vec<Entry> = batch.lines.iter().filter_map(|line| entry(1, line).ok()).collect();
                let left_out = batch.left_out + (batch.lines.len() - entries.len()) as u64;
                Some(Happening::Entries { left_out, entries })
            }
            Err(error) => {
                self.tail = None;
                Some(Happening::End(error))
            }
        }
    }
}
