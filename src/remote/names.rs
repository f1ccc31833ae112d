//! Names → addresses, by the operating system's own resolver, which cannot be given up on (H06).
//!
//! While a name server is silent, each lookup holds its thread for half a minute, however soon its asker has left. So
//! lookups have threads of their own, and not too many: nothing else waits behind them. And names wait for turns among their
//! like: those that hung the last time do not stand in the way of those that answered, nor do those that are new.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

/// Lookups at the same time of names that were answered the last time.
const QUICK: usize = 96;
/// Lookups at the same time of names that nobody asked for yet.
const NEW: usize = 64;
/// Lookups at the same time of names that hung the last time.
const SLOW: usize = 32;
/// The stack of a thread that looks a name up, bytes; resolvers keep packets there.
pub(crate) const STACK: usize = 512 << 10;
/// Names whose last time is remembered, at most.
const REMEMBERED: usize = 10_000;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unresolved {
    /// There is none, or the resolver failed.
    Unknown,
    /// It did not come in time.
    TimedOut,
}

/// Looks names up.
#[derive(Debug)]
pub(crate) struct Names {
    quick: Arc<Semaphore>,
    new: Arc<Semaphore>,
    slow: Arc<Semaphore>,
    /// Whether a name was answered in time when it was asked for last.
    last_times: Mutex<HashMap<String, bool>>,
    look_up: LookUp,
}

/// Name and port → addresses; takes as long as it takes.
type LookUp = fn(&str, u16) -> io::Result<Vec<SocketAddr>>;

impl Default for Names {
    fn default() -> Self {
        Self::new([QUICK, NEW, SLOW], |name, port| Ok((name, port).to_socket_addrs()?.collect()))
    }
}

impl Names {
    fn new(turns: [usize; 3], look_up: LookUp) -> Self {
        let [quick, new, slow] = turns.map(|turns| Arc::new(Semaphore::new(turns)));
        Self { quick, new, slow, last_times: Mutex::default(), look_up }
    }

    /// The addresses of `name`, within `limit`.
    pub(crate) async fn resolve(&self, name: &str, port: u16, limit: Duration) -> Result<Vec<SocketAddr>, Unresolved> {
        let until = Instant::now() + limit;
        let lane = match self.last_times().get(name) {
            Some(true) => &self.quick,
            None => &self.new,
            Some(false) => &self.slow,
        };
        let Ok(Ok(turn)) = timeout_at(until, Arc::clone(lane).acquire_owned()).await else {
            return Err(Unresolved::TimedOut);
        };
        let answer = self.start(name, port, turn).map_err(|_no_thread| Unresolved::Unknown)?;
        let Ok(answer) = timeout_at(until, answer).await else {
            self.remember(name, false);
            return Err(Unresolved::TimedOut);
        };
        self.remember(name, true);
        answer.ok().and_then(Result::ok).ok_or(Unresolved::Unknown)
    }

    /// Begins to look up; the thread keeps its turn until it is done, also when nobody waits any more.
    fn start(
        &self,
        name: &str,
        port: u16,
        turn: OwnedSemaphorePermit,
    ) -> io::Result<oneshot::Receiver<io::Result<Vec<SocketAddr>>>> {
        let (give, take) = oneshot::channel();
        let (name, look_up) = (name.to_owned(), self.look_up);
        thread::Builder::new().name("name".to_owned()).stack_size(STACK).spawn(move || {
            // Nobody may wait any more.
            drop(give.send(look_up(&name, port)));
            drop(turn);
        })?;
        Ok(take)
    }

    fn remember(&self, name: &str, in_time: bool) {
        let mut known = self.last_times();
        if known.len() >= REMEMBERED && !known.contains_key(name) {
            known.clear(); // names come from our own table of servers, and seldom from a form: this is a guard
        }
        known.insert(name.to_owned(), in_time);
    }

    fn last_times(&self) -> MutexGuard<'_, HashMap<String, bool>> {
        self.last_times.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, LazyLock};

    use futures_util::future::join_all;

    use super::*;

    /// Names that begin with "hung" are answered once the gate is open.
    static GATE: LazyLock<(Mutex<bool>, Condvar)> = LazyLock::new(Default::default);

    fn look_up(name: &str, port: u16) -> io::Result<Vec<SocketAddr>> {
        if name.starts_with("hung") {
            let (open, opened) = &*GATE;
            drop(opened.wait_while(open.lock().unwrap(), |open| !*open).unwrap());
        }
        if name == "nobody" {
            return Err(io::Error::other("no such name"));
        }
        Ok(vec![SocketAddr::from(([127, 0, 0, 1], port))])
    }

    #[tokio::test]
    async fn sec_h06_names_that_hang_wait_for_each_other_and_leave_room_for_those_that_answer() {
        let (names, limit) = (Names::new([1, 3, 1], look_up), Duration::from_millis(200));
        assert!(matches!(names.resolve("nobody", 22, limit).await, Err(Unresolved::Unknown)));
        let here = [SocketAddr::from(([127, 0, 0, 1], 22))];
        assert_eq!(names.resolve("web-1", 22, limit).await.unwrap(), here);
        // Each is known to hang after its first try, and keeps the thread of that try.
        let hang = ["hung-0", "hung-1", "hung-2"].repeat(300);
        let first = join_all(hang.iter().take(3).map(|name| names.resolve(name, 22, limit))).await;
        assert!(first.iter().all(|outcome| matches!(outcome, Err(Unresolved::TimedOut))), "{first:?}");
        let (again, quick) = tokio::join!(
            join_all(hang.iter().map(|name| names.resolve(name, 22, limit))),
            names.resolve("web-1", 22, limit)
        );
        assert!(again.iter().all(|outcome| matches!(outcome, Err(Unresolved::TimedOut))));
        assert_eq!(quick.unwrap(), here, "it was answered before, so it waits behind none of them");
        let left = [&names.quick, &names.new, &names.slow].map(|turns| turns.available_permits());
        assert_eq!(left, [1, 0, 0]);

        // The name server is back.
        *GATE.0.lock().unwrap() = true;
        GATE.1.notify_all();
        let found = names.resolve("hung-0", 22, Duration::from_secs(10)).await;
        assert_eq!(found.unwrap().len(), 1);
        assert_eq!(names.last_times().get("hung-0"), Some(&true), "it is quick again");
    }
}
