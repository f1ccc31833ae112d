//! Servers that do what they are told, in place of real ones: for what must go wrong on demand.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use hannun::commands::filesystems::Filesystem;
use hannun::commands::metrics::Sample;
use hannun::commands::processes::{Process, ProcessList};
use hannun::error::{RemoteError, Result, Stage, StillRunning};
use hannun::metrics::sampler::{Reach, SampleLoop};
use hannun::models::ids::ServerId;
use hannun::models::servers::Server;
use tokio::time::Instant;

/// The way of one process to servers that all do the same.
#[derive(Clone)]
pub(super) struct FakeServer(Arc<Mutex<Manner>>);

/// What they do, and what was done to them.
pub(super) struct Manner {
    /// Getting in fails so.
    pub(super) refuses: Option<RemoteError>,
    /// The open loop ends so, once.
    pub(super) cut: Option<RemoteError>,
    /// The loop starts, but gives no sample.
    pub(super) mute: bool,
    /// Neither loop nor single sample can be read.
    pub(super) garbage: Option<RemoteError>,
    pub(super) identity: u32,
    pub(super) booted: Instant,
    pub(super) opened: usize,
    pub(super) once: usize,
    pub(super) detected: usize,
    /// Every tick: of which server, and when.
    pub(super) ticks: Vec<(ServerId, Instant)>,
    /// How long a list of processes takes.
    pub(super) listing_takes: Duration,
    pub(super) listed: BTreeSet<ServerId>,
    /// Lists that are under way, and how many were at most.
    pub(super) at_once: usize,
    pub(super) most_at_once: usize,
    pub(super) let_go: BTreeSet<ServerId>,
    pub(super) left: BTreeSet<ServerId>,
    pub(super) forgiven: BTreeSet<ServerId>,
}

/// An open loop on one of them.
pub(super) struct FakeLoop {
    fake: FakeServer,
    server: ServerId,
}

impl FakeServer {
    /// Answers everything at once.
    pub(super) fn polite() -> Self {
        Self(Arc::new(Mutex::new(Manner {
            refuses: None,
            cut: None,
            mute: false,
            garbage: None,
            identity: 1,
            booted: Instant::now() - Duration::from_secs(1_000),
            opened: 0,
            once: 0,
            detected: 0,
            ticks: Vec::new(),
            listing_takes: Duration::ZERO,
            listed: BTreeSet::new(),
            at_once: 0,
            most_at_once: 0,
            let_go: BTreeSet::new(),
            left: BTreeSet::new(),
            forgiven: BTreeSet::new(),
        })))
    }

    pub(super) fn manner(&self) -> MutexGuard<'_, Manner> {
        self.0.lock().unwrap()
    }

    fn sample(&self) -> Sample {
        Sample {
            uptime_seconds: self.manner().booted.elapsed().as_secs_f64() + 0.001,
            load: Some([0.5; 3]),
            ..Sample::default()
        }
    }
}

impl Reach for FakeServer {
    type Loop = FakeLoop;

    async fn identity(&self, _: ServerId) -> Result<String> {
        Ok(self.manner().identity.to_string())
    }

    async fn detect(&self, _: ServerId) -> Result<()> {
        let mut manner = self.manner();
        manner.detected += 1;
        manner.refuses.clone().map_or(Ok(()), |error| Err(error.into()))
    }

    async fn open(&self, server: &Server) -> Result<FakeLoop> {
        let mut manner = self.manner();
        manner.opened += 1;
        let open = || FakeLoop { fake: self.clone(), server: server.id };
        manner.refuses.clone().map_or_else(|| Ok(open()), |error| Err(error.into()))
    }

    async fn once(&self, _: &Server) -> Result<Sample> {
        let mut manner = self.manner();
        manner.once += 1;
        if let Some(error) = manner.refuses.clone().or(manner.garbage.clone()) {
            return Err(error.into());
        }
        drop(manner);
        Ok(self.sample())
    }

    async fn filesystems(&self, _: &Server) -> Result<Vec<Filesystem>> {
        let root = Filesystem {
            mount: "/".to_owned(),
            size_bytes: Some(100),
            used_bytes: Some(25),
            available_bytes: Some(75),
            ..Filesystem::default()
        };
        Ok(vec![root])
    }

    async fn processes(&self, server: &Server) -> Result<ProcessList> {
        let takes = {
            let mut manner = self.manner();
            manner.at_once += 1;
            manner.most_at_once = manner.most_at_once.max(manner.at_once);
            manner.listing_takes
        };
        tokio::time::sleep(takes).await;
        let mut manner = self.manner();
        manner.at_once -= 1;
        manner.listed.insert(server.id);
        drop(manner);
        let uptime = self.sample().uptime_seconds;
        // Half of a core, since it was booted.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few seconds")]
        let ticks = (uptime * 50.0) as u64;
        let process = Process { pid: 7, name: "spinner".to_owned(), cpu_ticks: Some(ticks), ..Process::default() };
        let processes = vec![process];
        Ok(ProcessList {
            processes,
            ticks_per_second: Some(100),
            uptime_seconds: Some(uptime),
            ..ProcessList::default()
        })
    }

    fn let_go(&self, server: ServerId) {
        self.manner().let_go.insert(server);
    }

    fn leave(&self, server: ServerId) {
        self.manner().left.insert(server);
    }

    fn forgive(&self, server: ServerId) {
        self.manner().forgiven.insert(server);
    }
}

impl SampleLoop for FakeLoop {
    async fn tick(&mut self, _: Duration) -> Result<Sample, RemoteError> {
        let mut manner = self.fake.manner();
        manner.ticks.push((self.server, Instant::now()));
        if manner.mute {
            return Err(too_late());
        }
        if let Some(error) = manner.cut.take().or(manner.garbage.clone()) {
            return Err(error);
        }
        drop(manner);
        Ok(self.fake.sample())
    }

    async fn ended(&mut self) -> RemoteError {
        loop {
            if let Some(error) = self.fake.manner().cut.take() {
                return error;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

pub(super) fn too_late() -> RemoteError {
    RemoteError::DeadlinePassed {
        server: "web-1".to_owned(),
        command: "loop".to_owned(),
        after: Duration::from_secs(1),
        still_running: StillRunning::Unknown,
    }
}

pub(super) fn silent() -> RemoteError {
    RemoteError::TimedOut { server: "web-1".to_owned(), stage: Stage::Connect, after: Duration::from_secs(1) }
}

pub(super) fn refused() -> RemoteError {
    RemoteError::SignInRefused { server: "web-1".to_owned(), user: "root".to_owned(), method: "password".into() }
}

pub(super) fn cut() -> RemoteError {
    RemoteError::CutOff { server: "web-1".to_owned(), command: "loop".to_owned() }
}
