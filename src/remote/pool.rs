//! Every connection of this process: one per server, shared by its commands, and one for each transfer that goes on. Bounded,
//! kept for the next one, closed when nobody uses it (decision 1).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

use bytes::Bytes;
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use tokio::runtime::{Builder, Handle, Runtime};
use tokio::sync::oneshot;
use tokio::time::{Instant, sleep, timeout_at};

use super::breaker::chance;
use super::budget::Budget;
use super::channel::ShellChannel;
use super::connect::{Means, Progress, approach, connect, present_key, timed_out};
use super::connection::{Connection, Lease, Use};
use super::credential::OpenKeys;
use super::endpoint::Endpoint;
use super::exec;
use super::host_keys::PresentedKey;
use super::lane::{self, Lane, Opening, OwnPlace, Place, State};
use super::names::Names;
use super::pipe::Pipe;
use super::request::{Answer, Request};
use super::ticker::Ticker;
use super::turns::{Purpose, Turns};
use chrono::{DateTime, Utc};

use crate::clock::Clock;
use crate::config::RemoteConfig;
use crate::error::{RemoteError, Stage};
use crate::language::Message;
use crate::models::ids::ServerId;

/// Threads of the runtime that owns the connections; a hundred servers at a tick a second use a hundredth of one.
const THREADS: usize = 2;
/// After connections were lost, the next try of each waits up to this long, so that a fleet does not come back at once.
const JITTER: Duration = Duration::from_millis(500);

/// The connections of this process. Clones share them.
#[derive(Clone)]
pub struct Pool(Arc<Inner>);

pub(super) struct Inner {
    pub(super) config: RemoteConfig,
    pub(super) budget: Budget,
    pub(super) keys: OpenKeys,
    pub(super) names: Names,
    clock: Clock,
    lanes: Mutex<HashMap<ServerId, Arc<Lane>>>,
    turns: Turns,
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Pool {
    /// A pool with threads of its own: web workers have one thread each and must not own connections.
    pub fn new(config: RemoteConfig, clock: Clock) -> std::io::Result<Self> {
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("remote").enable_all().build()?;
        let inner = Arc::new(Inner {
            budget: Budget::new(),
            keys: OpenKeys::default(),
            names: Names::default(),
            clock,
            lanes: Mutex::default(),
            turns: Turns::new(config.connecting),
            handle: runtime.handle().clone(),
            runtime: Some(runtime),
            config,
        });
        inner.handle.spawn(tidy(Arc::downgrade(&inner), inner.config.idle));
        Ok(Self(inner))
    }

    /// The threads that own the connections; who ticks often runs there, beside them.
    pub fn runtime(&self) -> &Handle {
        &self.0.handle
    }

    /// Runs one script on a server. The command is stopped when its time is up, and when nobody waits for it any more.
    pub async fn run(&self, endpoint: &Endpoint, request: Request) -> Result<Answer, RemoteError> {
        let cut_off = RemoteError::CutOff { server: endpoint.name.clone(), command: request.command.clone() };
        let (mut caller, answer) = oneshot::channel();
        let (pool, endpoint, began) = (self.clone(), endpoint.clone(), Instant::now());
        // A task of its own: stopping a command takes time that a caller who left does not have.
        self.0.handle.spawn(async move {
            let outcome = pool.run_here(&endpoint, request, began, &mut caller).await;
            // Nobody waits: then nobody hears.
            drop(caller.send(outcome));
        });
        answer.await.unwrap_or(Err(cut_off))
    }

    async fn run_here(
        &self,
        endpoint: &Endpoint,
        mut request: Request,
        began: Instant,
        caller: &mut oneshot::Sender<Result<Answer, RemoteError>>,
    ) -> Result<Answer, RemoteError> {
        let until = began + request.deadline;
        let script = Bytes::from(std::mem::take(&mut request.stdin));
        let channel = self.shell(endpoint, Purpose::Asking, Use::Command, script, until).await?;
        exec::run(channel, endpoint, request, &self.0.config, &self.0.budget, began, caller).await
    }

    /// Starts the sampler loop of a server; `request.deadline` is the time until the loop must be ready.
    pub async fn ticker(&self, endpoint: &Endpoint, mut request: Request) -> Result<Ticker, RemoteError> {
        let cut_off = RemoteError::CutOff { server: endpoint.name.clone(), command: request.command.clone() };
        let (pool, endpoint) = (self.clone(), endpoint.clone());
        let starting = self.0.handle.spawn(async move {
            let until = Instant::now() + request.deadline;
            let script = Bytes::from(std::mem::take(&mut request.stdin));
            let channel = pool.shell(&endpoint, Purpose::Watching, Use::Sampler, script, until).await?;
            Ticker::start(channel, request, until, &pool.0.budget, pool.0.handle.clone()).await
        });
        starting.await.unwrap_or(Err(cut_off))
    }

    /// Starts a script whose output is taken as it comes; `request.deadline` is the time until it must be ready. Where it
    /// `takes_input`, its input stays open. `silence` is how long it may do nothing while somebody waits for it.
    pub async fn pipe(
        &self,
        endpoint: &Endpoint,
        mut request: Request,
        takes_input: bool,
        silence: Option<Duration>,
    ) -> Result<Pipe, RemoteError> {
        let cut_off = RemoteError::CutOff { server: endpoint.name.clone(), command: request.command.clone() };
        let (pool, endpoint) = (self.clone(), endpoint.clone());
        let starting = self.0.handle.spawn(async move {
            let until = Instant::now() + request.deadline;
            let script = Bytes::from(std::mem::take(&mut request.stdin));
            let what = if request.shares_connection { Use::Command } else { Use::Flow };
            let channel = pool.shell(&endpoint, Purpose::Asking, what, script, until).await?;
            let password = endpoint.sudo_password.filter(|_| request.may_ask_password);
            let stderr = pool.0.budget.buffer(pool.0.config.error_limit);
            let pipe = Pipe::new(channel, pool.0.handle.clone(), request, password, stderr);
            pipe.start(until, takes_input, silence).await
        });
        starting.await.unwrap_or(Err(cut_off))
    }

    /// The host key that a server presents now; hangs up before any authentication (H01).
    pub async fn present_key(&self, endpoint: &Endpoint) -> Result<PresentedKey, RemoteError> {
        let given_up = given_up(endpoint);
        let (pool, endpoint) = (self.clone(), endpoint.clone());
        let asking = self.0.handle.spawn(async move {
            let means = pool.means(&endpoint, Use::Command).await?;
            present_key(&endpoint, means, &mut Progress::new()).await
        });
        asking.await.unwrap_or(Err(given_up))
    }

    /// Closes the connections to a server and forgets its failures: it was switched off, changed or removed.
    pub fn forget(&self, server: ServerId) {
        let lane = lock(&self.0.lanes).remove(&server);
        for connection in lane.iter().flat_map(|lane| lane.take()) {
            self.0.handle.spawn(connection.close());
        }
    }

    /// Closes the connection to a server soon, unless somebody goes on using it: another process samples the server now.
    pub fn release(&self, server: ServerId) {
        if let Some(lane) = lock(&self.0.lanes).get(&server) {
            lane.release();
        }
    }

    /// Lets the next try to reach a server happen at once, also after a refused credential.
    pub fn reset_breaker(&self, server: ServerId) {
        if let Some(lane) = lock(&self.0.lanes).get(&server) {
            lock(&lane.breaker).succeeded();
        }
    }

    /// When the next try is allowed, while we rest after failures.
    pub fn next_try(&self, server: ServerId) -> Option<DateTime<Utc>> {
        let lane = lock(&self.0.lanes).get(&server).cloned()?;
        let rest = lock(&lane.breaker).rests_until();
        rest.filter(|until| *until > self.0.clock.now())
    }

    /// Says goodbye to every server: at the end of the process.
    pub async fn close_all(&self) {
        let lanes: Vec<_> = lock(&self.0.lanes).drain().map(|(_, lane)| lane).collect();
        let closing =
            lanes.iter().flat_map(|lane| lane.take()).map(|connection| self.0.handle.spawn(connection.close()));
        join_all(closing.collect::<Vec<_>>()).await;
    }

    pub(super) fn inner(&self) -> &Inner {
        &self.0
    }

    pub(super) fn lane(&self, server: ServerId) -> Arc<Lane> {
        Arc::clone(lock(&self.0.lanes).entry(server).or_default())
    }

    /// A shell on the connection for such a use, or on a new one where that turns out to be gone: nothing ran yet.
    async fn shell(
        &self,
        endpoint: &Endpoint,
        purpose: Purpose,
        what: Use,
        script: Bytes,
        until: Instant,
    ) -> Result<ShellChannel, RemoteError> {
        let flow = if what == Use::Flow { Some(self.place_for_flow(endpoint, until).await?) } else { None };
        let lease = self.lease_until(endpoint, flow.as_ref(), purpose, until).await?;
        match ShellChannel::start(lease, what, script.clone(), until).await {
            Err(RemoteError::CutOff { .. }) => {
                let lease = self.lease_until(endpoint, flow.as_ref(), purpose, until).await?;
                ShellChannel::start(lease, what, script, until).await
            }
            outcome => outcome,
        }
    }

    async fn place_for_flow(&self, endpoint: &Endpoint, until: Instant) -> Result<Arc<OwnPlace>, RemoteError> {
        let place = Arc::clone(&self.lane(endpoint.id).flows).take(until).await;
        place.map(Arc::new).ok_or_else(|| RemoteError::Busy { server: endpoint.name.clone(), transfers: lane::FLOWS })
    }

    /// A connection that no other use shares, with a place among those of terminals.
    pub(super) async fn lease_for_terminal(&self, endpoint: &Endpoint, until: Instant) -> Result<Lease, RemoteError> {
        let place = Arc::clone(&self.lane(endpoint.id).terminals).take(until).await.map(Arc::new);
        let busy = || RemoteError::Busy { server: endpoint.name.clone(), transfers: lane::TERMINALS };
        self.lease_until(endpoint, Some(&place.ok_or_else(busy)?), Purpose::Asking, until).await
    }

    async fn lease_until(
        &self,
        endpoint: &Endpoint,
        flow: Option<&Arc<OwnPlace>>,
        purpose: Purpose,
        until: Instant,
    ) -> Result<Lease, RemoteError> {
        let began = Instant::now();
        match timeout_at(until, self.lease(endpoint, flow, purpose)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(timed_out(endpoint, Stage::Connect, began.elapsed())),
        }
    }

    /// The kept connection, or the one of a flow; a new one where there is none, or where it belongs to another identity (H03).
    fn lease<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        flow: Option<&'a Arc<OwnPlace>>,
        purpose: Purpose,
    ) -> BoxFuture<'a, Result<Lease, RemoteError>> {
        async move {
            if !endpoint.enabled {
                return Err(RemoteError::Disabled { server: endpoint.name.clone() });
            }
            let lane = self.lane(endpoint.id);
            let (place, what) = match flow {
                Some(flow) => (&flow.place, Use::Flow),
                None => (&lane.kept, Use::Command),
            };
            let opening = {
                let mut state = lock(place);
                match &*state {
                    State::Open(kept) if kept.identity() == endpoint.identity && !kept.is_closed() => {
                        return Ok(Lease::of(Arc::clone(kept), flow.cloned()));
                    }
                    State::Opening(identity, opening) if *identity == endpoint.identity => opening.clone(),
                    State::Empty | State::Open(_) | State::Opening(..) => {
                        lock(&lane.breaker).check(&endpoint.name, &endpoint.identity, self.0.clock.now())?;
                        let lost = matches!(&*state, State::Open(_)) && purpose == Purpose::Watching;
                        let opening = self.open(endpoint, (place, what, purpose), lost, &lane);
                        let before =
                            std::mem::replace(&mut *state, State::Opening(endpoint.identity.clone(), opening.clone()));
                        if let State::Open(old) = before {
                            self.0.handle.spawn(old.close());
                        }
                        opening
                    }
                }
            };
            Ok(Lease::of(opening.await?, flow.cloned()))
        }
        .boxed()
    }

    /// Starts to connect, in a task that goes on when the one who asked first has left: others may wait for it too.
    fn open(
        &self,
        endpoint: &Endpoint,
        (place, what, purpose): (&Place, Use, Purpose),
        lost: bool,
        lane: &Arc<Lane>,
    ) -> Opening {
        let (pool, endpoint, place, lane) = (self.clone(), endpoint.clone(), Arc::clone(place), Arc::clone(lane));
        let given_up = given_up(&endpoint);
        let task = self.0.handle.spawn(async move {
            if lost {
                sleep(JITTER.mul_f64(f64::from(chance()) / 255.0)).await;
            }
            let outcome = pool.connect(&endpoint, (what, purpose), &lane).await.map(Arc::new);
            if let Some(unwanted) = lane::settle(&place, &endpoint.identity, &outcome) {
                pool.0.handle.spawn(unwanted.close());
            }
            outcome
        });
        async move { task.await.unwrap_or(Err(given_up)) }.boxed().shared()
    }

    fn connect<'a>(
        &'a self,
        endpoint: &'a Endpoint,
        (what, purpose): (Use, Purpose),
        lane: &'a Lane,
    ) -> BoxFuture<'a, Result<Connection, RemoteError>> {
        async move {
            // The jump server first: waiting for it inside one's own turn could use up every turn there is.
            let means = self.means(endpoint, what).await?;
            let mut progress = Progress::new();
            let outcome = match approach(endpoint, &means, &mut progress).await {
                Ok(approach) => {
                    let has_failed = lock(&lane.breaker).has_failed();
                    let _turn = self.0.turns.take(purpose, has_failed).await;
                    Box::pin(connect(endpoint, means, approach, &mut progress)).await
                }
                Err(error) => Err(error),
            };
            self.learn(lane, outcome.as_ref().err());
            outcome
        }
        .boxed()
    }

    /// What connecting needs: a connection to the jump server, where there is one. That of a flow is nobody else's either: a slow
    /// reader behind it would hold up all that goes through it.
    pub(super) async fn means(&self, endpoint: &Endpoint, what: Use) -> Result<Means<'_>, RemoteError> {
        if !endpoint.enabled {
            return Err(RemoteError::Disabled { server: endpoint.name.clone() });
        }
        let via = match &endpoint.jump {
            None => None,
            Some(jump) if what == Use::Flow => {
                let lane = self.lane(jump.id);
                lock(&lane.breaker).check(&jump.name, &jump.identity, self.0.clock.now())?;
                let connection = self.connect(jump, (what, Purpose::Asking), &lane).await?;
                Some(Lease::new(Arc::new(connection)))
            }
            Some(jump) => Some(self.lease(jump, None, Purpose::Asking).await?),
        };
        Ok(Means { config: &self.0.config, keys: &self.0.keys, names: &self.0.names, via })
    }

    /// Lets the breaker know how connecting went.
    pub(super) fn learn(&self, lane: &Lane, error: Option<&RemoteError>) {
        match error {
            None => lock(&lane.breaker).succeeded(),
            Some(error) => lock(&lane.breaker).failed(error, self.0.clock.now(), chance()),
        }
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The last pool may be dropped on one of the runtime's own threads, where waiting for them is not allowed.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

/// Closes connections that nobody used for `idle`, and forgets those that are gone.
async fn tidy(pool: Weak<Inner>, idle: Duration) {
    let pause = (idle / 4).clamp(Duration::from_millis(50), Duration::from_secs(15));
    loop {
        sleep(pause).await;
        let Some(pool) = pool.upgrade() else {
            return;
        };
        pool.keys.tidy();
        let lanes: Vec<_> = lock(&pool.lanes).values().cloned().collect();
        for lane in lanes {
            for connection in lane.take_idle(idle) {
                pool.handle.spawn(connection.close());
            }
        }
    }
}

fn given_up(endpoint: &Endpoint) -> RemoteError {
    RemoteError::Unreachable { server: endpoint.name.clone(), why: Message::new("the attempt was given up") }
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
