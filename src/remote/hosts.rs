//! From a name and an actor to a [`Host`]: rows, opened secrets and pinned keys become an [`Endpoint`].

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::{Mutex, watch};

use super::host::Host;
use super::ways::Ways;
use super::{Answer, Endpoint, Pool, Request, new_token};
use crate::clock::Clock;
use crate::commands::Command;
use crate::commands::catalog::Catalog;
use crate::commands::platform::{DetectPlatform, Platform};
use crate::commands::script::{Envelope, Locale, Parameters, Privilege};
use crate::db::Db;
use crate::error::{Error, RemoteError, Result};
use crate::models::actor::Actor;
use crate::models::audit::{Asked, Outcome};
use crate::models::ids::ServerId;
use crate::models::platforms::DetectedPlatform;
use crate::models::servers::Server;
use crate::secret::seal::Sealer;

/// Everything that is needed to reach any server; cheap to clone.
#[derive(Clone)]
pub struct Hosts(Arc<Shared>);

struct Shared {
    db: Db,
    sealer: Arc<Sealer>,
    pool: Pool,
    clock: Clock,
    command_timeout: Duration,
    catalog: watch::Sender<Arc<Catalog>>,
    /// How often it was replaced.
    replaced: AtomicU64,
    /// The version of the stored commands that the catalogue was made of; none before the first look.
    stored_version: Mutex<Option<i64>>,
}

/// A script on its way to a server.
pub struct Script<'a> {
    /// What it is called, for sentences.
    pub(super) name: &'a str,
    /// The constant text.
    pub(super) text: &'a str,
    /// Its values.
    pub(super) parameters: &'a Parameters,
    /// What its lines that ask for root get.
    pub(super) privilege: Privilege,
    /// What it reads from descriptor 3.
    pub(super) feed: Vec<u8>,
    /// Time for everything.
    pub(super) deadline: Duration,
}

impl<'a> Script<'a> {
    /// A script without root and without anything to read.
    pub fn new(name: &'a str, text: &'a str, parameters: &'a Parameters, deadline: Duration) -> Self {
        Self { name, text, parameters, privilege: Privilege::None, feed: Vec::new(), deadline }
    }

    /// Composed for one run alone, which may be a long one.
    pub fn request(self, locale: Locale) -> Result<Request> {
        let token = new_token()?;
        let stdin = self.envelope(&token, locale).compose().map_err(Error::internal)?;
        let mut request = Request::new(self.name, stdin, token, self.deadline);
        request.may_ask_password = self.privilege == Privilege::SudoPassword;
        request.feed = self.feed;
        Ok(request)
    }

    /// How many lines of ours stand before it; a shell that cannot read it counts them too.
    pub(super) fn lines_before(&self, locale: Locale) -> usize {
        self.envelope("token", locale).lines_before().unwrap_or_default()
    }

    fn envelope<'e>(&'e self, token: &'e str, locale: Locale) -> Envelope<'e> {
        Envelope { script: self.text, parameters: self.parameters, token, locale, privilege: self.privilege }
    }
}

impl fmt::Debug for Hosts {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Hosts")
    }
}

impl Hosts {
    /// Reaches servers through `pool`, with the built-in commands until [`Hosts::load_commands`].
    pub fn new(db: Db, sealer: Arc<Sealer>, pool: Pool, clock: Clock, command_timeout: Duration) -> Self {
        let catalog = watch::Sender::new(Arc::new(Catalog::built_in().clone()));
        let (replaced, stored_version) = (AtomicU64::new(0), Mutex::new(None));
        Self(Arc::new(Shared { db, sealer, pool, clock, command_timeout, catalog, replaced, stored_version }))
    }

    /// The server of `name` for `actor`; outside their scope it is not found, like one that does not exist (Z05).
    pub async fn open(&self, actor: Actor, name: String) -> Result<Host> {
        let scope = actor.scope().clone();
        let server = self.0.db.run(move |connection| Server::by_name(connection, &scope, &name)).await?;
        Ok(Host::new(self.clone(), server, actor))
    }

    /// A server that `actor` was already found to be allowed to see.
    pub fn of(&self, actor: Actor, server: Server) -> Host {
        Host::new(self.clone(), server, actor)
    }

    /// Where the server is and who we are there, with its secrets open: for `remote` and the sampler alone.
    pub async fn endpoint(&self, id: ServerId) -> Result<Endpoint> {
        let (sealer, now) = (Arc::clone(&self.0.sealer), self.0.clock.now());
        self.0.db.run(move |connection| Ways::load(connection, &[id])?.endpoint(connection, id, (&sealer, now))).await
    }

    /// Both in one question to the database: what every command begins with.
    pub async fn endpoint_and_platform(&self, id: ServerId) -> Result<(Endpoint, Platform)> {
        let (sealer, now) = (Arc::clone(&self.0.sealer), self.0.clock.now());
        let asked = self.0.db.run(move |connection| {
            let endpoint = Ways::load(connection, &[id])?.endpoint(connection, id, (&sealer, now))?;
            Ok::<_, Error>((endpoint, DetectedPlatform::of(connection, id)?))
        });
        let (endpoint, known) = asked.await?;
        let platform = match known {
            Some(known) => known.into(),
            None => self.detect_platform(id).await?,
        };
        Ok((endpoint, platform))
    }

    /// The platform as it was last detected; asked for now where nobody has yet.
    pub async fn platform(&self, server: &Server) -> Result<Platform> {
        let id = server.id;
        match self.0.db.run(move |connection| DetectedPlatform::of(connection, id)).await? {
            Some(known) => Ok(known.into()),
            None => self.detect_platform(id).await,
        }
    }

    /// The same for a server that is reached in this way and no other.
    pub(super) async fn platform_at(&self, endpoint: &Endpoint) -> Result<Platform> {
        let id = endpoint.id;
        match self.0.db.run(move |connection| DetectedPlatform::of(connection, id)).await? {
            Some(known) => Ok(known.into()),
            None => self.detect_platform_at(endpoint).await,
        }
    }

    /// Asks the server what it runs, which tools it has and what it may do as root, and keeps the answer.
    pub async fn detect_platform(&self, id: ServerId) -> Result<Platform> {
        self.detect_platform_at(&self.endpoint(id).await?).await
    }

    pub(super) async fn detect_platform_at(&self, endpoint: &Endpoint) -> Result<Platform> {
        let chosen = self
            .catalog()
            .choose(DetectPlatform::TYPE, &Platform::default())
            .map_err(|missing| RemoteError::unsupported(&endpoint.name, missing))?;
        let parameters = DetectPlatform.parameters();
        let script = Script::new(&chosen.name, &chosen.script, &parameters, self.0.command_timeout);
        let answer = self.send(endpoint, Locale::Plain, script).await?.success(&endpoint.name, &chosen.name)?;
        let platform = DetectPlatform
            .parse(&chosen.format, &answer.stdout)
            .map_err(|problem| RemoteError::unparsable(&endpoint.name, &chosen.name, problem))?;
        let row = DetectedPlatform::new(endpoint.id, &platform, self.0.clock.now());
        self.0.db.run(move |connection| row.save(connection)).await?;
        // What was allowed before may not be any more; who needs to know next asks anew, if it fails now.
        let lines = self.lines_that_fit(&platform);
        if let Err(problem) = self.ask_rights(endpoint, &platform, &lines).await {
            tracing::debug!(server = endpoint.name, %problem, "it did not say what may be done as root");
        }
        Ok(platform)
    }

    /// The commands that are known now.
    pub fn catalog(&self) -> Arc<Catalog> {
        Arc::clone(&self.0.catalog.borrow())
    }

    /// The commands as they change: for whoever keeps a command running.
    pub fn follow_catalog(&self) -> watch::Receiver<Arc<Catalog>> {
        self.0.catalog.subscribe()
    }

    /// Puts another catalogue in place: an administrator added or removed a command.
    pub fn replace_catalog(&self, catalog: Catalog) {
        self.0.catalog.send_replace(Arc::new(catalog));
        self.0.replaced.fetch_add(1, Ordering::Relaxed);
    }

    /// How often the catalogue was replaced: another number, perhaps other commands.
    pub fn catalog_changes(&self) -> u64 {
        self.0.replaced.load(Ordering::Relaxed)
    }

    pub(super) fn stored_version(&self) -> &Mutex<Option<i64>> {
        &self.0.stored_version
    }

    /// Sends one script, composed for this run alone.
    pub(super) async fn send(&self, endpoint: &Endpoint, locale: Locale, script: Script<'_>) -> Result<Answer> {
        Ok(self.0.pool.run(endpoint, script.request(locale)?).await?)
    }

    /// Writes down how a change ended.
    pub(super) async fn write_outcome(&self, asked: Asked, outcome: Outcome, why: String) {
        let (asked, now) = (asked.detail("why", why), self.clock().now());
        if let Err(problem) = self.db().run(move |connection| asked.ended(connection, outcome, now)).await {
            // "Asked" stands: the reconcile job marks what has no outcome as unknown.
            tracing::error!(%problem, "an outcome could not be written to the audit log");
        }
    }

    /// Sends one script over a connection of its own.
    pub(super) async fn send_anew(&self, endpoint: &Endpoint, locale: Locale, script: Script<'_>) -> Result<Answer> {
        Ok(self.0.pool.run_anew(endpoint, script.request(locale)?).await?)
    }

    /// The connections.
    pub fn pool(&self) -> &Pool {
        &self.0.pool
    }

    /// The database, for the audit log of changes.
    pub(super) fn db(&self) -> &Db {
        &self.0.db
    }

    pub(super) fn sealer(&self) -> &Arc<Sealer> {
        &self.0.sealer
    }

    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    pub(super) fn command_timeout(&self) -> Duration {
        self.0.command_timeout
    }
}
