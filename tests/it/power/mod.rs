//! Servers that go down and come back: real systems, really restarted, watched by a real queue.

mod api;
mod browser;
mod refusals;
mod watching;

use std::time::Duration;

use chrono::TimeDelta;
use hannun::db::roles::APPLICATION_ROLE;
use hannun::error::{Error, RemoteError};
use hannun::jobs;
use hannun::models::audit::AuditEvent;
use hannun::models::power_requests::{PowerRequest, PowerState};
use hannun::models::server_states::ServerState;
use hannun::models::servers::Server;
use hannun::power::ask::WatchPower;
use hannun::power::watch::Watching;
use hannun::queue::{self, Workers};
use hannun::remote::Endpoint;
use tokio::runtime::{Builder, Runtime};
use tokio_util::sync::CancellationToken;

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::hosts::TestHost;
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::recurring::work;

const PATH: &str = "/servers/web-1/power";
const REQUESTS: &str = "/servers/web-1/power/requests";

/// The product with a worker, and a server `web-1`. Its clock stands still: lengths of time are as long as a test says.
struct Stage {
    app: TestApp,
    server: Server,
    worker: Option<Worker>,
}

/// The workers of one process, on threads of their own: what they began ends with them.
struct Worker {
    stop: CancellationToken,
    task: tokio::task::JoinHandle<()>,
    runtime: Option<Runtime>,
}

impl Worker {
    fn start(app: &TestApp) -> Self {
        let stop = CancellationToken::new();
        let work = work(app, app.app.clock.clone(), jobs::ALL);
        let watching = Watching {
            db: app.database.db.clone(),
            hosts: app.app.hosts.clone(),
            clock: app.app.clock.clone(),
            stop: stop.clone(),
        };
        let (url, stopping) = (app.database.application_url(), stop.clone());
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let task = runtime.spawn(async move {
            let workers = Workers::new(&url).unwrap().on::<Watching, WatchPower>(watching);
            jobs::run(workers, work, &stopping).await;
        });
        Self { stop, task, runtime: Some(runtime) }
    }

    /// Ends as a process does that is told to.
    async fn end(mut self) {
        self.stop.cancel();
        tokio::time::timeout(Duration::from_secs(30), &mut self.task).await.unwrap().unwrap();
    }
}

impl Drop for Worker {
    /// Ends as a process does that is killed: nothing is written any more.
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Stage {
    async fn set(endpoint: &Endpoint) -> Self {
        // A server that is off does not answer at all: nobody waits ten seconds for each look at it here.
        let app = TestApp::with_config(|config| config.remote.connect_timeout = Duration::from_secs(5)).await;
        queue::set_up(&app.database.owner_url(), Some(APPLICATION_ROLE)).await.unwrap();
        let server = known::add(&app, "web-1", endpoint).await;
        let worker = Some(Worker::start(&app));
        Self { app, server, worker }
    }

    /// The last requests, the newest first.
    async fn rows(&self) -> Vec<PowerRequest> {
        let id = self.server.id;
        let rows = self.app.app.db.run(move |connection| Ok::<_, Error>(PowerRequest::of_server(connection, id, 9)?));
        rows.await.unwrap()
    }

    /// Waits, at most 90 seconds, until the last request is in a state.
    async fn until(&self, state: PowerState) -> PowerRequest {
        let end = tokio::time::Instant::now() + Duration::from_secs(90);
        loop {
            let rows = self.rows().await;
            if rows.first().is_some_and(|row| row.state == state) {
                return rows.into_iter().next().unwrap();
            }
            assert!(tokio::time::Instant::now() < end, "{state:?}: {rows:#?}");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn pass(&self, seconds: i64) {
        self.app.advance(TimeDelta::seconds(seconds));
    }

    /// The audit log: who, what, how it ended; the newest last.
    async fn audit(&self) -> Vec<AuditEvent> {
        let mut events = self.app.audit().await;
        events.reverse();
        events
    }

    async fn leave(mut self) {
        if let Some(worker) = self.worker.take() {
            worker.end().await;
        }
    }
}

/// The page on which a deed is asked for.
async fn asked_about(client: &Client, deed: &str) -> Page {
    client.get(&format!("{REQUESTS}/new?deed={deed}")).await.ok()
}

/// Opens that page, types the name and presses the button.
async fn ask_for(client: &Client, deed: &str) {
    let page = asked_about(client, deed).await;
    let booted = page.attribute("input[name=booted]", "value").unwrap();
    let form = [("deed", deed), ("booted", booted.as_str()), ("name", "web-1")];
    client.post(REQUESTS, form).await.leads_to(PATH);
}

/// The boot that a system says it is in.
fn boot(system: &TestHost) -> String {
    system.run("cat /proc/sys/kernel/random/boot_id").trim().to_owned()
}

/// The sampler found that the server does not answer.
async fn is_unreachable(stage: &Stage) {
    let (id, now) = (stage.server.id, stage.app.database.now());
    let error = RemoteError::Unreachable { server: "web-1".to_owned(), why: "connection refused".into() };
    stage.app.app.db.run(move |connection| ServerState::failed(connection, id, &error, now)).await.unwrap();
}
