//! What belongs to one server: its kept connection, a second one for what takes long, and how often it failed. Connects
//! nothing itself.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use futures_util::future::{BoxFuture, Shared};

use super::breaker::Breaker;
use super::connection::{Connection, Use};
use super::pool::lock;
use crate::error::RemoteError;

/// Which of a server's two connections (architecture, decision 1: never more than two).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The kept one: commands and the sampler.
    Kept,
    /// The one that is opened on demand: transfers and what is followed. Who reads slowly there holds up nobody here.
    Second,
}

impl Place {
    /// Where a channel for this belongs.
    pub(super) fn of(what: Use) -> Self {
        match what {
            Use::Command | Use::Sampler | Use::Stopping => Self::Kept,
            Use::Flow => Self::Second,
        }
    }
}

/// What belongs to one server.
#[derive(Default)]
pub(super) struct Lane {
    kept: Mutex<State>,
    second: Mutex<State>,
    pub(super) breaker: Mutex<Breaker>,
}

pub(super) type Opening = Shared<BoxFuture<'static, Result<Arc<Connection>, RemoteError>>>;

#[derive(Default)]
pub(super) enum State {
    #[default]
    Empty,
    Opening(String, Opening),
    Open(Arc<Connection>),
}

impl Lane {
    pub(super) fn state(&self, place: Place) -> MutexGuard<'_, State> {
        lock(match place {
            Place::Kept => &self.kept,
            Place::Second => &self.second,
        })
    }

    /// Keeps a new connection, unless the server was changed or forgotten meanwhile; gives back the one that is not kept.
    pub(super) fn settle(
        &self,
        place: Place,
        identity: &str,
        outcome: &Result<Arc<Connection>, RemoteError>,
    ) -> Option<Arc<Connection>> {
        let mut state = self.state(place);
        let is_ours = matches!(&*state, State::Opening(wanted, _) if wanted == identity);
        match outcome {
            Ok(connection) if is_ours => *state = State::Open(Arc::clone(connection)),
            Ok(connection) => return Some(Arc::clone(connection)),
            Err(_) if is_ours => *state = State::Empty,
            Err(_) => {}
        }
        None
    }

    /// Keeps a connection that a test made, where none is kept yet.
    pub(super) fn adopt(&self, connection: &Arc<Connection>) -> bool {
        let mut state = self.state(Place::Kept);
        let is_free = matches!(&*state, State::Empty);
        if is_free {
            *state = State::Open(Arc::clone(connection));
        }
        is_free
    }

    /// Says of both connections that they are not worth keeping once their users are gone.
    pub(super) fn release(&self) {
        for place in [Place::Kept, Place::Second] {
            if let State::Open(connection) = &*self.state(place) {
                connection.release();
            }
        }
    }

    /// Takes out both connections, to be closed.
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
        let take = |place| {
            let mut state = self.state(place);
            match std::mem::take(&mut *state) {
                State::Open(connection) if is_over(&connection) => Some(connection),
                other => {
                    *state = other;
                    None
                }
            }
        };
        [Place::Kept, Place::Second].into_iter().filter_map(take).collect()
    }
}
