//! Commands of people's own: on a real server, by a real queue, in the page, the API and the command line.

mod browser;
mod fan_out_courses;
mod fan_out_pages;
mod fan_outs;
mod pages;
mod programs;
mod runs;
mod systems;
mod unreadable;

use std::time::Duration;

use hannun::clock::Clock;
use hannun::commands::Acting;
use hannun::executions::ask::By;
use hannun::executions::{FanOuts, RunFanOut, Sequence, Wish, ask};
use hannun::installations::ask::RunExecution;
use hannun::installations::run::Runs;
use hannun::jobs;
use hannun::models::actor::Actor;
use hannun::models::command_runs::CommandRun;
use hannun::models::executions::Execution;
use hannun::models::ids::ExecutionId;
use hannun::queue::{self, Workers};
use hannun::remote::Endpoint;
use hannun::remote::host::OperableHost;
use tokio_util::sync::CancellationToken;

use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::recurring::work;

/// The product with a worker, and a server `web-1`.
struct Stage {
    app: TestApp,
    stop: CancellationToken,
}

impl Stage {
    async fn set(endpoint: &Endpoint) -> Self {
        let app = TestApp::start().await;
        known::add(&app, "web-1", endpoint).await;
        queue::set_up(&app.database.owner_url(), Some(hannun::db::roles::APPLICATION_ROLE)).await.unwrap();
        let stage = Self { app, stop: CancellationToken::new() };
        stage.work();
        stage
    }

    /// Starts a worker.
    fn work(&self) {
        let app = &self.app;
        let work = work(app, Clock::system(), jobs::ALL);
        let runs = Runs {
            db: app.database.db.clone(),
            hosts: app.app.hosts.clone(),
            clock: Clock::system(),
            store: app.app.artifacts.clone(),
            sealer: app.app.sealer.clone(),
            stop: self.stop.clone(),
        };
        let fan_outs = FanOuts {
            db: app.database.db.clone(),
            hosts: app.app.hosts.clone(),
            clock: Clock::system(),
            stop: self.stop.clone(),
        };
        let workers = Workers::new(&app.database.application_url())
            .unwrap()
            .on::<Runs, RunExecution>(runs)
            .on::<FanOuts, RunFanOut>(fan_outs);
        let stop = self.stop.clone();
        tokio::spawn(async move { jobs::run(workers, work, &stop).await });
    }

    async fn host(&self) -> OperableHost {
        let host = self.app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap();
        host.operable().await.unwrap()
    }

    /// Asks for commands, one after another.
    async fn ask(&self, commands: &[&str], acting: Acting, sequence: Sequence) -> Vec<CommandRun> {
        let commands = commands.iter().map(|words| (*words).to_owned()).collect();
        let wish = Wish { commands, acting, time_limit_seconds: 20, sequence };
        ask(&self.host().await, &wish, By::Queue).await.unwrap()
    }

    async fn run(&self, id: ExecutionId) -> CommandRun {
        self.app.app.db.run(move |connection| CommandRun::by_id(connection, id)).await.unwrap()
    }

    async fn output(&self, id: ExecutionId) -> String {
        let parts = self.app.app.db.run(move |connection| Execution::output(connection, id, 0)).await.unwrap();
        String::from_utf8_lossy(&parts.into_iter().flat_map(|part| part.bytes).collect::<Vec<u8>>()).into_owned()
    }

    /// The command once it has ended, with what it printed.
    async fn end_of(&self, id: ExecutionId) -> (CommandRun, String) {
        for _ in 0..600 {
            let run = self.run(id).await;
            if run.state.has_ended() {
                return (run, self.output(id).await);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("{id} did not end: {:?}", self.run(id).await);
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
