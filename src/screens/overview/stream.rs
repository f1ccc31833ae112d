//! What happens on one server, as it happens: its numbers each second, and that its state is another one.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::app::App;
use crate::error::Result;
use crate::metrics::live::{Latest, Subscription};
use crate::models::ids::ServerId;
use crate::screens::gather::Stored;
use crate::screens::health::Level;
use crate::web::events;
use crate::web::extract::SignedIn;
use crate::web::still_signed_in::StillSignedIn;

/// How often the stored state is looked at, and whether the person may still see it (A07, Z02).
const LOOK: Duration = Duration::from_secs(3);

/// One server's numbers as they come, and its changes of state.
///
/// `GET /servers/{server}/stream`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    request: HttpRequest,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, &person.actor.scope, &path).await?;
    let (level, _) = stored.health(&app.live, app.clock.now());
    let server = app.live.server(stored.server.id);
    let first = server.latest().map(|latest| events::event("metrics", &sample(&latest)));
    let mut looks = interval_at(Instant::now() + LOOK, LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower {
        id: stored.server.id,
        name: path.into_inner(),
        phase: Phase::of(level),
        person: StillSignedIn::of(&request, &app)?,
        values: server.subscribe(),
        looks,
        app: app.get_ref().clone(),
        first,
    };
    Ok(events::answer(stream::unfold(follower, Follower::next)))
}

/// What the page is like: it fetches itself again when this is another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Nobody has asked the server yet.
    New,
    /// Its numbers come.
    Answering,
    /// It does not answer, or is paused.
    Away,
}

impl Phase {
    fn of(level: Level) -> Self {
        match level {
            Level::Unknown => Self::New,
            level if level.answers() => Self::Answering,
            _ => Self::Away,
        }
    }
}

/// One open stream.
struct Follower {
    id: ServerId,
    name: String,
    phase: Phase,
    person: StillSignedIn,
    values: Subscription,
    looks: Interval,
    app: App,
    first: Option<Bytes>,
}

impl Follower {
    /// The next event; the stream ends with the session, or with the server.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if let Some(first) = self.first.take() {
            return Some((first, self));
        }
        let event = tokio::select! {
            latest = self.values.next() => events::event("metrics", &sample(&latest)),
            _ = self.looks.tick() => self.look().await?,
        };
        Some((event, self))
    }

    /// Whether the page is still what it was; nothing where nobody may look any more.
    async fn look(&mut self) -> Option<Bytes> {
        let actor = self.person.check(&self.app).await?;
        let stored = Stored::load(&self.app, &actor.scope, &self.name).await.ok()?;
        if stored.server.id != self.id {
            return None;
        }
        let (level, _) = stored.health(&self.app.live, self.app.clock.now());
        let phase = Phase::of(level);
        if phase == self.phase {
            return Some(events::ALIVE);
        }
        self.phase = phase;
        Some(events::event("state", level.dot()))
    }
}

/// One sample for the charts of a page: `{"at": 1763900000.25, "values": {"cpu.total": 12.5, "disk.read sda": 0}}`.
fn sample(latest: &Latest) -> String {
    let mut values = Map::new();
    for (name, value) in &latest.values {
        let key = match &*name.device {
            "" => name.metric.name().to_owned(),
            device => format!("{} {device}", name.metric.name()),
        };
        values.insert(key, Value::from((f64::from(*value) * 1000.0).round() / 1000.0));
    }
    #[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch are exact in a double")]
    let at = latest.at.timestamp_millis() as f64 / 1000.0;
    json!({ "at": at, "values": values }).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::SeriesName;
    use crate::metrics::catalogue::Metric;

    #[test]
    fn a_sample_is_one_line_whatever_a_device_is_called() {
        let name = |metric, device: &str| SeriesName { metric, device: device.into() };
        let latest = Latest {
            at: chrono::DateTime::from_timestamp_millis(1_763_900_000_250).unwrap(),
            values: vec![(name(Metric::CpuTotal, ""), 12.5), (name(Metric::DiskRead, "s\nda\""), 0.0)],
            memory: None,
            uptime_seconds: 1.0,
            busy: None,
            filesystems: [].into(),
        };
        let text = sample(&latest);
        assert_eq!(text, r#"{"at":1763900000.25,"values":{"cpu.total":12.5,"disk.read s\nda\"":0.0}}"#);
        assert!(!text.contains('\n'));
    }
}
