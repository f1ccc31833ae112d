//! Reading the servers of a run: several at the same time, each with its own patience and its own failure.

use chrono::{DateTime, Utc};
use futures_util::stream::{self, StreamExt};
use serde_json::{Map, Value};
use tokio::time::timeout;

use super::Scenarios;
use super::load::Loaded;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::actor::Actor;
use crate::models::runs::Run;
use crate::models::servers::Server;
use crate::models::source_marks::NewMark;
use crate::scenarios::reading::{READING_LIMIT, Reading};
use crate::scenarios::sources::{self, Asked, PATIENCE, Source};

/// Characters of what a server said where it could not be read.
const LONGEST_SAID: usize = 300;
/// Servers of one run that are read at the same time.
pub(in crate::scenarios) const AT_ONCE: usize = 16;

impl Scenarios {
    /// A reading of each server, with where the next ones go on; or why there is none at all.
    pub(super) async fn read(
        &self,
        loaded: &Loaded,
    ) -> Result<std::result::Result<(Vec<Reading>, Vec<NewMark>), Message>> {
        let (actor, servers) = match &loaded.place {
            Ok(place) => place,
            Err(nowhere) => return Ok(Err(nowhere.why.clone())),
        };
        let Some(source) = sources::of(&loaded.scenario.source) else {
            let unknown = Message::new("This version of hannun does not know the source {kind}");
            return Ok(Err(unknown.with("kind", &loaded.scenario.source)));
        };
        let settings = &loaded.scenario.source_settings;
        let run = &loaded.run;
        let at = run.scheduled_for.unwrap_or(run.queued_at);
        let readings: Vec<(Reading, Option<NewMark>)> = stream::iter(servers.clone())
            .map(|server| self.read_one(source, settings, (actor.clone(), server), (at, Some(run))))
            .buffered(AT_ONCE)
            .collect()
            .await;
        let (readings, marks): (Vec<_>, Vec<_>) = readings.into_iter().unzip();
        Ok(Ok((readings, marks.into_iter().flatten().collect())))
    }

    /// A reading of one server, with where the next one goes on. Without a run it is tried: nothing of it is kept.
    pub(in crate::scenarios) async fn read_one(
        &self,
        source: &Source,
        settings: &Value,
        (actor, server): (Actor, Server),
        (at, run): (DateTime<Utc>, Option<&Run>),
    ) -> (Reading, Option<NewMark>) {
        let name = server.name.clone();
        let host = self.hosts.of(actor, server);
        let asked = Asked {
            host: &host,
            settings,
            db: &self.db,
            clock: &self.clock,
            retention: &self.config.retention,
            at,
            run,
            hosts: &self.hosts,
        };
        let read = timeout(PATIENCE, (source.read)(asked)).await;
        let (values, mark, failed) = match read {
            Ok(Ok(found)) => match bounded(found.values) {
                Ok(values) => (values, found.mark, None),
                // What was not kept was not read.
                Err(why) => (Map::new(), None, Some(why)),
            },
            Ok(Err(error)) => (Map::new(), None, Some(told(&error))),
            Err(_) => {
                let why = Message::new("{server} did not answer within {seconds} s");
                (Map::new(), None, Some(why.with("server", &name).with("seconds", PATIENCE.as_secs())))
            }
        };
        (Reading { server: name, at: self.clock.now(), values, failed }, mark)
    }
}

/// Why a server was not read, with the first that it said itself.
fn told(error: &Error) -> Message {
    let said = match error {
        Error::Remote(remote) => remote.evidence(),
        _ => "",
    };
    let first = said.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    let first: String = first.chars().filter(|sign| *sign != '\0').take(LONGEST_SAID).collect();
    if first.is_empty() {
        return error.message();
    }
    Message::new("{why}: {said}").with_words("why", error.message()).with("said", first)
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
