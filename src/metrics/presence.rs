//! This process among those that share the database: its signs of life, who else lives, and which servers are its own.
//!
//! A lease on a server holds as long as its holder lives, so one sign of life renews them all. How long that is, is counted
//! twice: by the database's clock for others, and from before the sign was sent, by our own, for us.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::db::{Connection, Db};
use crate::error::{Error, Result};
use crate::models::ids::{InstanceId, ServerId};
use crate::models::instances::{Instance, NewInstance};

/// Signs of life within one lease.
const SIGNS: u32 = 4;
/// How long the end may wait for the database.
const FAREWELL: Duration = Duration::from_secs(3);
/// Before the next try of a sign that could not be given.
const RETRY: Duration = Duration::from_secs(2);

/// This process among the others; clones share it.
#[derive(Clone)]
pub struct Presence(Arc<Shared>);

struct Shared {
    me: NewInstance,
    lease: Duration,
    db: Db,
    state: Mutex<State>,
    /// Until when we count as living, by our own clock.
    lives_until: watch::Sender<Instant>,
}

struct State {
    /// When the last sign was sent that was received.
    signed: Option<Instant>,
    /// Who else lived when the database was asked last.
    others: Vec<Instance>,
    /// The servers that we sample, with the tokens of their leases.
    held: HashMap<ServerId, i64>,
}

/// What was learnt when the database was asked.
pub(super) struct Met<T> {
    /// Those that live, oldest first, and we among them.
    pub(super) living: Vec<Instance>,
    /// What else was asked.
    pub(super) answer: T,
}

impl Presence {
    /// This process, which shows no sign of life yet; after one it lives for `lease`.
    pub fn new(db: Db, me: NewInstance, lease: Duration) -> Self {
        let state = State { signed: None, others: Vec::new(), held: HashMap::new() };
        let lives_until = watch::Sender::new(Instant::now());
        Self(Arc::new(Shared { me, lease, db, state: Mutex::new(state), lives_until }))
    }

    /// The id that is new at each start of the process.
    pub fn id(&self) -> InstanceId {
        self.0.me.id
    }

    /// The database that is shared.
    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    /// How long the longest pause between two meetings may be.
    pub(super) fn pause(&self) -> Duration {
        self.0.lease / SIGNS
    }

    /// Lives until `stop`, then ends: for a process that samples nothing. One that samples does so in its sampler.
    pub async fn run(&self, stop: &CancellationToken) {
        while !stop.is_cancelled() {
            let pause = match self.meet(|_| Ok(())).await {
                Ok(_) => self.pause(),
                Err(error) => {
                    tracing::debug!(%error, "a sign of life waits for the database");
                    RETRY.min(self.pause())
                }
            };
            drop(tokio::time::timeout(pause, stop.cancelled()).await);
        }
        self.end().await;
    }

    /// Gives a sign of life where one is due, asks who lives, and what else is wanted: on one connection.
    pub(super) async fn meet<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&mut Connection) -> Result<T> + Send + 'static,
    ) -> Result<Met<T>> {
        let (me, lease, begun) = (self.0.me.clone(), self.0.lease, Instant::now());
        let is_due = self.state().signed.is_none_or(|signed| begun - signed >= self.pause());
        let met = self.0.db.run(move |connection| {
            if is_due {
                me.sign(connection, lease)?;
            }
            let mut living = Instance::living(connection)?;
            let is_missing = !living.iter().any(|instance| instance.id == me.id);
            if is_missing {
                me.sign(connection, lease)?;
                living = Instance::living(connection)?;
            }
            Ok::<_, Error>((is_due || is_missing, Met { living, answer: ask(connection)? }))
        });
        let (is_signed, met) = met.await?;
        let mut state = self.state();
        if is_signed {
            state.signed = Some(begun);
        }
        state.others = met.living.iter().filter(|instance| instance.id != self.id()).cloned().collect();
        drop(state);
        Ok(met)
    }

    /// Goes on sampling these servers: what is not ours any more has ended before.
    pub(super) fn go_on(&self, held: HashMap<ServerId, i64>) {
        let mut state = self.state();
        state.held = held;
        let signed = state.signed;
        drop(state);
        if let Some(signed) = signed {
            self.0.lives_until.send_replace(signed + self.0.lease);
        }
    }

    /// The database does not answer. Whoever is alone goes on as long as that lasts: nobody is known who could take over.
    /// Where others sample too, the lease runs out, and with it the sampling. So it does for one that stood still: others
    /// may have come meanwhile.
    pub(super) fn go_on_if_alone(&self) {
        if self.is_living() && !self.others_sample() {
            self.0.lives_until.send_replace(Instant::now() + self.0.lease);
        }
    }

    /// Waits until we count as living; returns at once while we do.
    pub(super) async fn lives(&self) {
        let mut lives_until = self.0.lives_until.subscribe();
        while Instant::now() >= *lives_until.borrow_and_update() {
            if lives_until.changed().await.is_err() {
                // The sender lives as long as we do.
                std::future::pending::<()>().await;
            }
        }
    }

    /// Whether we count as living. A process that was stopped for longer than its lease does not, from its first moment on.
    pub(super) fn is_living(&self) -> bool {
        Instant::now() < *self.0.lives_until.borrow()
    }

    /// The token of our lease on a server; none where we do not sample it.
    pub(super) fn token(&self, server: ServerId) -> Option<i64> {
        self.state().held.get(&server).copied()
    }

    /// The servers that we sample, with their tokens.
    pub(super) fn held(&self) -> HashMap<ServerId, i64> {
        self.state().held.clone()
    }

    /// Whether this process samples.
    pub(super) fn samples(&self) -> bool {
        self.0.me.samples
    }

    /// Whether others sampled when the database was asked last.
    pub(super) fn others_sample(&self) -> bool {
        self.state().others.iter().any(|other| other.samples)
    }

    /// Whether somebody could look at live values through others.
    pub(super) fn others_serve(&self) -> bool {
        self.state().others.iter().any(|other| other.serves)
    }

    /// Ends: others take over at once what we held.
    pub(super) async fn end(&self) {
        let me = self.id();
        self.state().held.clear();
        let db = self.0.db.within(FAREWELL);
        if let Err(error) = db.run(move |connection| Instance::end(connection, &[me])).await {
            tracing::debug!(%error, "others take over once the lease ran out");
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
