//! Shells that people have open in their browsers. They live in the process that opened them, whether a browser looks or not,
//! until the shell ends, nobody types for long, somebody ends them, or the right to have them is gone (T01, T05, A08).

pub mod live;
pub mod recording;
mod ring;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use chrono::TimeDelta;
use futures_util::future::BoxFuture;

use crate::clock::Clock;
use crate::db::Db;
use crate::db::types::Address;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::ActorKind;
use crate::models::ids::{ServerId, TerminalId, UserId};
use crate::models::terminals::{Elsewhere, NewTerminal, Terminal};
use crate::remote::host::{Host, OperableHost};
use crate::remote::hosts::Hosts;
use crate::remote::new_token;
use crate::remote::terminal::Size;
use crate::secret::seal::Sealer;

pub use live::{End, Ending, Live};

/// Terminals that one person has open at the same time, in all processes.
pub const MOST_OF_ONE: usize = 5;
/// Terminals that are open on one server, in all processes.
pub const MOST_ON_ONE: usize = 10;
/// Terminals that this process holds.
pub const MOST: usize = 50;
/// How long ago the last sign of life of what another process holds may be.
const SEEN: TimeDelta = TimeDelta::minutes(1);

/// The person behind a terminal, asked again and again while it is open.
#[derive(Clone)]
pub struct Keeper {
    /// The server, for them as they are now: an error where they are nobody any more, or may not know of it.
    pub host: Arc<dyn Fn() -> BoxFuture<'static, Result<Host>> + Send + Sync>,
    /// They typed: their session goes on (A07).
    pub typed: Arc<dyn Fn() -> BoxFuture<'static, ()> + Send + Sync>,
}

/// The terminals of this process; clones share them.
#[derive(Clone)]
pub struct Terminals(Arc<Inner>);

struct Inner {
    db: Db,
    hosts: Hosts,
    sealer: Arc<Sealer>,
    clock: Clock,
    /// A random word of this process.
    holder: String,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    live: BTreeMap<TerminalId, Arc<Live>>,
    /// Places that are taken: of terminals, and of those that are being opened.
    places: BTreeMap<(UserId, ServerId), usize>,
}

/// All places are taken: so many.
enum Full {
    /// Of one person.
    OfOne(usize),
    /// On one server.
    OnOne(usize),
    /// In this process.
    InAll(usize),
}

/// A place among those that there may be; given back when it is dropped.
struct Place {
    inner: Arc<Inner>,
    of: (UserId, ServerId),
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut all = self.inner.all();
        if let Some(count) = all.places.get_mut(&self.of) {
            *count -= 1;
        }
        all.places.retain(|_, count| *count > 0);
    }
}

impl Inner {
    fn all(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Terminals {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Terminals").field("live", &self.0.all().live.len()).finish()
    }
}

impl Terminals {
    /// None yet.
    pub fn new(db: Db, hosts: Hosts, sealer: Arc<Sealer>, clock: Clock) -> Result<Self> {
        let holder = new_token()?;
        Ok(Self(Arc::new(Inner { db, hosts, sealer, clock, holder, all: Mutex::default() })))
    }

    /// Opens one for a person, who is asked for by `keeper` as long as it is open.
    pub async fn open(&self, host: &OperableHost, keeper: Keeper, size: Size) -> Result<Arc<Live>> {
        let ActorKind::User(user) = host.actor().kind else {
            return Err(Error::Forbidden(Message::new("Terminals are for people who are signed in")));
        };
        let server = host.server().id;
        let (holder, since) = (self.0.holder.clone(), self.0.clock.now() - SEEN);
        let elsewhere = self.0.db.run(move |connection| {
            Ok::<_, Error>(Terminal::held_elsewhere(connection, &holder, (user, server), since)?)
        });
        let place = match self.place((user, server), elsewhere.await?) {
            Ok(place) => place,
            Err(full) => return Err(self.refusal(user, full).await),
        };
        let opened = host.open_terminal(size).await?;
        let (inner, now) = (Arc::clone(&self.0), self.0.clock.now());
        let row = NewTerminal {
            server_id: server,
            user_id: user,
            actor: host.actor().name.clone(),
            address: host.actor().address.map(|address| Address(address.to_canonical())),
            run_as: opened.run_as.clone(),
            holder: inner.holder.clone(),
            begun_at: now,
            seen_at: now,
        };
        // Not written, it is closed again by being dropped.
        let row = inner.db.run(move |connection| row.insert(connection)).await?;
        let live = live::start(&self.0, (host.name(), row), opened, keeper, place, size);
        Ok(live)
    }

    fn place(&self, of: (UserId, ServerId), elsewhere: Elsewhere) -> Result<Place, Full> {
        let mut all = self.0.all();
        let count = |which: &dyn Fn(&(UserId, ServerId)) -> bool| -> usize {
            all.places.iter().filter(|(one, _)| which(one)).map(|(_, count)| count).sum()
        };
        let own = count(&|one| one.0 == of.0) + elsewhere.of_person;
        let there = count(&|one| one.1 == of.1) + elsewhere.on_server;
        let every = count(&|_| true);
        if own >= MOST_OF_ONE {
            return Err(Full::OfOne(own));
        }
        if there >= MOST_ON_ONE {
            return Err(Full::OnOne(there));
        }
        if every >= MOST {
            return Err(Full::InAll(every));
        }
        *all.places.entry(of).or_default() += 1;
        drop(all);
        Ok(Place { inner: Arc::clone(&self.0), of })
    }

    /// Why there is no place, and what helps: of one's own it is said where they are.
    async fn refusal(&self, user: UserId, full: Full) -> Error {
        let (count, sentence) = match full {
            Full::OfOne(count) => {
                let servers = self.0.db.run(move |connection| Ok::<_, Error>(Terminal::servers_of(connection, user)?));
                let servers = match servers.await {
                    Ok(names) => names.join(", "),
                    Err(error) => return error,
                };
                let sentence = "You have {count} terminals open, and no more at once: end one of them first. They are on {servers}";
                return Error::Conflict(Message::new(sentence).with("count", count).with("servers", servers));
            }
            Full::OnOne(count) => {
                (count, "{count} terminals are open on this server, and no more at once: wait until one is closed")
            }
            Full::InAll(count) => (count, "{count} terminals are open, and no more at once: wait until one is closed"),
        };
        Error::Conflict(Message::new(sentence).with("count", count))
    }

    /// The terminal of an id, if this process holds it.
    pub fn find(&self, id: TerminalId) -> Option<Arc<Live>> {
        self.0.all().live.get(&id).cloned()
    }

    /// Whether this process holds what a row tells of.
    pub fn holds(&self, holder: &str) -> bool {
        self.0.holder == holder
    }

    /// Ends all of them: this process is about to end.
    pub async fn close_all(&self) {
        let all: Vec<Arc<Live>> = self.0.all().live.values().cloned().collect();
        for live in &all {
            live.end(End::new(Ending::GoingAway, Message::new("hannun is being restarted")));
        }
        for live in all {
            live.over().await;
        }
    }
}
