//! What each source reads: on real systems where it asks them, and of our own tables where it does not.

mod commands;
mod declared;
mod files;
mod own_tables;
mod systems;
mod urls;

use chrono::TimeDelta;
use hannun::models::ids::ScenarioId;
use hannun::models::scenarios::NewScenario;
use hannun::models::servers::Server;
use hannun::remote::Endpoint;
use hannun::scenarios::fields::accept;
use hannun::scenarios::reading::{Reading, stored};
use hannun::scenarios::sources;
use serde_json::{Value, json};

use super::{Stage, always, each_five_minutes};
use crate::harness::known;
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;

/// A scenario that reads one server, `app-1`, and tells two destinations: of what was read, and of what could not be.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) server: Server,
    pub(super) id: ScenarioId,
}

/// What was entered for a source, as it is kept.
pub(super) fn settings(kind: &str, entered: &Value) -> Value {
    let source = sources::of(kind).unwrap();
    let settings = Value::Object(accept(source.fields, entered).unwrap());
    let problems = (source.problems)(&settings);
    assert!(problems.is_empty(), "{problems:?}");
    settings
}

impl Scene {
    pub(super) async fn set(endpoint: &Endpoint, kind: &str, entered: &Value) -> Self {
        let stage = Stage::set(|_| ok("")).await;
        // Servers that are real tell of no other time.
        stage.app.catch_up();
        let server = known::add(&stage.app, "app-1", endpoint).await;
        let new = NewScenario {
            source: kind.to_owned(),
            source_settings: settings(kind, entered),
            servers: vec!["app-1".to_owned()],
            ..due(each_five_minutes(), stage.now())
        };
        let destinations = vec![stage.post(always()), stage.post(json!({ "kind": "failed" }))];
        let id = stage.add(new, destinations).await;
        Self { stage, server, id }
    }

    /// What is entered instead from now on.
    pub(super) fn enter(&self, kind: &str, entered: &Value) {
        let settings = settings(kind, entered).to_string().replace('\'', "''");
        self.stage.execute(&format!(
            "update scenarios set source = '{kind}', source_settings = '{settings}'::jsonb where id = {}",
            self.id
        ));
    }

    /// Lets it be due, without working on it.
    pub(super) async fn fire(&self) {
        let next = self.stage.row(self.id).await.next_slot.unwrap();
        self.stage.advance((next - self.stage.now()).max(TimeDelta::zero()));
        assert_eq!(self.stage.fire().await, 1);
    }

    /// One more run; what it read.
    pub(super) async fn reads(&self) -> Reading {
        self.fire().await;
        self.stage.work_off().await;
        self.reading().await
    }

    /// What the last run read.
    pub(super) async fn reading(&self) -> Reading {
        let run = self.stage.runs(self.id).await.pop().unwrap();
        let mut readings = stored(&run.readings);
        assert_eq!(readings.len(), 1, "{run:?}");
        readings.remove(0)
    }

    /// One more run; its values.
    pub(super) async fn values(&self) -> Value {
        let reading = self.reads().await;
        assert_eq!(reading.failed, None);
        Value::Object(reading.values)
    }

    /// One more run, which could not read; why.
    pub(super) async fn fails(&self) -> String {
        let reading = self.reads().await;
        reading.failed.unwrap_or_else(|| panic!("{:?}", reading.values)).to_string()
    }
}
