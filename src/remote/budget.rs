//! How much of servers' output is kept at all: per command and over all commands (X01). Knows no connection.

use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Buffered output over all commands, bytes.
const TOTAL: usize = 256 << 20;
/// The unit in which it is handed out, bytes.
const UNIT: usize = 64 << 10;

/// The console's memory for output that is being read.
#[derive(Debug, Clone)]
pub(super) struct Budget(Arc<Semaphore>);

impl Budget {
    pub(super) fn new() -> Self {
        Self(Arc::new(Semaphore::new(TOTAL / UNIT)))
    }

    /// An empty buffer for at most `limit` bytes.
    pub(super) fn buffer(&self, limit: usize) -> Kept {
        Kept { bytes: Vec::new(), limit, budget: self.clone(), held: None }
    }
}

/// Output of one command.
#[derive(Debug)]
pub(super) struct Kept {
    bytes: Vec<u8>,
    limit: usize,
    budget: Budget,
    held: Option<OwnedSemaphorePermit>,
}

/// There is more output than we keep.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Full {
    /// How much was kept, bytes.
    pub(super) limit: usize,
}

impl Kept {
    /// Keeps `bytes`, or says that there is no room.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Result<(), Full> {
        let wanted = self.bytes.len().saturating_add(bytes.len());
        if wanted > self.limit {
            return Err(Full { limit: self.limit });
        }
        let held = self.held.as_ref().map_or(0, OwnedSemaphorePermit::num_permits);
        let missing = wanted.div_ceil(UNIT).saturating_sub(held);
        if missing > 0 {
            let more = u32::try_from(missing)
                .ok()
                .and_then(|missing| Arc::clone(&self.budget.0).try_acquire_many_owned(missing).ok());
            match (more, &mut self.held) {
                (Some(more), Some(held)) => held.merge(more),
                (Some(more), none) => *none = Some(more),
                // Waiting for room would hold up those who have it.
                (None, _) => return Err(Full { limit: self.bytes.len() }),
            }
        }
        self.bytes.extend_from_slice(bytes);
        Ok(())
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Forgets a part.
    pub(super) fn remove(&mut self, part: std::ops::Range<usize>) {
        if part.end <= self.bytes.len() {
            self.bytes.drain(part);
        }
    }

    /// The output, given away.
    pub(super) fn take(&mut self) -> Vec<u8> {
        self.held = None;
        std::mem::take(&mut self.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_x01_a_command_keeps_no_more_than_its_limit() {
        let mut kept = Budget::new().buffer(10);
        assert_eq!(kept.push(b"12345"), Ok(()));
        assert_eq!(kept.push(b"12345"), Ok(()));
        assert_eq!(kept.push(b"1"), Err(Full { limit: 10 }));
        assert_eq!(kept.bytes(), b"1234512345");
    }

    #[test]
    fn sec_x01_all_commands_together_keep_no_more_than_the_total_and_room_comes_back() {
        let budget = Budget(Arc::new(Semaphore::new(2)));
        let (mut first, mut second) = (budget.buffer(1 << 20), budget.buffer(1 << 20));
        assert_eq!(first.push(&vec![0; UNIT]), Ok(()));
        assert_eq!(second.push(&vec![0; UNIT]), Ok(()));
        assert_eq!(second.push(b"1"), Err(Full { limit: UNIT }));
        drop(first);
        assert_eq!(second.push(b"1"), Ok(()));
        assert_eq!(second.take().len(), UNIT + 1);
        assert_eq!(budget.0.available_permits(), 2);
    }
}
