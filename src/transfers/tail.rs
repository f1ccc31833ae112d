//! What is added to a file, for somebody who may read slower than it comes: what does not fit is left out, and said.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;
use tokio::task::AbortHandle;

use crate::commands::Read;
use crate::error::Error;
use crate::remote::Flow;

/// How much waits for the reader of a file, bytes.
const WAITING: usize = 256 << 10;
/// The longest line that is kept whole, bytes.
const LONGEST: usize = 16 << 10;

/// The lines of a followed file as they come. Dropping it ends the following on the server.
pub struct Tail {
    shared: Arc<Shared>,
    pump: AbortHandle,
}

/// What came since it was last asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Batch {
    /// Lines that were left out before these, because nobody took them.
    pub left_out: u64,
    /// Lines without their ends; hostile.
    pub lines: Vec<Vec<u8>>,
}

struct Shared {
    waiting: Mutex<Waiting>,
    came: Notify,
}

struct Waiting {
    /// How much waits at most, bytes.
    room: usize,
    lines: VecDeque<Vec<u8>>,
    bytes: usize,
    left_out: u64,
    partial: Vec<u8>,
    end: Option<Error>,
    has_ended: bool,
}

impl Waiting {
    fn new(room: usize) -> Self {
        Self { room, lines: VecDeque::new(), bytes: 0, left_out: 0, partial: Vec::new(), end: None, has_ended: false }
    }

    fn take_in(&mut self, bytes: &[u8]) {
        for part in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LONGEST.saturating_sub(self.partial.len());
            let (line, is_whole) = part.strip_suffix(b"\n").map_or((part, false), |line| (line, true));
            self.partial.extend_from_slice(line.get(..room).unwrap_or(line));
            if is_whole {
                let line = std::mem::take(&mut self.partial);
                self.bytes += line.len() + 1;
                self.lines.push_back(line);
            }
        }
        // The oldest give way: of a log, the end is what is looked at.
        while self.bytes > self.room {
            let Some(oldest) = self.lines.pop_front() else { break };
            self.bytes -= oldest.len() + 1;
            self.left_out += 1;
        }
    }

    fn take_out(&mut self) -> Batch {
        self.bytes = 0;
        Batch { left_out: std::mem::take(&mut self.left_out), lines: std::mem::take(&mut self.lines).into() }
    }
}

impl Tail {
    /// The lines of `flow`, which is read as fast as it comes from now on: it holds up nobody.
    pub fn of<C: Read + 'static>(flow: Flow<C>) -> Self {
        Self::with_room(flow, WAITING)
    }

    /// The same with so many bytes that wait for the reader at most.
    pub fn with_room<C: Read + 'static>(mut flow: Flow<C>, room: usize) -> Self {
        let shared = Arc::new(Shared { waiting: Mutex::new(Waiting::new(room)), came: Notify::new() });
        let own = Arc::clone(&shared);
        let pump = tokio::spawn(async move {
            loop {
                let next = flow.next().await;
                let goes_on = matches!(next, Ok(Some(_)));
                {
                    let mut waiting = own.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                    match next {
                        Ok(Some(bytes)) => waiting.take_in(&bytes),
                        Ok(None) => waiting.has_ended = true,
                        Err(error) => (waiting.has_ended, waiting.end) = (true, Some(error)),
                    }
                }
                own.came.notify_one();
                if !goes_on {
                    return;
                }
            }
        });
        Self { shared, pump: pump.abort_handle() }
    }

    /// What came since it was last asked for, as soon as something did; none where nothing more will come.
    pub async fn next(&self) -> Option<Result<Batch, Error>> {
        loop {
            {
                let mut waiting = self.shared.waiting.lock().unwrap_or_else(PoisonError::into_inner);
                if !waiting.lines.is_empty() {
                    return Some(Ok(waiting.take_out()));
                }
                if waiting.has_ended {
                    return waiting.end.take().map(Err);
                }
            }
            self.shared.came.notified().await;
        }
    }
}

impl Drop for Tail {
    fn drop(&mut self) {
        self.pump.abort();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_whole_wherever_the_stream_is_cut() {
        let mut waiting = Waiting::new(WAITING);
        for piece in [&b"on"[..], b"e\ntw", b"o\n\nthree"] {
            waiting.take_in(piece);
        }
        let lines = vec![b"one".to_vec(), b"two".to_vec(), Vec::new()];
        assert_eq!(waiting.take_out(), Batch { left_out: 0, lines });
        waiting.take_in(b"\n");
        assert_eq!(waiting.take_out().lines, [b"three".to_vec()]);
    }

    #[test]
    fn sec_f05_what_nobody_takes_is_left_out_from_its_beginning_and_counted() {
        let mut waiting = Waiting::new(WAITING);
        for number in 0..100_000 {
            waiting.take_in(format!("line {number}\n").as_bytes());
        }
        waiting.take_in(&vec![b'x'; 4 << 20]);
        let batch = waiting.take_out();
        assert_eq!(batch.left_out + batch.lines.len() as u64, 100_000);
        assert_eq!(batch.lines.last().unwrap(), b"line 99999");
        let kept: usize = batch.lines.iter().map(|line| line.len() + 1).sum();
        assert!(kept <= WAITING && waiting.partial.len() <= LONGEST, "{kept}");
    }
}
