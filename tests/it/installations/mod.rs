//! Packages come and go on whole systems: real apt, dnf, dpkg and rpm, started detached and followed by a real queue.

mod browser;
mod cron;
mod files;
mod launch;
mod names;
mod programs;
mod signatures;
mod strangers;
mod trouble;
mod updates;
mod uploads;

use std::time::Duration;

use hannun::clock::Clock;
use hannun::commands::packages::PackageName;
use hannun::db::roles::APPLICATION_ROLE;
use hannun::installations::ask::RunExecution;
use hannun::installations::run::Runs;
use hannun::jobs;
use hannun::models::actor::Actor;
use hannun::models::executions::Execution;
use hannun::models::ids::ExecutionId;
use hannun::queue::{self, Workers};
use hannun::remote::Endpoint;
use hannun::remote::host::OperableHost;
use tokio_util::sync::CancellationToken;

use crate::harness::app::TestApp;
use crate::harness::hosts::TestHost;
use crate::harness::known;
use crate::harness::recurring::work;

/// The product with a worker, and a server `web-1`.
struct Stage {
    app: TestApp,
    worker: Option<Worker>,
}

/// The workers of one process.
struct Worker {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
}

impl Worker {
    fn start(app: &TestApp) -> Self {
        let stop = CancellationToken::new();
        let work = work(app, Clock::system(), jobs::ALL);
        let runs = Runs {
            db: app.database.db.clone(),
            hosts: app.app.hosts.clone(),
            clock: Clock::system(),
            store: app.app.artifacts.clone(),
            sealer: app.app.sealer.clone(),
            stop: stop.clone(),
        };
        let workers = Workers::new(&app.database.application_url()).unwrap().on::<Runs, RunExecution>(runs);
        let stopping = stop.clone();
        Self { stop, task: tokio::spawn(async move { jobs::run(workers, work, &stopping).await }) }
    }

    /// Ends as a process does that is told to.
    async fn end(self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(30), self.task).await.unwrap().unwrap();
    }

    /// Ends as a process does that is killed: nothing is written any more.
    fn kill(self) {
        self.task.abort();
    }
}

impl Stage {
    async fn set(endpoint: &Endpoint) -> Self {
        let app = TestApp::start().await;
        queue::set_up(&app.database.owner_url(), Some(APPLICATION_ROLE)).await.unwrap();
        known::add(&app, "web-1", endpoint).await;
        let worker = Some(Worker::start(&app));
        Self { app, worker }
    }

    async fn host(&self) -> OperableHost {
        let host = self.app.app.hosts.open(Actor::system("the test"), "web-1".to_owned()).await.unwrap();
        host.operable().await.unwrap()
    }

    async fn run(&self, id: ExecutionId) -> Execution {
        self.app.app.db.run(move |connection| Execution::by_id(connection, id)).await.unwrap()
    }

    /// Waits, at most 90 seconds, until `is_so` holds of a run.
    async fn until(&self, id: ExecutionId, is_so: impl Fn(&Execution) -> bool) -> Execution {
        let end = tokio::time::Instant::now() + Duration::from_secs(90);
        loop {
            let run = self.run(id).await;
            if is_so(&run) {
                return run;
            }
            assert!(tokio::time::Instant::now() < end, "{run:#?}\n{}", self.log(id).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    async fn ended(&self, id: ExecutionId) -> Execution {
        self.until(id, |run| run.state.has_ended()).await
    }

    async fn log(&self, id: ExecutionId) -> String {
        let parts = self.app.app.db.run(move |connection| Execution::output(connection, id, 0)).await.unwrap();
        let bytes: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    async fn leave(mut self) {
        if let Some(worker) = self.worker.take() {
            worker.end().await;
        }
    }
}

/// Waits until nothing of any run lies on the server: what is left is removed after the end was written.
async fn nothing_is_left(system: &TestHost) {
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    loop {
        let left = system.run("ls -d /var/tmp/hannun-* /tmp/hannun-* 2>/dev/null || true");
        if left.is_empty() {
            return;
        }
        assert!(tokio::time::Instant::now() < end, "{left}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn name(text: &str) -> PackageName {
    PackageName::read(text).unwrap()
}

fn why(run: &Execution) -> String {
    run.why().map(|why| why.to_string()).unwrap_or_default()
}
