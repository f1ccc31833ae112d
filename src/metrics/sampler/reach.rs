//! What the sampler needs from a server: a seam, because its tests need servers that fail on demand.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::commands::Command;
use crate::commands::catalog::{Catalog, Chosen};
use crate::commands::filesystems::{Filesystem, ListFilesystems};
use crate::commands::metrics::{Sample, SampleMetrics, parse_frame};
use crate::commands::platform::Platform;
use crate::error::{RemoteError, Result};
use crate::models::actor::Actor;
use crate::models::ids::ServerId;
use crate::models::servers::Server;
use crate::remote::hosts::{Hosts, Script};
use crate::remote::{Endpoint, Request, Ticker};

/// How long opening the channel, or a sample without it, may take.
const DEADLINE: Duration = Duration::from_secs(15);

/// A way to servers.
pub trait Reach: Clone + Send + Sync + 'static {
    /// What [`Reach::open`] gives.
    type Loop: SampleLoop;

    /// Changes whenever somebody changed what decides whether we get in: address, credential, host keys.
    fn identity(&self, server: ServerId) -> impl Future<Output = Result<String>> + Send;

    /// Asks what the server runs, and keeps the answer.
    fn detect(&self, server: ServerId) -> impl Future<Output = Result<()>> + Send;

    /// Opens the metrics channel.
    fn open(&self, server: &Server) -> impl Future<Output = Result<Self::Loop>> + Send;

    /// One sample without the channel.
    fn once(&self, server: &Server) -> impl Future<Output = Result<Sample>> + Send;

    /// What is mounted, on a channel of its own: it may hang.
    fn filesystems(&self, server: &Server) -> impl Future<Output = Result<Vec<Filesystem>>> + Send;

    /// Closes what is open to a server that is not sampled any more.
    fn let_go(&self, server: ServerId);

    /// Another process samples the server now: what is open is closed once nobody here uses it.
    fn leave(&self, server: ServerId);

    /// A person wants the server tried: earlier failures count no more.
    fn forgive(&self, server: ServerId);
}

/// An open metrics channel.
pub trait SampleLoop: Send {
    /// Asks for one sample. After an error the loop is of no more use.
    fn tick(&mut self, deadline: Duration) -> impl Future<Output = Result<Sample, RemoteError>> + Send;

    /// Returns when the loop ended without being asked to.
    fn ended(&mut self) -> impl Future<Output = RemoteError> + Send;
}

/// A running loop on a server.
pub struct TickedLoop {
    ticker: Ticker,
    server: String,
    chosen: Chosen,
    platform: Platform,
    catalog: watch::Receiver<Arc<Catalog>>,
}

/// Returns when another command than `chosen` is to be used: somebody added, changed or deleted one.
async fn replaced(catalog: &mut watch::Receiver<Arc<Catalog>>, platform: &Platform, chosen: &Chosen) {
    while catalog.changed().await.is_ok() {
        let known = Arc::clone(&catalog.borrow_and_update());
        let now = known.choose(SampleMetrics::TYPE, platform).ok();
        if now.is_none_or(|now| (&now.name, &now.script) != (&chosen.name, &chosen.script)) {
            return;
        }
    }
    // Nobody can change it any more.
    std::future::pending::<()>().await;
}

impl SampleLoop for TickedLoop {
    async fn tick(&mut self, deadline: Duration) -> Result<Sample, RemoteError> {
        let frame = self.ticker.tick(deadline).await?;
        parse_frame(&self.chosen.format, &frame)
            .map_err(|problem| RemoteError::unparsable(&self.server, &self.chosen.name, problem))
    }

    async fn ended(&mut self) -> RemoteError {
        tokio::select! {
            error = self.ticker.closed() => error,
            () = replaced(&mut self.catalog, &self.platform, &self.chosen) => {
                RemoteError::CutOff { server: self.server.clone(), command: self.chosen.name.clone() }
            }
        }
    }
}

impl Reach for Hosts {
    type Loop = TickedLoop;

    async fn identity(&self, server: ServerId) -> Result<String> {
        let endpoint = self.endpoint(server).await?;
        // A platform for which no command is known gets in once somebody added one.
        Ok(format!("{} {}", endpoint.identity, self.catalog_changes()))
    }

    async fn detect(&self, server: ServerId) -> Result<()> {
        self.detect_platform(server).await.map(drop)
    }

    async fn open(&self, server: &Server) -> Result<TickedLoop> {
        let catalog = self.follow_catalog();
        let (endpoint, platform, chosen, request) = prepare(self, server).await?;
        let ticker = self.pool().ticker(&endpoint, request).await?;
        Ok(TickedLoop { ticker, server: endpoint.name, chosen, platform, catalog })
    }

    async fn once(&self, server: &Server) -> Result<Sample> {
        let (endpoint, _, chosen, mut request) = prepare(self, server).await?;
        // One tick; the end of input follows it.
        request.feed = b"\n".to_vec();
        let answer = self.pool().run(&endpoint, request).await?.success(&endpoint.name, &chosen.name)?;
        let sample = SampleMetrics.parse(&chosen.format, &answer.stdout);
        Ok(sample.map_err(|problem| RemoteError::unparsable(&endpoint.name, &chosen.name, problem))?)
    }

    async fn filesystems(&self, server: &Server) -> Result<Vec<Filesystem>> {
        let host = self.of(Actor::system("sampler"), server.clone());
        Ok(host.read(ListFilesystems).await?.value)
    }

    fn let_go(&self, server: ServerId) {
        self.pool().forget(server);
    }

    fn leave(&self, server: ServerId) {
        self.pool().release(server);
    }

    fn forgive(&self, server: ServerId) {
        self.pool().reset_breaker(server);
    }
}

/// Where the server is, which loop it gets, and the request that starts it.
async fn prepare(hosts: &Hosts, server: &Server) -> Result<(Endpoint, Platform, Chosen, Request)> {
    let (endpoint, platform) = hosts.endpoint_and_platform(server.id).await?;
    let chosen = hosts
        .catalog()
        .choose(SampleMetrics::TYPE, &platform)
        .map_err(|missing| RemoteError::unsupported(&endpoint.name, missing))?;
    let parameters = SampleMetrics.parameters();
    let request = Script::new(&chosen.name, &chosen.script, &parameters, DEADLINE).request(platform.locale())?;
    Ok((endpoint, platform, chosen, request))
}
