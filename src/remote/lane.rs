//! What belongs to one server: its kept connection, those of what takes long, and how often it failed. Connects nothing
//! itself.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::future::{BoxFuture, Shared};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout_at};

use super::breaker::Breaker;
use super::connection::Connection;
use super::pool::lock;
use crate::error::RemoteError;

/// Transfers, files that are followed and commands of people's own, at the same time on one server.
pub(super) const FLOWS: usize = 12;
/// Terminals at the same time on one server. They are counted apart: they last, and must hold up nobody.
pub(super) const TERMINALS: usize = 10;

/// A place for one connection.
pub(super) type Place = Arc<Mutex<State>>;

/// What belongs to one server.
pub(super) struct Lane {
    /// The kept one: commands and the sampler.
    pub(super) kept: Place,
    /// Those of transfers and the like.
    pub(super) flows: Arc<Places>,
    /// Those of terminals.
    pub(super) terminals: Arc<Places>,
    pub(super) breaker: Mutex<Breaker>,
}

/// Places that are opened on demand: who reads slowly on one holds up nobody on another, for it is TCP that waits.
pub(super) struct Places {
    all: Mutex<Vec<Place>>,
    /// Those that nobody has; the one that was given back last is taken first, for it is open.
    free: Mutex<Vec<Place>>,
    turns: Arc<Semaphore>,
}

pub(super) type Opening = Shared<BoxFuture<'static, Result<Arc<Connection>, RemoteError>>>;

#[derive(Default)]
pub(super) enum State {
    #[default]
    Empty,
    Opening(String, Opening),
    Open(Arc<Connection>),
}

/// The place of one transfer or terminal, for as long as it lasts.
pub(super) struct OwnPlace {
    pub(super) place: Place,
    places: Arc<Places>,
    _turn: OwnedSemaphorePermit,
}

impl Drop for OwnPlace {
    fn drop(&mut self) {
        lock(&self.places.free).push(Arc::clone(&self.place));
    }
}

impl Places {
    fn new(count: usize) -> Arc<Self> {
        let (all, free) = (Mutex::default(), Mutex::default());
        Arc::new(Self { all, free, turns: Arc::new(Semaphore::new(count)) })
    }

    /// A place that nobody else has, as soon as there is one; none by then.
    pub(super) async fn take(self: Arc<Self>, until: Instant) -> Option<OwnPlace> {
        let turn = timeout_at(until, Arc::clone(&self.turns).acquire_owned()).await.ok()?.ok()?;
        let free = lock(&self.free).pop();
        let place = free.unwrap_or_else(|| {
            let place = Place::default();
            lock(&self.all).push(Arc::clone(&place));
            place
        });
        Some(OwnPlace { place, places: self, _turn: turn })
    }
}

impl Default for Lane {
    fn default() -> Self {
        Self {
            kept: Place::default(),
            flows: Places::new(FLOWS),
            terminals: Places::new(TERMINALS),
            breaker: Mutex::default(),
        }
    }
}

impl Lane {
    /// Keeps a connection that a test made, where none is kept yet.
    pub(super) fn adopt(&self, connection: &Arc<Connection>) -> bool {
        let mut state = lock(&self.kept);
        let is_free = matches!(&*state, State::Empty);
        if is_free {
            *state = State::Open(Arc::clone(connection));
        }
        is_free
    }

    /// Says of all connections that they are not worth keeping once their users are gone.
    pub(super) fn release(&self) {
        for place in self.places() {
            if let State::Open(connection) = &*lock(&place) {
                connection.release();
            }
        }
    }

    /// Takes out all connections, to be closed.
    pub(super) fn take(&self) -> Vec<Arc<Connection>> {
        self.take_if(|_| true)
    }

    /// Takes out what is closed, released, or was used by nobody for `idle`.
    pub(super) fn take_idle(&self, idle: Duration) -> Vec<Arc<Connection>> {
        self.take_if(|connection| {
            connection.is_closed()
                || connection.is_released()
                || connection.idle().is_some_and(|for_long| for_long >= idle)
        })
    }

    fn take_if(&self, is_over: impl Fn(&Connection) -> bool) -> Vec<Arc<Connection>> {
        let take = |place: Place| {
            let mut state = lock(&place);
            match std::mem::take(&mut *state) {
                State::Open(connection) if is_over(&connection) => Some(connection),
                other => {
                    *state = other;
                    None
                }
            }
        };
        self.places().into_iter().filter_map(take).collect()
    }

    fn places(&self) -> Vec<Place> {
        let (flows, terminals) = (lock(&self.flows.all), lock(&self.terminals.all));
        std::iter::once(&self.kept).chain(&*flows).chain(&*terminals).cloned().collect()
    }
}

/// Keeps a new connection at its place, unless the server was changed or forgotten meanwhile; gives back the one that is not
/// kept.
pub(super) fn settle(
    place: &Place,
    identity: &str,
    outcome: &Result<Arc<Connection>, RemoteError>,
) -> Option<Arc<Connection>> {
    let mut state = lock(place);
    let is_ours = matches!(&*state, State::Opening(wanted, _) if wanted == identity);
    match outcome {
        Ok(connection) if is_ours => *state = State::Open(Arc::clone(connection)),
        Ok(connection) => return Some(Arc::clone(connection)),
        Err(_) if is_ours => *state = State::Empty,
        Err(_) => {}
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn each_flow_has_a_place_of_its_own_and_gives_it_back() {
        let lane = Lane::default();
        let soon = || Instant::now() + Duration::from_millis(20);
        let mut taken = Vec::new();
        for _ in 0..FLOWS {
            taken.push(Arc::clone(&lane.flows).take(soon()).await.unwrap());
        }
        let mut places: Vec<_> = taken.iter().map(|flow| Arc::as_ptr(&flow.place)).collect();
        places.sort_unstable();
        places.dedup();
        assert_eq!(places.len(), FLOWS);
        assert!(Arc::clone(&lane.flows).take(soon()).await.is_none(), "all are taken");
        assert!(Arc::clone(&lane.terminals).take(soon()).await.is_some(), "terminals have their own");
        let last = taken.pop().unwrap();
        let place = Arc::clone(&last.place);
        drop(last);
        let again = Arc::clone(&lane.flows).take(soon()).await.unwrap();
        assert!(Arc::ptr_eq(&again.place, &place), "the one that may be open still");
    }
}
