//! Testing a connection stage by stage, for a person who sets up a server. Sends nothing secret before the key is approved.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::channel::ShellChannel;
use super::connect::{Progress, approach, connect, present_key};
use super::connection::{Connection, Lease, Use};
use super::endpoint::Endpoint;
use super::exec;
use super::host_keys::PresentedKey;
use super::pool::{Pool, lock};
use super::request::{Request, new_token};
use crate::commands::script::{Envelope, Locale, Parameters, Privilege};
use crate::error::{RemoteError, Stage};
use crate::language::Message;

/// The stages of a test, in order; the platform is found out by the caller.
const STAGES: [Stage; 5] = [Stage::Name, Stage::Connect, Stage::HostKey, Stage::SignIn, Stage::Shell];

/// How a connection test went.
#[derive(Debug, Clone)]
pub struct TestReport {
    /// Name, connect, host key, sign-in, shell.
    pub stages: Vec<StageReport>,
    /// The host key that the server presented, if it came that far.
    pub presented: Option<PresentedKey>,
}

/// One stage of a test.
#[derive(Debug, Clone)]
pub struct StageReport {
    /// Which one.
    pub stage: Stage,
    /// How long it took.
    pub took: Duration,
    /// How it went.
    pub outcome: StageOutcome,
}

/// How a stage went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StageOutcome {
    /// It worked; what was learnt.
    Passed(Message),
    /// It did not work.
    Failed(RemoteError),
    /// An earlier stage did not work.
    NotReached,
}

impl TestReport {
    /// Whether every stage worked.
    pub fn passed(&self) -> bool {
        self.stages.iter().all(|report| matches!(report.outcome, StageOutcome::Passed(_)))
    }

    /// Why it did not work.
    pub fn error(&self) -> Option<&RemoteError> {
        self.stages.iter().find_map(|report| match &report.outcome {
            StageOutcome::Failed(error) => Some(error),
            StageOutcome::Passed(_) | StageOutcome::NotReached => None,
        })
    }

    fn new(
        progress: Progress,
        end: Result<(), (Stage, Duration, RemoteError)>,
        presented: Option<PresentedKey>,
    ) -> Self {
        let mut stages: Vec<_> = progress
            .finished
            .into_iter()
            .map(|(stage, took, learnt)| StageReport { stage, took, outcome: StageOutcome::Passed(learnt) })
            .collect();
        if let Err((stage, took, error)) = end {
            // What cannot even be tried, such as a damaged key, is reported at its own stage.
            for skipped in STAGES.iter().skip(stages.len()).take_while(|known| **known != stage) {
                stages.push(not_reached(*skipped));
            }
            stages.push(StageReport { stage, took, outcome: StageOutcome::Failed(error) });
        }
        stages.extend(STAGES.iter().skip(stages.len()).map(|stage| not_reached(*stage)).collect::<Vec<_>>());
        Self { stages, presented }
    }
}

fn not_reached(stage: Stage) -> StageReport {
    StageReport { stage, took: Duration::ZERO, outcome: StageOutcome::NotReached }
}

impl Pool {
    /// Tries to reach a server now, whatever the breaker says, and reports every stage with its time.
    pub async fn test(&self, endpoint: &Endpoint) -> TestReport {
        let failed =
            RemoteError::Unreachable { server: endpoint.name.clone(), why: Message::new("the test was given up") };
        let (pool, endpoint) = (self.clone(), endpoint.clone());
        let testing = self.runtime().spawn(async move { Box::pin(pool.test_here(&endpoint)).await });
        testing.await.unwrap_or_else(|_given_up| {
            TestReport::new(Progress::new(), Err((Stage::Name, Duration::ZERO, failed)), None)
        })
    }

    async fn test_here(&self, endpoint: &Endpoint) -> TestReport {
        let mut progress = Progress::new();
        let means = match self.means(endpoint, Use::Command).await {
            Ok(means) => means,
            Err(error) => return TestReport::new(progress, Err((Stage::Connect, Duration::ZERO, error)), None),
        };
        let outcome = match approach(endpoint, &means, &mut progress).await {
            Ok(approach) => connect(endpoint, means, approach, &mut progress).await,
            Err(error) => Err(error),
        };
        let lane = self.lane(endpoint.id);
        self.learn(&lane, outcome.as_ref().err());
        let connection = match outcome {
            Ok(connection) => Arc::new(connection),
            Err(error) => {
                let presented = self.presented_despite(endpoint, &progress, &error).await;
                let (stage, took) = match error {
                    RemoteError::CredentialUnusable { .. } => (Stage::SignIn, Duration::ZERO),
                    _ => progress.current(),
                };
                return TestReport::new(progress, Err((stage, took, error)), presented);
            }
        };
        let presented = connection.seen().presented();
        let end = self.say_hello(endpoint, &connection, &mut progress).await;
        if end.is_err() || !lane.adopt(&connection) {
            self.runtime().spawn(connection.close());
        }
        lock(&lane.breaker).succeeded();
        TestReport::new(progress, end, presented)
    }

    /// Runs a script that does nothing, to see a POSIX shell answer.
    async fn say_hello(
        &self,
        endpoint: &Endpoint,
        connection: &Arc<Connection>,
        progress: &mut Progress,
    ) -> Result<(), (Stage, Duration, RemoteError)> {
        let began = Instant::now();
        let deadline = self.inner().config.channel_timeout;
        // Held to the end: dropping it would say that nobody waits.
        let (mut caller, _answer) = oneshot::channel();
        let hello = async {
            let token = new_token()?;
            let parameters = Parameters::default();
            let envelope = Envelope {
                script: ":",
                parameters: &parameters,
                token: &token,
                locale: Locale::Plain,
                privilege: Privilege::None,
            };
            let script = envelope
                .compose()
                .map_err(|why| RemoteError::ShellUnusable { server: endpoint.name.clone(), said: why.to_string() })?;
            let request = Request::new("Test connection", Vec::new(), token, deadline);
            let lease = Lease::new(Arc::clone(connection));
            let channel = ShellChannel::start(lease, Use::Command, Bytes::from(script), began + deadline).await?;
            let inner = self.inner();
            let answer =
                exec::run(channel, endpoint, request, &inner.config, &inner.budget, began, &mut caller).await?;
            answer.success(&endpoint.name, "Test connection")
        };
        match hello.await {
            Ok(_) => {
                progress.go_on(Stage::Platform, Message::heard("/bin/sh"));
                Ok(())
            }
            Err(error) => Err((Stage::Shell, began.elapsed(), error)),
        }
    }

    /// The key that a server presents although it is not the approved one, for a person to look at.
    async fn presented_despite(
        &self,
        endpoint: &Endpoint,
        progress: &Progress,
        error: &RemoteError,
    ) -> Option<PresentedKey> {
        match error {
            RemoteError::HostKeyUnknown { .. } | RemoteError::HostKeyChanged { .. } if progress.presented.is_none() => {
                let means = self.means(endpoint, Use::Command).await.ok()?;
                present_key(endpoint, means, &mut Progress::new()).await.ok()
            }
            _ => progress.presented.clone(),
        }
    }
}
