//! Somebody who looks at a terminal: they are told what it shows from a place on, and say what they have taken.

use std::sync::Arc;

use bytes::Bytes;

use super::{End, FRAME, Live};

/// Somebody who looks. Dropped, they are gone.
pub struct Look {
    pub(super) live: Arc<Live>,
    pub(super) number: u64,
    /// The place up to which they were told.
    pub(super) place: u64,
    /// What was shown before they came ends here: answers to what it asks were given then.
    pub old_until: u64,
    /// Where their view begins.
    pub begins: u64,
}

/// What a look finds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// This was shown.
    Output(Bytes),
    /// It is over.
    Over(End),
    /// Somebody else looks now: the same person from another window.
    Elsewhere,
}

impl Look {
    /// What is shown next, up to [`FRAME`].
    pub async fn next(&mut self) -> Seen {
        let (mut shown, mut over) = (self.live.shown.subscribe(), self.live.over.subscribe());
        loop {
            {
                let inside = self.live.inside();
                if inside.looking.is_none_or(|(number, _)| number != self.number) {
                    return Seen::Elsewhere;
                }
                if self.place < inside.ring.end() {
                    self.place = inside.ring.place(self.place);
                    let bytes = inside.ring.read(self.place, FRAME);
                    self.place += bytes.len() as u64;
                    return Seen::Output(bytes);
                }
            }
            // What was shown last comes before the end.
            if let Some(end) = over.borrow_and_update().clone() {
                return Seen::Over(end);
            }
            tokio::select! {
                _ = shown.changed() => {}
                _ = over.changed() => {}
            }
        }
    }

    /// They have taken what lies before `place`.
    pub fn taken(&self, place: u64) {
        {
            let mut inside = self.live.inside();
            let end = inside.ring.end();
            match &mut inside.looking {
                Some((number, taken)) if *number == self.number => *taken = place.clamp(*taken, end.max(*taken)),
                _ => return,
            }
        }
        self.live.moved.send_modify(|count| *count += 1);
    }

    /// What they look at.
    pub fn live(&self) -> &Arc<Live> {
        &self.live
    }
}

impl Drop for Look {
    fn drop(&mut self) {
        {
            let mut inside = self.live.inside();
            if inside.looking.is_some_and(|(number, _)| number == self.number) {
                inside.looking = None;
            }
        }
        self.live.moved.send_modify(|count| *count += 1);
    }
}
