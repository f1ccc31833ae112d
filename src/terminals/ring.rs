//! The end of what a terminal showed, bounded. Pure.

use std::collections::VecDeque;

use bytes::{Bytes, BytesMut};

/// The last bytes of a stream, each at its place in the whole of it.
#[derive(Debug)]
pub(super) struct Ring {
    pieces: VecDeque<Bytes>,
    /// The place of the first byte that is kept.
    from: u64,
    /// The place behind the last one.
    to: u64,
    room: usize,
}

impl Ring {
    /// An empty one for so many bytes.
    pub(super) fn new(room: usize) -> Self {
        Self { pieces: VecDeque::new(), from: 0, to: 0, room }
    }

    /// Takes in what comes; the oldest gives way.
    pub(super) fn push(&mut self, bytes: Bytes) {
        self.to += bytes.len() as u64;
        if !bytes.is_empty() {
            self.pieces.push_back(bytes);
        }
        while self.to - self.from > self.room as u64 {
            let over = usize::try_from(self.to - self.from).unwrap_or(usize::MAX) - self.room;
            let Some(first) = self.pieces.front_mut() else { break };
            let gone = over.min(first.len());
            self.from += gone as u64;
            if gone == first.len() {
                self.pieces.pop_front();
            } else {
                *first = first.slice(gone..);
            }
        }
    }

    /// The place behind the last byte.
    pub(super) fn end(&self) -> u64 {
        self.to
    }

    /// The place from which somebody can be told who knows what lies before `wanted`: itself, or the beginning of a line as
    /// soon behind it as there is one.
    pub(super) fn place(&self, wanted: u64) -> u64 {
        if wanted > self.to {
            return self.to;
        }
        if wanted >= self.from {
            return wanted;
        }
        if self.from == 0 {
            return 0;
        }
        let mut at = self.from;
        for piece in &self.pieces {
            if let Some(found) = piece.iter().position(|byte| *byte == b'\n') {
                return at + found as u64 + 1;
            }
            at += piece.len() as u64;
        }
        self.from
    }

    /// Up to `most` bytes from `place` on.
    pub(super) fn read(&self, place: u64, most: usize) -> Bytes {
        let mut skip = usize::try_from(place.saturating_sub(self.from)).unwrap_or(usize::MAX);
        let mut found = BytesMut::new();
        for piece in &self.pieces {
            if skip >= piece.len() {
                skip -= piece.len();
                continue;
            }
            let part = piece.slice(skip..);
            skip = 0;
            let part = part.slice(..part.len().min(most - found.len()));
            // Mostly one piece is all there is: then nothing is copied.
            if found.is_empty() && (part.len() == most || self.ends_with(piece)) {
                return part;
            }
            found.extend_from_slice(&part);
            if found.len() == most {
                break;
            }
        }
        found.freeze()
    }

    fn ends_with(&self, piece: &Bytes) -> bool {
        self.pieces.back().is_some_and(|last| std::ptr::eq(last, piece))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn whoever_comes_late_begins_at_a_line() {
        let mut ring = Ring::new(10);
        ring.push(Bytes::from_static(b"first line\nsec"));
        ring.push(Bytes::from_static(b"ond"));
        assert_eq!((ring.place(0), ring.place(11), ring.place(99)), (11, 11, 17));
        assert_eq!(ring.read(ring.place(0), 100), Bytes::from_static(b"second"));
    }

    proptest! {
        #[test]
        fn sec_t01_the_end_is_kept_whole_and_never_more_of_it(
            pieces in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..40), 0..40),
            room in 1_usize..200, most in 1_usize..60,
        ) {
            let mut ring = Ring::new(room);
            let mut whole = Vec::new();
            for piece in pieces {
                ring.push(Bytes::from(piece.clone()));
                whole.extend(piece);
            }
            prop_assert_eq!(ring.end(), whole.len() as u64);
            let kept: usize = ring.pieces.iter().map(Bytes::len).sum();
            prop_assert_eq!(kept, whole.len().min(room));
            let mut place = ring.from;
            let mut read = Vec::new();
            while place < ring.end() {
                let part = ring.read(place, most);
                prop_assert!(!part.is_empty() && part.len() <= most);
                place += part.len() as u64;
                read.extend_from_slice(&part);
            }
            prop_assert_eq!(&read[..], &whole[whole.len() - kept..]);
        }
    }
}
