//! One open terminal: what it showed lately, who looks at it, and how it ends. Whoever looks and does not take what is shown
//! holds it up, so that nothing grows (T01); where nobody looks it goes on, and its end is kept.

mod life;
mod look;

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::sync::{mpsc, watch};

use super::ring::Ring;
use crate::clock::Clock;
use crate::language::Message;
use crate::models::ids::TerminalId;
use crate::remote::terminal::Size;

pub(super) use life::start;
pub use look::{Look, Seen};

/// How much of the end of what was shown is kept for whoever comes back, bytes.
const KEPT: usize = 1 << 20;
/// How much may be on its way to whoever looks before the server is read on, bytes.
pub const WINDOW: u64 = 512 << 10;
/// How much may be typed that the server has not taken yet, bytes.
const TYPED: usize = 1 << 20;
/// The longest piece that is given to a browser, bytes.
pub const FRAME: usize = 64 << 10;

/// Why a terminal ended, in kinds that browsers tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// The person is not signed in any more (A07, A08).
    SignedOut,
    /// The process that held it is going away (R06).
    GoingAway,
    /// Anything else: the sentence says what.
    Other,
}

/// How a terminal ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct End {
    /// In which way.
    pub ending: Ending,
    /// In a sentence.
    pub why: Message,
}

impl End {
    /// Of a kind, for a reason.
    pub fn new(ending: Ending, why: Message) -> Self {
        Self { ending, why }
    }
}

/// One open terminal.
pub struct Live {
    /// Its row.
    pub id: TerminalId,
    /// The server's name.
    pub server: String,
    /// The user on the server.
    pub run_as: String,
    inside: Mutex<Inside>,
    input: mpsc::UnboundedSender<Input>,
    /// How much of it waits, bytes.
    waiting: Arc<AtomicUsize>,
    /// Told when something is shown.
    shown: watch::Sender<u64>,
    /// Told when somebody comes, goes, or takes something.
    moved: watch::Sender<u64>,
    asked: watch::Sender<Option<End>>,
    over: watch::Sender<Option<End>>,
    clock: Clock,
    /// When somebody typed last, microseconds.
    typed_at: AtomicI64,
    typed_lately: AtomicBool,
}

struct Inside {
    ring: Ring,
    /// Who looks: a number that grows, and how much they have taken.
    looking: Option<(u64, u64)>,
    looks: u64,
    size: Size,
}

enum Input {
    Typed(Bytes),
    Resized(Size),
}

impl Live {
    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Begins to look, from what is behind `known` on; who looked before does not any more.
    pub fn look(self: &Arc<Self>, known: u64) -> Look {
        let (number, place, end, size) = {
            let mut inside = self.inside();
            inside.looks += 1;
            let (number, place) = (inside.looks, inside.ring.place(known));
            inside.looking = Some((number, place));
            (number, place, inside.ring.end(), inside.size)
        };
        self.moved.send_modify(|count| *count += 1);
        self.shown.send_modify(|_| ());
        if place > known {
            // Part of it is missing: what fills the window is asked to draw itself anew.
            let smaller = Size::new(size.columns, size.rows.saturating_sub(1));
            for size in [smaller, size] {
                drop(self.input.send(Input::Resized(size)));
            }
        }
        Look { live: Arc::clone(self), number, place, old_until: end, begins: place }
    }

    /// Types, as fast as the server takes it; false where so much waits already that this is left out. It never waits itself:
    /// whoever waited here could not say that they took what is shown, for which the server may be waiting.
    pub fn type_in(&self, bytes: Bytes) -> bool {
        self.typed_at.store(self.clock.now().timestamp_micros(), Ordering::Relaxed);
        self.typed_lately.store(true, Ordering::Relaxed);
        if self.waiting.load(Ordering::Relaxed) + bytes.len() > TYPED {
            return false;
        }
        self.waiting.fetch_add(bytes.len(), Ordering::Relaxed);
        self.input.send(Input::Typed(bytes)).is_ok()
    }

    /// The window has another size now.
    pub fn resize(&self, size: Size) {
        let before = std::mem::replace(&mut self.inside().size, size);
        if before != size {
            drop(self.input.send(Input::Resized(size)));
        }
    }

    /// Asks for its end; the first reason counts.
    pub fn end(&self, end: End) {
        self.asked.send_if_modified(|asked| {
            let is_first = asked.is_none();
            asked.get_or_insert(end);
            is_first
        });
    }

    /// Waits for its end, and says how it was.
    pub async fn over(&self) -> End {
        let mut over = self.over.subscribe();
        let end = over.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        end.unwrap_or_else(|| End::new(Ending::Other, Message::new("The terminal was closed")))
    }

    /// How much it has shown, bytes.
    pub fn shown_bytes(&self) -> u64 {
        self.inside().ring.end()
    }

    /// How long nobody has typed.
    pub(super) fn idle(&self) -> chrono::TimeDelta {
        let typed = chrono::DateTime::from_timestamp_micros(self.typed_at.load(Ordering::Relaxed));
        self.clock.now() - typed.unwrap_or_default()
    }

    /// Whether somebody typed since this was last asked.
    pub(super) fn was_typed_in(&self) -> bool {
        self.typed_lately.swap(false, Ordering::Relaxed)
    }

    /// Waits until whoever looks has taken enough to be given more.
    async fn room(&self) {
        let mut moved = self.moved.subscribe();
        loop {
            {
                let inside = self.inside();
                match inside.looking {
                    Some((_, taken)) if inside.ring.end().saturating_sub(taken) >= WINDOW => {}
                    _ => return,
                }
            }
            if moved.changed().await.is_err() {
                return;
            }
        }
    }

    fn show(&self, bytes: Bytes) {
        let end = {
            let mut inside = self.inside();
            inside.ring.push(bytes);
            inside.ring.end()
        };
        self.shown.send_replace(end);
    }
}
