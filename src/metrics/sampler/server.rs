//! The task of one server: gets in, ticks, and says how the server is. Ends only when it is cancelled.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::listing::Listings;
use super::reach::{Reach, SampleLoop};
use super::recorder::Recorder;
use super::{Shared, pace};
use crate::commands::filesystems::Filesystem;
use crate::commands::processes::ProcessList;
use crate::error::{Error, RemoteError, Result};
use crate::metrics::live::LiveServer;
use crate::metrics::rates::Reading;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;

/// A server whose loop does not answer is asked without it, and the loop is tried again after this.
const WITHOUT_LOOP: Duration = Duration::from_hours(1);

pub(super) struct Task<R> {
    shared: Shared<R>,
    server: Server,
    live: LiveServer,
    recorder: Recorder,
    tried: Arc<Notify>,
    epoch: Instant,
    /// The moment that was served last.
    last_due: DateTime<Utc>,
    /// What the database has of us: written again only when it is another.
    written: Option<(State, &'static str)>,
    detected: bool,
    /// It gave a sample since the last failure.
    answered: bool,
    /// The loop is not tried before this.
    loop_after: Option<Instant>,
    filesystems: JoinSet<Result<Vec<Filesystem>>>,
    filesystems_due: Instant,
    listings: Listings,
}

impl<R: Reach> Task<R> {
    pub(super) fn new(shared: Shared<R>, server: &Server, tried: Arc<Notify>) -> Self {
        let live = shared.live.server(server.id);
        let recorder = Recorder::new(server.id, live.clone(), shared.store.clone());
        Self {
            listings: Listings::new(&shared, server),
            last_due: shared.clock.now(),
            shared,
            server: server.clone(),
            live,
            recorder,
            tried,
            epoch: Instant::now(),
            written: None,
            detected: false,
            answered: false,
            loop_after: None,
            filesystems: JoinSet::new(),
            filesystems_due: Instant::now(),
        }
    }

    pub(super) async fn run(mut self) {
        // The first moment of the grid: a thousand servers do not connect at once.
        self.wait_for_turn().await;
        loop {
            self.shared.presence.lives().await;
            let error = match self.sample().await {
                Err(Error::Remote(error)) => *error,
                // The database or we ourselves: says nothing about the server.
                Err(error) => {
                    tracing::debug!(server = self.server.name, %error, "a sampler waits");
                    self.rest(self.shared.pace.retry).await;
                    continue;
                }
                Ok(never) => match never {},
            };
            self.recorder.pause();
            self.filesystems.abort_all();
            self.listings.abort();
            if std::mem::take(&mut self.answered) && may_be_the_channel(&error) {
                // The channel ended, or the connection, perhaps only because somebody changed the address: the next try
                // says how the server is.
                tracing::debug!(server = self.server.name, %error, "getting in again");
                self.rest(self.shared.pace.retry / 20).await;
                continue;
            }
            self.failed(&error).await;
            self.wait_after(&error).await;
        }
    }

    /// Gets in and samples until something fails.
    async fn sample(&mut self) -> Result<std::convert::Infallible> {
        if !self.detected {
            self.shared.reach.detect(self.server.id).await?;
            self.detected = true;
            self.write(State::Up, "", None).await;
        }
        if self.loop_after.is_some_and(|after| Instant::now() < after) {
            return self.sample_without_loop().await;
        }
        let mut ticked = self.shared.reach.open(&self.server).await?;
        let mut first = true;
        loop {
            let due = self.next_moment(Some(&mut ticked)).await?;
            let asked = Instant::now();
            match ticked.tick(self.shared.pace.deadline).await {
                Ok(sample) => self.take(due, asked, sample).await,
                // It let us in and started, but gives no first sample: some shells cannot do what others can.
                Err(error) if first && State::after(&error).is_none() => {
                    tracing::info!(server = self.server.name, %error, "the metrics loop does not answer");
                    self.loop_after = Some(Instant::now() + WITHOUT_LOOP);
                    return self.sample_without_loop().await;
                }
                Err(error) => return Err(error.into()),
            }
            first = false;
        }
    }

    async fn sample_without_loop(&mut self) -> Result<std::convert::Infallible> {
        while self.loop_after.is_some_and(|after| Instant::now() < after) {
            let due = self.next_moment(None::<&mut R::Loop>).await?;
            let asked = Instant::now();
            let sample = self.shared.reach.once(&self.server).await?;
            self.take(due, asked, sample).await;
        }
        // The loop gets another chance: as after a connection that was closed.
        Err(RemoteError::CutOff { server: self.server.name.clone(), command: String::new() }.into())
    }

    /// Waits for the next moment of the grid; somebody who begins to look brings it nearer.
    async fn next_moment(&mut self, mut ticked: Option<&mut R::Loop>) -> Result<DateTime<Utc>> {
        loop {
            let now = self.shared.clock.now();
            let due = pace::next(self.server.id, self.interval(), self.last_due, now);
            let wait = sleep_until(Instant::now() + (due - now).to_std().unwrap_or_default());
            if self.filesystems.is_empty() && Instant::now() >= self.filesystems_due {
                let (reach, server) = (self.shared.reach.clone(), self.server.clone());
                self.filesystems.spawn(async move { reach.filesystems(&server).await });
            }
            if self.answered {
                self.listings.begin_if_due(&self.shared, &self.server, &self.live);
            }
            let ended = async {
                match ticked.as_mut() {
                    Some(ticked) => ticked.ended().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = wait => {
                    if self.shared.presence.is_living() {
                        self.last_due = due;
                        return Ok(due);
                    }
                    // Perhaps we stood still, and another process samples it by now.
                    self.shared.presence.lives().await;
                }
                error = ended => return Err(error.into()),
                () = self.live.somebody_comes() => {}
                Some(mounted) = self.filesystems.join_next() => self.mounted(mounted),
                Some(Ok(listed)) = self.listings.next() => self.listed(listed),
            }
        }
    }

    fn interval(&self) -> Duration {
        let own = Duration::from_secs(u64::try_from(self.server.sampling_seconds).unwrap_or(10).max(1));
        if self.live.is_watched() { self.shared.pace.watched.min(own) } else { own }
    }

    async fn take(&mut self, due: DateTime<Utc>, asked: Instant, sample: crate::commands::metrics::Sample) {
        let now = Instant::now();
        let reading = Reading { sample, at: now - self.epoch, round_trip: now - asked };
        let own = u32::try_from(self.server.sampling_seconds).unwrap_or(10).max(10);
        if self.recorder.take(due, reading, Duration::from_secs(3) * own) {
            tracing::info!(server = self.server.name, "the server was rebooted");
            self.detected = self.shared.reach.detect(self.server.id).await.is_ok();
        }
        self.answered = true;
        self.live.set_trouble(None);
        self.write(State::Up, "", None).await;
    }

    fn mounted(&mut self, answer: Result<Result<Vec<Filesystem>>, tokio::task::JoinError>) {
        self.filesystems_due = Instant::now() + self.shared.pace.filesystems;
        match answer {
            Ok(Ok(filesystems)) => self.recorder.mounted(filesystems, self.epoch.elapsed()),
            Ok(Err(error)) => tracing::debug!(server = self.server.name, %error, "no filesystems"),
            Err(error) if error.is_cancelled() => {}
            Err(error) => tracing::error!(server = self.server.name, %error, "reading the filesystems ended badly"),
        }
    }

    fn listed(&mut self, answer: Result<ProcessList>) {
        let (id, now) = (self.server.id, self.shared.clock.now());
        match answer {
            Ok(list) => self.shared.store.put_consumers(self.live.listed(id, &list, now)),
            Err(error) => tracing::debug!(server = self.server.name, %error, "no processes"),
        }
    }

    async fn failed(&mut self, error: &RemoteError) {
        tracing::info!(server = self.server.name, %error, "no metrics");
        self.live.set_trouble(Some(Arc::new(error.clone())));
        // A command that failed on a server that let us in says that the server is up; one that was never sent says nothing.
        let state = State::after(error).or(let_us_in(error).then_some(State::Up));
        if let Some(state) = state {
            self.write(state, error.code(), Some(error)).await;
        }
    }

    /// Writes how the server is, where that is news; what cannot be written now is written with the next finding.
    async fn write(&mut self, state: State, code: &'static str, error: Option<&RemoteError>) {
        // Resting repeats an older failure: the database has its reason already.
        let resting = matches!(error, Some(RemoteError::Resting { .. }))
            && self.written.is_some_and(|(written, _)| written != State::Up);
        if self.written == Some((state, code)) || resting || !self.shared.presence.is_living() {
            return;
        }
        let (id, now, error) = (self.server.id, self.shared.clock.now(), error.cloned());
        let written = self.shared.db.run(move |connection| match error {
            Some(error) if State::after(&error).is_some() => ServerState::failed(connection, id, &error, now).map(drop),
            _ => ServerState::up(connection, id, now).map(drop),
        });
        match written.await {
            Ok(()) => self.written = Some((state, code)),
            Err(error) => {
                tracing::debug!(server = self.server.name, %error, "the server's state waits for the database");
            }
        }
    }

    async fn wait_after(&mut self, error: &RemoteError) {
        let retry = self.shared.pace.retry;
        match error {
            RemoteError::Resting { seconds, .. } => {
                // Not the whole time: the breaker may be reset, and asking it costs nothing.
                self.rest(Duration::from_secs(*seconds).clamp(retry / 5, retry)).await;
            }
            error if error.advice().retry => self.rest(retry).await,
            // Nothing is sent again before a person changed something.
            _ => self.wait_for_change().await,
        }
    }

    async fn wait_for_change(&mut self) {
        let refused = self.shared.reach.identity(self.server.id).await.ok();
        loop {
            let tried = Arc::clone(&self.tried);
            tokio::select! {
                () = tokio::time::sleep(self.shared.pace.retry) => {}
                () = tried.notified() => return,
            }
            if let Ok(identity) = self.shared.reach.identity(self.server.id).await
                && refused.as_ref() != Some(&identity)
            {
                return;
            }
        }
    }

    async fn wait_for_turn(&mut self) {
        drop(self.next_moment(None).await);
    }

    async fn rest(&self, pause: Duration) {
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            () = self.tried.notified() => {}
        }
    }
}

/// Whether the server may be well, and only what we had open to it is gone.
fn may_be_the_channel(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::CutOff { .. }
            | RemoteError::NoStatus { .. }
            | RemoteError::Failed { .. }
            | RemoteError::Killed { .. }
            | RemoteError::DeadlinePassed { .. }
    )
}

/// Whether the error is about a command that ran, on a server that let us in.
fn let_us_in(error: &RemoteError) -> bool {
    matches!(
        error,
        RemoteError::Failed { .. }
            | RemoteError::Killed { .. }
            | RemoteError::OutputLimit { .. }
            | RemoteError::Unparsable { .. }
            | RemoteError::PrivilegeRefused { .. }
    )
}
