//! What a terminal showed and when, and how its size changed; never what was typed (T04). Sealed in pieces as it comes.

use std::sync::Arc;
use std::time::Duration;

use bytes::{BufMut, Bytes};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::db::Db;
use crate::error::Result;
use crate::models::ids::TerminalId;
use crate::models::terminals::recordings;
use crate::remote::terminal::Size;
use crate::secret::seal::Sealer;

/// How much of one terminal is recorded, bytes; then it is marked as cut.
pub const LIMIT: usize = 50 << 20;
/// A piece is sealed when it is so long, bytes, …
const PIECE: usize = 128 << 10;
/// … or so old: what is lost with a process.
const AGE: Duration = Duration::from_secs(2);
/// Moments that wait to be written; where there are more, the terminal waits.
const WAITING: usize = 64;

/// Something that happened, so many milliseconds after the terminal began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// When.
    pub at_ms: u32,
    /// What.
    pub what: What,
}

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// It showed this.
    Output(Bytes),
    /// It was given this size.
    Resized(Size),
}

impl Moment {
    /// `o` or `r`, the time, the length, and so many bytes; all numbers big-endian, of 32 bits; a size is two of 16.
    fn write(&self, piece: &mut Vec<u8>) {
        let mut put = |kind: u8, content: &[u8]| {
            piece.put_u8(kind);
            piece.put_u32(self.at_ms);
            piece.put_u32(u32::try_from(content.len()).unwrap_or(u32::MAX));
            piece.extend_from_slice(content);
        };
        match &self.what {
            What::Output(bytes) => put(b'o', bytes),
            What::Resized(size) => {
                let [columns, rows] = [size.columns.to_be_bytes(), size.rows.to_be_bytes()];
                put(b'r', &[columns, rows].concat());
            }
        }
    }
}

/// The moments of an opened piece; what is of no known shape ends them.
pub fn moments(mut piece: &[u8]) -> Vec<Moment> {
    let mut found = Vec::new();
    while let Some((head, rest)) = piece.split_at_checked(9) {
        let number = |at: usize| head.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_be_bytes);
        let (Some(at_ms), Some(length)) = (number(1), number(5)) else { break };
        let Some((content, after)) = rest.split_at_checked(length as usize) else { break };
        let what = match (head.first(), content) {
            (Some(b'o'), content) => What::Output(Bytes::copy_from_slice(content)),
            (Some(b'r'), [one, two, three, four]) => What::Resized(Size {
                columns: u16::from_be_bytes([*one, *two]),
                rows: u16::from_be_bytes([*three, *four]),
            }),
            _ => break,
        };
        found.push(Moment { at_ms, what });
        piece = after;
    }
    found
}

/// Where moments are given.
pub(super) struct Recorder {
    moments: mpsc::Sender<Moment>,
}

/// A recorder, and what writes for it until the recorder is gone: an error where it cannot.
pub(super) fn record(
    db: Db,
    sealer: Arc<Sealer>,
    terminal: TerminalId,
) -> (Recorder, impl Future<Output = Result<()>> + Send) {
    let (moments, coming) = mpsc::channel(WAITING);
    let writer = Writer { db, sealer, terminal, number: 0, piece: Vec::new(), from_ms: 0, since: None, written: 0 };
    (Recorder { moments }, writer.run(coming))
}

impl Recorder {
    /// Gives a moment; false where nobody writes any more.
    pub(super) async fn note(&self, moment: Moment) -> bool {
        self.moments.send(moment).await.is_ok()
    }

    /// Returns when nobody writes any more.
    pub(super) async fn is_gone(&self) {
        self.moments.closed().await;
    }
}

struct Writer {
    db: Db,
    sealer: Arc<Sealer>,
    terminal: TerminalId,
    number: i32,
    piece: Vec<u8>,
    from_ms: u32,
    since: Option<Instant>,
    written: usize,
}

impl Writer {
    async fn run(mut self, mut coming: mpsc::Receiver<Moment>) -> Result<()> {
        let mut is_cut = false;
        loop {
            let next = match self.since {
                None => coming.recv().await,
                Some(since) => {
                    let Ok(next) = timeout_at(since + AGE, coming.recv()).await else {
                        self.seal().await?;
                        continue;
                    };
                    next
                }
            };
            let Some(moment) = next else { return self.seal().await };
            if is_cut {
                continue;
            }
            if self.since.is_none() {
                (self.since, self.from_ms) = (Some(Instant::now()), moment.at_ms);
            }
            let whole = self.piece.len();
            moment.write(&mut self.piece);
            if self.written + self.piece.len() > LIMIT {
                self.piece.truncate(whole);
                is_cut = true;
                self.seal().await?;
                let terminal = self.terminal;
                self.db.run(move |connection| recordings::cut(connection, terminal)).await?;
            } else if self.piece.len() >= PIECE {
                self.seal().await?;
            }
        }
    }

    async fn seal(&mut self) -> Result<()> {
        self.since = None;
        if self.piece.is_empty() {
            return Ok(());
        }
        let piece = std::mem::take(&mut self.piece);
        self.written += piece.len();
        let (sealer, at) = (Arc::clone(&self.sealer), (self.terminal, self.number, i64::from(self.from_ms)));
        self.number += 1;
        self.db.run(move |connection| recordings::keep(connection, &sealer, at, &piece)).await
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn any_moment() -> impl Strategy<Value = Moment> {
        let output = proptest::collection::vec(any::<u8>(), 0..50).prop_map(|bytes| What::Output(bytes.into()));
        let resized = (any::<u16>(), any::<u16>()).prop_map(|(columns, rows)| What::Resized(Size { columns, rows }));
        (any::<u32>(), prop_oneof![output, resized]).prop_map(|(at_ms, what)| Moment { at_ms, what })
    }

    proptest! {
        #[test]
        fn sec_t04_what_is_replayed_is_what_was_shown(all in proptest::collection::vec(any_moment(), 0..30)) {
            let mut piece = Vec::new();
            for moment in &all {
                moment.write(&mut piece);
            }
            prop_assert_eq!(moments(&piece), all);
        }

        #[test]
        fn sec_x03_a_damaged_piece_is_read_as_far_as_it_goes(piece in proptest::collection::vec(any::<u8>(), 0..200)) {
            let read: usize = moments(&piece).len();
            prop_assert!(read <= piece.len() / 9);
        }
    }
}
