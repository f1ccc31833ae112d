//! Reading the servers of a run: several at the same time, each with its own patience and its own failure.

use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::Scenarios;
use super::load::Loaded;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::servers::Server;
use crate::scenarios::reading::{READING_LIMIT, Reading};
use crate::scenarios::sources::{self, Asked, PATIENCE, Source};

/// Servers of one run that are read at the same time.
pub(in crate::scenarios) const AT_ONCE: usize = 16;

impl Scenarios {
    /// A reading of each server; or why there is none at all.
    pub(super) async fn read(&self, loaded: &Loaded) -> Result<std::result::Result<Vec<Reading>, Message>> {
        let (actor, servers) = match &loaded.place {
            Ok(place) => place,
            Err(nowhere) => return Ok(Err(nowhere.why.clone())),
        };
        let Some(source) = sources::of(&loaded.scenario.source) else {
            let unknown = Message::new("This version of hannun does not know the source {kind}");
            return Ok(Err(unknown.with("kind", &loaded.scenario.source)));
        };
        let at = loaded.run.scheduled_for.unwrap_or(loaded.run.queued_at);
        let readings = stream::iter(servers.clone())
            .map(|server| self.read_one(source, &loaded.scenario.source_settings, (actor.clone(), server), at))
            .buffered(AT_ONCE)
            .collect()
            .await;
        Ok(Ok(readings))
    }

    pub(in crate::scenarios) async fn read_one(
        &self,
        source: &Source,
        settings: &Value,
        (actor, server): (Actor, Server),
        at: chrono::DateTime<chrono::Utc>,
    ) -> Reading {
        let name = server.name.clone();
        let host = self.hosts.of(actor, server);
        let asked =
            Asked { host: &host, settings, db: &self.db, clock: &self.clock, retention: &self.config.retention, at };
        let read = timeout(PATIENCE, (source.read)(asked)).await;
        let (values, failed) = match read {
            Ok(Ok(values)) => match bounded(values) {
                Ok(values) => (values, None),
                Err(why) => (Map::new(), Some(why)),
            },
            Ok(Err(error)) => (Map::new(), Some(error.message())),
            Err(_) => {
                let why = Message::new("{server} did not answer within {seconds} s");
                (Map::new(), Some(why.with("server", &name).with("seconds", PATIENCE.as_secs())))
            }
        };
        Reading { server: name, at: self.clock.now(), values, failed }
    }
}

/// PostgreSQL refuses NUL in any text, and what has no end is not kept (X01).
fn bounded(values: Map<String, Value>) -> std::result::Result<Map<String, Value>, Message> {
    let text = Value::Object(values).to_string();
    if text.len() > READING_LIMIT {
        return Err(Message::new("What was read has more than 64 KiB"));
    }
    let cleaned = if text.contains("\\u0000") { text.replace("\\u0000", "\\ufffd") } else { text };
    serde_json::from_str(&cleaned).map_err(|_no_json| Message::new("What was read is not to be understood"))
}
