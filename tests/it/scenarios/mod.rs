//! Scenarios: what is due is run once, what was read is told, and nothing is lost or told twice.

mod channels;
mod chats;
mod commands;
mod crashes;
mod files;
mod firing;
mod mail;
mod pausing;
mod rights;
mod runs;
mod sources;
mod supervising;
mod telling;

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use diesel::sql_types::Text;
use hannun::config::Config;
use hannun::executions::Commands;
use hannun::installations::ask::RunExecution;
use hannun::jobs::Scheduler;
use hannun::models::actor::{Role, Scope};
use hannun::models::channels::{Channel, NewChannel};
use hannun::models::deliveries::Delivery;
use hannun::models::ids::{ChannelId, RunId, ScenarioId};
use hannun::models::metric_points::InboxRow;
use hannun::models::runs::Run;
use hannun::models::scenarios::{NewDestination, NewScenario, Scenario};
use hannun::models::series::{NewSeries, Series};
use hannun::models::servers::Server;
use hannun::models::users::User;
use hannun::queue;
use hannun::scenarios::{RunScenarios, Scenarios, TryDeliveries, keep};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::recurring::work;
use crate::harness::scenarios::channel_values;
use crate::outbound::entries;
use crate::outbound::receiver::{Receiver, Says};

/// The product with a server `web-1`, somebody who is told, and a queue that a test works off by hand.
pub(super) struct Stage {
    pub(super) app: TestApp,
    pub(super) told: Receiver,
    pub(super) server: Server,
    pub(super) owner: User,
    pub(super) scenarios: Scenarios,
}

/// An entry of the queue.
#[derive(QueryableByName)]
struct Entry {
    #[diesel(sql_type = Text)]
    queue: String,
    #[diesel(sql_type = Text)]
    job: String,
}

impl Stage {
    pub(super) async fn set(answers: impl Fn(&str) -> Says + Send + Sync + 'static) -> Self {
        Self::with(answers, |_| {}).await
    }

    /// The same with other settings.
    pub(super) async fn with(
        answers: impl Fn(&str) -> Says + Send + Sync + 'static,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let told = Receiver::start(answers).await;
        let listed = entries(&[told.entry()]);
        let app = TestApp::with_config(|config| {
            config.outbound.allowed = listed;
            change(config);
        })
        .await;
        queue::set_up(&app.database.owner_url(), Some(hannun::db::roles::APPLICATION_ROLE)).await.unwrap();
        let server = known::answering(&app, "web-1").await;
        let owner = app.user("jiwon", Role::Operator, Scope::All).await;
        let scenarios = Scenarios {
            db: app.database.db.clone(),
            hosts: app.app.hosts.clone(),
            outbound: app.app.outbound.clone(),
            sealer: Arc::clone(&app.app.sealer),
            config: Arc::clone(&app.app.config),
            clock: app.database.clock.clone(),
            stop: CancellationToken::new(),
        };
        Self { app, told, server, owner, scenarios }
    }

    pub(super) fn now(&self) -> DateTime<Utc> {
        self.app.database.now()
    }

    /// What was measured at this moment.
    pub(super) async fn measured(&self, metric: &'static str, at: DateTime<Utc>, value: f32) {
        let server = self.server.id;
        let at = DateTime::from_timestamp(at.timestamp().div_euclid(10) * 10, 0).unwrap();
        self.app
            .app
            .db
            .run(move |connection| {
                let wanted = [NewSeries { server_id: server, metric, device: String::new() }];
                let series = Series::ensure(connection, &wanted)?;
                let row = InboxRow {
                    server_id: server,
                    at,
                    series_ids: series.iter().map(|series| series.id).collect(),
                    means: vec![value],
                    minimums: Vec::new(),
                    maximums: Vec::new(),
                };
                InboxRow::store(connection, &[row])
            })
            .await
            .unwrap();
    }

    /// A destination that sends all values to the one who is told.
    pub(super) fn post(&self, condition: Value) -> NewDestination {
        NewDestination {
            kind: "http_post".to_owned(),
            settings: json!({ "url": format!("{}/hook", self.told.url()), "format": "json", "body": "", "headers": "" }),
            channel_id: None,
            condition,
            at_most_once: false,
        }
    }

    pub(super) async fn add(&self, new: NewScenario, destinations: Vec<NewDestination>) -> ScenarioId {
        let owner = self.owner.id;
        let added = self.app.app.db.transaction(move |connection| new.insert(connection, owner, &destinations));
        added.await.unwrap().id
    }

    pub(super) async fn channel(&self, name: &'static str, kind: &'static str, values: Value) -> Channel {
        let (values, sealer, now) = (channel_values(kind, values), Arc::clone(&self.app.app.sealer), self.now());
        let new = move |connection: &mut _| NewChannel { name, kind, values: &values }.insert(connection, &sealer, now);
        self.app.app.db.run(new).await.unwrap()
    }

    /// One look at what is due.
    pub(super) async fn fire(&self) -> usize {
        Scheduler::new(work(&self.app, self.app.database.clock.clone(), &[])).fire().await.unwrap()
    }

    /// Does something to the tables that only a test may do.
    pub(super) fn execute(&self, sql: &str) {
        diesel::sql_query(sql).execute(&mut self.app.database.owner()).unwrap();
    }

    /// Takes everything out of the queue.
    fn entries(&self) -> Vec<Entry> {
        let mut owner = self.app.database.owner();
        diesel::sql_query("delete from apalis.jobs returning job_type as queue, convert_from(job, 'utf8') as job")
            .load(&mut owner)
            .unwrap()
    }

    /// Works off the queue until it is empty; how many entries there were.
    pub(super) async fn work_off(&self) -> usize {
        let mut worked = 0;
        loop {
            let entries = self.entries();
            if entries.is_empty() {
                return worked;
            }
            worked += entries.len();
            for entry in entries {
                match entry.queue.as_str() {
                    "scenarios" => {
                        let job: RunScenarios = serde_json::from_str(&entry.job).unwrap();
                        self.scenarios.work(&job).await.unwrap();
                    }
                    "deliveries" => {
                        let job: TryDeliveries = serde_json::from_str(&entry.job).unwrap();
                        self.scenarios.try_again(&job).await.unwrap();
                    }
                    "executions" => {
                        let job: RunExecution = serde_json::from_str(&entry.job).unwrap();
                        assert!(self.commands().work(&job).await.unwrap());
                    }
                    other => panic!("{other}"),
                }
            }
        }
    }

    /// What commands are worked on with.
    pub(super) fn commands(&self) -> Commands {
        Commands {
            db: self.app.database.db.clone(),
            hosts: self.app.app.hosts.clone(),
            clock: self.app.database.clock.clone(),
            stop: CancellationToken::new(),
        }
    }

    /// The first entry of the queue, which is about runs.
    pub(super) fn entry(&self) -> RunScenarios {
        serde_json::from_str(&self.entries()[0].job).unwrap()
    }

    /// What a worker that takes one run into its hands and dies leaves behind.
    pub(super) async fn taken_and_left(&self) -> RunScenarios {
        let job = self.entry();
        let (taken, now) = (job.clone(), self.now());
        let claimed = self.app.app.db.run(move |connection| Run::claim(connection, &taken.runs, taken.token, now));
        assert_eq!(claimed.await.unwrap().len(), 1);
        job
    }

    /// Its owner stops a run.
    pub(super) async fn stop(&self, id: RunId) {
        let (owner, now) = (self.owner.clone(), self.now());
        let stopped = self.app.app.db.transaction(move |connection| {
            let actor = owner.actor(connection, None)?;
            keep::stop(connection, &actor, id, now)
        });
        stopped.await.unwrap();
    }

    /// Runs of a scenario, the oldest first.
    pub(super) async fn runs(&self, id: ScenarioId) -> Vec<Run> {
        let mut runs = self.app.app.db.run(move |connection| Run::of_scenario(connection, id, 5_000)).await.unwrap();
        runs.reverse();
        runs
    }

    pub(super) async fn deliveries(&self, id: RunId) -> Vec<Delivery> {
        self.app.app.db.run(move |connection| Delivery::of_run(connection, id)).await.unwrap()
    }

    pub(super) async fn row(&self, id: ScenarioId) -> Scenario {
        self.app.app.db.run(move |connection| Scenario::by_id(connection, id)).await.unwrap()
    }

    pub(super) fn advance(&self, by: TimeDelta) {
        self.app.advance(by);
    }
}

/// A destination of this kind that goes through a channel.
pub(super) fn through(kind: &str, channel: ChannelId, settings: Value) -> NewDestination {
    NewDestination {
        kind: kind.to_owned(),
        settings,
        channel_id: Some(channel),
        condition: always(),
        at_most_once: false,
    }
}

/// `*/5 * * * *` in Seoul.
pub(super) fn each_five_minutes() -> Value {
    json!({ "when": { "kind": "cron", "expression": "*/5 * * * *" }, "time_zone": "Asia/Seoul" })
}

pub(super) fn always() -> Value {
    json!({ "kind": "always" })
}
