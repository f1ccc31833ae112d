//! The queue: the only file that knows apalis, and the rules without which it loses or doubles work.
//!
//! The queue carries names, ids and tokens only. What a job is about, and how it ended, is a row of ours: delivery is at
//! least once, so a job begins by claiming its row, and an entry that comes too late claims nothing.

mod pulse;

use std::panic::AssertUnwindSafe;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use apalis::prelude::{BackendExt, BoxDynError, Data, Monitor, ParallelizeExt, WorkerBuilder, WorkerBuilderExt};
use apalis_postgres::{Config, PgConnectOptions, PgPool, PostgresStorage};
use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio_util::sync::CancellationToken;

use self::pulse::Pulse;
use crate::db::{establish, roles};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::queue_entry::{self, NewQueueEntry};
use crate::secret::SecretText;

/// Connections of the queue's own driver, beside those of [`crate::db::Db`], that fetch and confirm. Each queue keeps one more, which
/// listens: without enough of them nothing is fetched at all.
const CONNECTIONS: u32 = 4;
/// A worker's sign of life. Twelve missed ones free what it held, in a process that died.
const HEARTBEAT: Duration = Duration::from_secs(5);
const MISSED_HEARTBEATS: usize = 12;
/// How long running jobs may take to finish at a stop. Shorter than the time after which their entries count as orphans.
const DRAIN: Duration = Duration::from_secs(25);
/// How long an entry may wait while its worker has room for it and does nothing, before that worker is begun anew. A worker whose
/// database was killed while it asked may wait for an answer for ever, and shows signs of life meanwhile.
const STALLED: Duration = Duration::from_secs(30);

/// Something that can wait in a queue: ids and names, never content.
pub trait Queued: Serialize + DeserializeOwned + Send + 'static {
    /// The queue's name.
    const QUEUE: &'static str;

    /// A second entry with the same key is not made; it carries the claim's token, because finished entries count too.
    fn key(&self) -> String;
}

/// A queued thing that is worked on with `A`.
pub trait Job<A>: Queued {
    /// How many of them run at the same time in one process.
    const CONCURRENCY: usize = 8;

    /// Does the work. Claims first; an error or a panic is logged, and never leads to a repetition by the queue.
    fn perform(self, with: A) -> impl Future<Output = Result<()>> + Send;
}

/// The entry of `job`, to be inserted in the transaction that writes the row it is about.
pub fn entry<J: Queued>(job: &J) -> Result<NewQueueEntry> {
    let (queue, key) = (J::QUEUE, job.key());
    Ok(NewQueueEntry { queue, job: serde_json::to_vec(job).map_err(Error::internal)?, key, priority: 0 })
}

/// Makes or updates the queue's own tables, as the database's owner, and lets `application_role` use them. A role that may
/// not change tables finds them up to date, or is told who can bring them there.
pub async fn set_up(owner: &SecretText, application_role: Option<&str>) -> Result<()> {
    let asked = owner.clone();
    let looked = tokio::task::spawn_blocking(move || {
        let mut connection = establish(&asked)?;
        let may_change = roles::may_change_tables(&mut connection)?;
        Ok::<_, Error>((may_change, queue_entry::tables_version(&mut connection)?))
    });
    let (may_change, version) = looked.await.map_err(Error::internal)??;
    if !may_change {
        let wanted = PostgresStorage::migrations().iter().map(|migration| migration.version).max();
        return if version >= wanted {
            Ok(())
        } else {
            Err(Error::Unavailable(Message::new(
                "The queue's tables are not of this version, and the role of DATABASE_URL may not change them. Run hannun migrate --grant with the DATABASE_URL of the tables' owner",
            )))
        };
    }
    let pool = pool(owner, 1)?;
    let done = PostgresStorage::setup(&pool).await.map_err(|error| unavailable(&error));
    pool.close().await;
    done?;
    let Some(role) = application_role.map(str::to_owned) else { return Ok(()) };
    let owner = owner.clone();
    let granted = tokio::task::spawn_blocking(move || {
        roles::grant_application_role(&mut establish(&owner)?, &role).map_err(Error::from)
    });
    granted.await.map_err(Error::internal)?
}

/// Runs `work`, turning a panic into an error: the process lives on (R07).
pub async fn caught<T>(work: impl Future<Output = Result<T>>) -> Result<T> {
    AssertUnwindSafe(work).catch_unwind().await.unwrap_or_else(|panic| {
        let said = panic.downcast_ref::<&str>().map(|said| (*said).to_owned());
        let said = said.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_default();
        Err(Error::internal(anyhow::anyhow!("it panicked: {said}")))
    })
}

type Handler = Arc<dyn Fn(Value) -> BoxFuture<'static, ()> + Send + Sync>;

/// A queue that is worked on.
struct Queue {
    name: &'static str,
    concurrency: usize,
    handler: Handler,
    pulse: Arc<Pulse>,
}

/// The workers of one process.
pub struct Workers {
    url: SecretText,
    queues: Vec<Queue>,
    /// New at each start: an entry held by a name that came back would look alive for ever.
    name: String,
    stalled: Duration,
}

impl Workers {
    /// Workers on the database at `url`, without any queue yet. Connects later; fails where the address cannot be read.
    pub fn new(url: &SecretText) -> Result<Self> {
        let mut random = [0_u8; 8];
        getrandom::fill(&mut random).map_err(|error| Error::internal(anyhow::anyhow!("no random numbers: {error}")))?;
        let name = format!("{}-{}", std::process::id(), hex::encode(random));
        pool(url, 1)?;
        Ok(Self { url: url.clone(), queues: Vec::new(), name, stalled: STALLED })
    }

    /// A worker that takes nothing is begun anew after so long, instead of half a minute.
    #[must_use]
    pub fn begun_anew_after(self, stalled: Duration) -> Self {
        Self { stalled, ..self }
    }

    /// Also works on `J`, with `with`.
    #[must_use]
    pub fn on<A, J: Job<A>>(mut self, with: A) -> Self
    where
        A: Clone + Send + Sync + 'static,
    {
        let pulse = Arc::new(Pulse::default());
        let beats = Arc::clone(&pulse);
        let handler: Handler = Arc::new(move |job| {
            let (with, beats) = (with.clone(), Arc::clone(&beats));
            async move {
                let _at_work = beats.begin();
                let done = match serde_json::from_value::<J>(job) {
                    Ok(job) => caught(job.perform(with)).await,
                    Err(unreadable) => Err(Error::internal(unreadable)),
                };
                if let Err(error) = done {
                    tracing::error!(queue = J::QUEUE, ?error, "a job failed");
                }
            }
            .boxed()
        });
        self.queues.push(Queue { name: J::QUEUE, concurrency: J::CONCURRENCY, handler, pulse });
        self
    }

    /// Works until `stop`, then lets running jobs finish for a while. Comes back from everything else by itself.
    pub async fn run(self, stop: &CancellationToken) {
        let listening = u32::try_from(self.queues.len()).unwrap_or(u32::MAX);
        let pool = match pool(&self.url, CONNECTIONS.saturating_add(listening)) {
            Ok(pool) => pool,
            // It could be read when these workers were made.
            Err(error) => return tracing::error!(?error, "the workers cannot begin"),
        };
        join_all(self.queues.iter().map(|queue| self.keep(queue, pool.clone(), stop))).await;
        pool.close().await;
    }

    /// Works on one queue until `stop`.
    async fn keep(&self, queue: &Queue, mut connections: PgPool, stop: &CancellationToken) {
        let mut round = 0_u32;
        while !stop.is_cancelled() {
            queue.pulse.beat();
            // What is at work goes on by itself where its worker is left: its row is claimed, and nobody else begins it.
            tokio::select! {
                ended = self.monitor(queue, &connections, round).run_with_signal(stopped(stop)) => if let Err(error) = ended {
                    tracing::warn!(queue = queue.name, %error, "a worker ended; it is begun anew");
                },
                () = self.stalls(queue, stop) => {
                    tracing::warn!(queue = queue.name, "entries wait and their worker takes none; it is begun anew");
                    // Those that it had may never answer either.
                    connections = pool(&self.url, CONNECTIONS).unwrap_or(connections);
                }
            }
            round = round.wrapping_add(1);
            drop(tokio::time::timeout(Duration::from_secs(1), stop.cancelled()).await);
        }
    }

    /// Returns when entries of a queue wait though nothing keeps its worker from taking them.
    async fn stalls(&self, queue: &Queue, stop: &CancellationToken) {
        loop {
            tokio::time::sleep(self.stalled / 3).await;
            if stop.is_cancelled() {
                return std::future::pending().await;
            }
            if queue.pulse.has_room(queue.concurrency)
                && queue.pulse.rests_for() >= self.stalled
                && self.waits(queue.name).await
            {
                return;
            }
        }
    }

    /// Whether an entry has waited for too long. A database that is away is nobody's fault here.
    async fn waits(&self, queue: &'static str) -> bool {
        let (url, seconds) = (self.url.clone(), self.stalled.as_secs_f64());
        let looked = tokio::task::spawn_blocking(move || {
            queue_entry::waits(&mut establish(&url)?, queue, seconds).map_err(Error::from)
        });
        matches!(looked.await, Ok(Ok(true)))
    }

    fn monitor(&self, queue: &Queue, pool: &PgPool, round: u32) -> Monitor {
        let (pool, worker, handler) = (pool.clone(), self.name.clone(), Arc::clone(&queue.handler));
        let (name, concurrency) = (queue.name, queue.concurrency);
        // One entry at a time: while a fetched batch waits for a free place, its worker shows no sign of life, and
        // another one takes the batch.
        let config = Config::default()
            .queue(name)
            .batch_size(1)
            .heartbeat_interval(HEARTBEAT)
            .missed_heartbeats(MISSED_HEARTBEATS);
        Monitor::new()
            .register(move |restart| {
                WorkerBuilder::new(format!("{worker}-{name}-{round}-{restart}"))
                    .backend(
                        PostgresStorage::<Value>::new(&pool)
                            .with_config(config.clone())
                            .with_pubsub()
                            .poll_with_interval(Duration::from_secs(1)),
                    )
                    .data(Arc::clone(&handler))
                    .concurrency(concurrency)
                    .parallelize(tokio::spawn)
                    .build(handle)
            })
            .should_restart(|_, error| {
                tracing::warn!(%error, "a worker lost the queue; it goes on");
                // The callback cannot wait any other way, and without a pause a long outage becomes a busy loop.
                std::thread::sleep(Duration::from_millis(300));
                true
            })
            // Made when the stop begins: a sleep that was made earlier would be over by then.
            .with_terminator(async { tokio::time::sleep(DRAIN).await })
    }
}

/// Always succeeds: the queue would repeat a failure at once, without a pause.
async fn handle(job: Value, handler: Data<Handler>) -> Result<(), BoxDynError> {
    (*handler)(job).await;
    Ok(())
}

async fn stopped(stop: &CancellationToken) -> std::io::Result<()> {
    stop.cancelled().await;
    Ok(())
}

fn pool(url: &SecretText, connections: u32) -> Result<PgPool> {
    // The address is not repeated: it may hold a password (S06).
    let options = PgConnectOptions::from_str(&with_host(url.expose()))
        .map_err(|_holds_the_address| {
            Error::Unavailable(Message::new("DATABASE_URL cannot be read by the queue's driver"))
        })?
        .application_name("hannun queue");
    let defaults = PgPool::connect_lazy_with(options.clone());
    Ok(defaults
        .options()
        .clone()
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(Duration::from_secs(10))
        .connect_lazy_with(options))
}

/// The address with a host in its place: libpq takes `postgres://hannun@/hannun?host=/run/socket`, the queue's driver only
/// with some host before the path, which `?host=` then overrules.
fn with_host(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let (authority, tail) = rest.find(['/', '?']).and_then(|end| rest.split_at_checked(end)).unwrap_or((rest, ""));
    let host = if authority.is_empty() || authority.ends_with('@') { "localhost" } else { "" };
    format!("{scheme}://{authority}{host}{tail}")
}

fn unavailable(error: &apalis_postgres::Error) -> Error {
    Error::internal(anyhow::anyhow!("the queue's tables could not be made: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_address_that_libpq_takes_is_one_for_the_queue() {
        for (url, socket) in [
            ("postgres://hannun@/hannun?host=/run/hannun", Some("/run/hannun")),
            ("postgres:///hannun?host=/run/hannun", Some("/run/hannun")),
            ("postgres://hannun:a%40b@db.lan:5433/hannun?sslmode=disable", None),
            ("postgresql://db.lan/hannun", None),
        ] {
            let pool = pool(&SecretText::new(url.to_owned()), 2).unwrap();
            let options = pool.connect_options();
            assert_eq!(options.get_socket().and_then(|path| path.to_str()), socket, "{url}");
            assert!(socket.is_some() || options.get_host() == "db.lan", "{url}");
        }
    }

    #[tokio::test]
    async fn rel_r07_a_panic_is_an_error_and_keeps_its_words_for_the_log() {
        let error = caught(async { panic!("a fault {}", "point") }).await.map(|(): ()| ()).unwrap_err();
        assert!(format!("{error:?}").contains("a fault point"), "{error:?}");
        assert_eq!(error.to_string(), "Something went wrong on our side");
    }
}
