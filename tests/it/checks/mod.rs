//! Checks of administrators' own: they run where they should, when they should, and everybody hears what they found.

mod pages;
mod plan;
mod runs;
mod turns;

use chrono::TimeDelta;
use hannun::checks::Runner;
use hannun::db::types::Labels;
use hannun::models::check_results::CheckResult;
use hannun::models::checks::{Check, CheckValues};
use hannun::models::ids::{GroupId, ServerId};
use hannun::models::servers::Server;

use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;

/// What a Debian tells of itself, so that a check's script is the only other thing that is asked.
const DEBIAN: &str = include_str!("../../fixtures/commands/detect_platform/debian-12.txt");

/// A check that counts jobs on every server, each minute.
fn queue() -> CheckValues {
    CheckValues {
        answer: "number".to_owned(),
        script: "MINE queue".to_owned(),
        unit: "count".to_owned(),
        unit_word: "jobs".to_owned(),
        warning: Some(10.0),
        critical: Some(100.0),
        direction: "above".to_owned(),
        interval_seconds: 60,
        timeout_seconds: 10,
        platform: serde_json::json!({}),
        labels: Labels::default(),
        all_groups: true,
        enabled: true,
        note: String::new(),
    }
}

/// Adds a check for every server, or for those of these groups.
async fn add(app: &TestApp, name: &str, values: CheckValues, groups: &[GroupId]) -> Check {
    let (name, groups) = (name.to_owned(), groups.to_vec());
    app.app.db.run(move |connection| values.insert(connection, &name, &groups)).await.unwrap()
}

/// Runs checks as a process of hannun does.
fn runner(app: &TestApp) -> Runner {
    Runner::new(app.app.hosts.clone(), app.app.db.clone(), app.app.clock.clone())
}

/// What the checks of a server say, by name.
async fn results(app: &TestApp, server: ServerId) -> Vec<(CheckResult, Check)> {
    app.app.db.run(move |connection| CheckResult::of_server(connection, server)).await.unwrap()
}

/// A server that answers scripts with `MINE` in them.
struct Scene {
    app: TestApp,
    host: FakeHost,
    server: Server,
    runner: Runner,
}

impl Scene {
    async fn new(act: Act) -> Self {
        let host = FakeHost::start(Manner::default().when("MINE", act).when("os-release", Act::answer(DEBIAN, "", 0)));
        let (app, host) = (TestApp::start().await, host.await);
        let server = known::add(&app, "web-1", &host.endpoint()).await;
        let runner = runner(&app);
        Self { app, host, server, runner }
    }

    /// Everything that becomes due within a minute, once.
    async fn minute(&self) -> usize {
        self.runner.plan().await.unwrap();
        self.app.advance(TimeDelta::seconds(60));
        self.runner.run_due().await.unwrap()
    }

    /// What the one check says.
    async fn result(&self) -> CheckResult {
        let found = results(&self.app, self.server.id).await;
        assert_eq!(found.len(), 1);
        found.into_iter().next().unwrap().0
    }
}
