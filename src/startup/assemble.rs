//! From settings to a running application: database, keys, connections, workers. Stops them in the opposite order.

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::demo::{self, Demo};
use super::instance::ThisInstance;
use super::{ProcessRole, ServeOptions};
use crate::app::App;
use crate::checks::Runner;
use crate::clock::Clock;
use crate::config::Config;
use crate::db::private_server::{self, Durability, PrivateServer};
use crate::db::roles::APPLICATION_ROLE;
use crate::db::{Db, migrate};
use crate::error::{Error, Result};
use crate::executions::{FanOuts, RunFanOut};
use crate::guarded_changes::Keeper;
use crate::installations::artifact_store::ArtifactStore;
use crate::installations::ask::RunExecution;
use crate::installations::run::Runs;
use crate::ip_lookup::{Databases, Lookups};
use crate::jobs::{self, Work};
use crate::logins;
use crate::metrics::directories::Measurements;
use crate::metrics::live::Live;
use crate::metrics::mirror::Mirror;
use crate::metrics::presence::Presence;
use crate::metrics::sampler::{Pace, Sampler};
use crate::metrics::store::Store;
use crate::metrics::telling::Telling;
use crate::models::audit::kept_heads::KeptHeads;
use crate::models::data_keys::DataKey;
use crate::models::instances::Instance;
use crate::models::password::PasswordHasher;
use crate::outbound::Outbound;
use crate::power::ask::WatchPower;
use crate::power::watch::Watching;
use crate::queue::{self, Workers};
use crate::remote::Pool;
use crate::remote::hosts::Hosts;
use crate::scenarios::{RunScenarios, Scenarios, TryDeliveries};
use crate::secret::SecretText;
use crate::services::Counting;
use crate::terminals::Terminals;

/// How long a page waits for one piece of work of the database: with what it does before, under five seconds (R04).
const PAGE_PATIENCE: Duration = Duration::from_secs(4);

/// Everything that runs beside the web server.
pub struct Assembly {
    /// What the edges share.
    pub app: App,
    stop: CancellationToken,
    workers: Vec<JoinHandle<()>>,
    demo: Option<Demo>,
    instance: ThisInstance,
    // Last: everything else talks to it until its own end.
    database: Option<PrivateServer>,
}

/// Where the database is, for whom.
struct Addresses {
    owner: SecretText,
    application: SecretText,
    /// The role that must not rewrite the audit log; none where one role does everything.
    application_role: Option<&'static str>,
}

impl Assembly {
    /// Starts what `options` ask for; the first thing that fails says why.
    pub async fn build(config: Config, options: ServeOptions) -> Result<Self> {
        let (database, addresses) = tokio::task::spawn_blocking({
            let config = config.clone();
            move || database(&config)
        })
        .await
        .map_err(Error::internal)??;
        queue::set_up(&addresses.owner, addresses.application_role).await?;
        let app = app(config, &addresses.application).await?;
        app.artifacts.tidy().map_err(Error::internal)?;
        let demo =
            if options.demo && options.role != ProcessRole::Work { Some(demo::start(&app).await?) } else { None };
        let stop = CancellationToken::new();
        let instance = ThisInstance::new(options.role, &app.config.data_dir)?;
        let gone = instance.gone.clone();
        app.db.run(move |connection| Instance::end(connection, &gone)).await?;
        let presence = Presence::new(app.db.patient(), instance.introduction.clone(), app.config.lease);
        let mut workers = vec![follow_commands(&app, &stop)];
        if options.role == ProcessRole::Web {
            workers.push(start_presence(&app, presence.clone(), &stop));
        } else {
            workers.extend(start_sampler(&app, presence.clone(), &stop));
            workers.push(start_jobs(&app, &addresses.application, &stop)?);
            workers.push(start_checks(&app, &stop));
            workers.push(start_logins(&app, &stop));
            workers.push(start_keeper(&app, &stop));
            workers.push(start_counting(&app, &stop));
        }
        if options.role != ProcessRole::Work {
            workers.push(start_mirror(&app, presence, &stop));
        }
        Ok(Self { app, stop, workers, demo, instance, database })
    }

    /// Ends the workers, then the connections, then the database.
    pub async fn stop(self) {
        self.stop.cancel();
        for worker in self.workers {
            if let Err(problem) = worker.await {
                tracing::error!(%problem, "a worker did not end well");
            }
        }
        self.app.terminals.close_all().await;
        self.app.hosts.pool().close_all().await;
        drop(self.demo);
        drop(self.instance);
        if let Some(server) = self.database {
            let stopped = tokio::task::spawn_blocking(move || server.stop()).await;
            if let Err(problem) = stopped {
                tracing::error!(%problem, "the private PostgreSQL could not be stopped");
            }
        }
    }
}

/// The database that the settings name, or a private one; migrated either way.
fn database(config: &Config) -> Result<(Option<PrivateServer>, Addresses)> {
    let (server, addresses) = if let Some(url) = &config.database_url {
        // For the key file; a private server makes the directory itself.
        private_server::make_data_dir(&config.data_dir)?;
        (None, Addresses { owner: url.clone(), application: url.clone(), application_role: None })
    } else {
        let server = PrivateServer::start(&config.data_dir, Durability::Kept)?;
        let (owner, application) = (server.owner_url(), server.application_url());
        (Some(server), Addresses { owner, application, application_role: Some(APPLICATION_ROLE) })
    };
    migrate::migrate(&addresses.owner, addresses.application_role)?;
    Ok((server, addresses))
}

/// The sampler with its store, and what tells others of it. They run on the threads that own the connections to servers.
fn start_sampler(app: &App, presence: Presence, stop: &CancellationToken) -> [JoinHandle<()>; 3] {
    let runtime = app.hosts.pool().runtime();
    let (store, live) = (Store::default(), app.live.clone());
    let telling = Telling::new(presence.clone(), live.clone());
    let (hosts, clock) = (app.hosts.clone(), app.clock.clone());
    let sampler = Sampler::new(hosts, presence, clock, live, store.clone(), Pace::default());
    let (sampling, storing, saying, db) = (stop.clone(), stop.clone(), stop.clone(), app.db.patient());
    [
        runtime.spawn(async move { sampler.run(&sampling).await }),
        runtime.spawn(async move { store.run(&db, &storing).await }),
        runtime.spawn(async move { telling.run(&saying).await }),
    ]
}

/// What shows values that other processes read.
fn start_mirror(app: &App, presence: Presence, stop: &CancellationToken) -> JoinHandle<()> {
    let (mirror, stop) = (Mirror::new(presence, app.live.clone()), stop.clone());
    app.hosts.pool().runtime().spawn(async move { mirror.run(&stop).await })
}

/// The signs of life of a process that samples nothing.
fn start_presence(app: &App, presence: Presence, stop: &CancellationToken) -> JoinHandle<()> {
    let stop = stop.clone();
    app.hosts.pool().runtime().spawn(async move { presence.run(&stop).await })
}

/// The checks of administrators' own.
fn start_checks(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let runner = Runner::new(app.hosts.clone(), app.db.patient(), app.clock.clone());
    let stop = stop.clone();
    app.hosts.pool().runtime().spawn(async move { runner.run(&stop).await })
}

/// Reads who signs in to servers.
fn start_logins(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let reader = logins::Reader { db: app.db.patient(), ..app.logins() };
    let (runner, stop) = (logins::Runner::new(app.hosts.clone(), reader), stop.clone());
    app.hosts.pool().runtime().spawn(async move { runner.run(&stop).await })
}

/// Counts services that have failed.
fn start_counting(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let counting = Counting { db: app.db.patient(), hosts: app.hosts.clone(), clock: app.clock.clone() };
    let stop = stop.clone();
    app.hosts.pool().runtime().spawn(async move { counting.run(&stop).await })
}

/// Looks after changes that nobody kept.
fn start_keeper(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let keeper = Keeper { db: app.db.patient(), hosts: app.hosts.clone(), clock: app.clock.clone() };
    let stop = stop.clone();
    app.hosts.pool().runtime().spawn(async move { keeper.run(&stop).await })
}

/// What administrators add is in use in every process soon after.
fn follow_commands(app: &App, stop: &CancellationToken) -> JoinHandle<()> {
    let (hosts, stop) = (app.hosts.clone(), stop.clone());
    app.hosts.pool().runtime().spawn(async move { hosts.follow_commands(&stop).await })
}

fn start_jobs(app: &App, database: &SecretText, stop: &CancellationToken) -> Result<JoinHandle<()>> {
    let work = Work {
        db: app.db.patient(),
        clock: app.clock.clone(),
        retention: app.config.retention,
        logins_kept: app.config.logins_kept,
        audit_heads: KeptHeads::in_folder(&app.config.data_dir),
        artifacts: app.artifacts.clone(),
        recurring: jobs::ALL,
    };
    let runs = Runs {
        db: app.db.patient(),
        hosts: app.hosts.clone(),
        clock: app.clock.clone(),
        store: app.artifacts.clone(),
        sealer: app.sealer.clone(),
        stop: stop.clone(),
    };
    let watching =
        Watching { db: app.db.patient(), hosts: app.hosts.clone(), clock: app.clock.clone(), stop: stop.clone() };
    let scenarios = Scenarios {
        db: app.db.patient(),
        hosts: app.hosts.clone(),
        outbound: app.outbound.clone(),
        sealer: Arc::clone(&app.sealer),
        config: Arc::clone(&app.config),
        clock: app.clock.clone(),
        stop: stop.clone(),
    };
    let fan_outs =
        FanOuts { db: app.db.patient(), hosts: app.hosts.clone(), clock: app.clock.clone(), stop: stop.clone() };
    let workers = Workers::new(database)?
        .on::<FanOuts, RunFanOut>(fan_outs)
        .on::<Runs, RunExecution>(runs)
        .on::<Watching, WatchPower>(watching)
        .on::<Scenarios, RunScenarios>(scenarios.clone())
        .on::<Scenarios, TryDeliveries>(scenarios);
    let stop = stop.clone();
    Ok(app.hosts.pool().runtime().spawn(async move { jobs::run(workers, work, &stop).await }))
}

/// The application over a migrated database.
pub async fn app(config: Config, database: &SecretText) -> Result<App> {
    let db = Db::connect(database, config.database_connections)?.within(PAGE_PATIENCE);
    let key_path = config.secret_key_path();
    let sealer = db.run(move |connection| DataKey::open_sealer(connection, &key_path)).await?;
    let (sealer, clock) = (Arc::new(sealer), Clock::system());
    let pool = Pool::new(config.remote.clone(), clock.clone()).map_err(Error::internal)?;
    let hosts = Hosts::new(db.clone(), Arc::clone(&sealer), pool, clock.clone(), config.remote.command_timeout);
    hosts.load_commands().await?;
    let artifacts = ArtifactStore::in_folder(&config.data_dir).within(config.uploads);
    let addresses = Databases::open(&config.ip_databases);
    let outbound = Outbound::new(config.outbound.clone())?;
    let lookups = Lookups::new(&outbound, &clock);
    let terminals = Terminals::new(db.patient(), hosts.clone(), Arc::clone(&sealer), clock.clone())?;
    Ok(App {
        terminals,
        artifacts,
        addresses,
        outbound,
        lookups,
        config: Arc::new(config),
        clock,
        db,
        sealer,
        passwords: PasswordHasher::default(),
        hosts,
        live: Live::default(),
        measurements: Measurements::default(),
    })
}
