//! What happens on one server, as it happens: its numbers each second, and that its state is another one.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::stream;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::app::App;
use crate::error::Result;
use crate::language::Language;
use crate::metrics::health::Level;
use crate::metrics::live::{Latest, Subscription};
use crate::models::ids::ServerId;
use crate::screens::gather::Stored;
use crate::web::events;
use crate::web::extract::SignedIn;
use crate::web::still_signed_in::StillSignedIn;
use crate::web::visitor::Visitor;

/// How often the stored state is looked at, and whether the person may still see it (A07, Z02).
const LOOK: Duration = Duration::from_secs(3);

/// What the page shows when it opens its stream.
#[derive(Debug, Deserialize)]
pub struct StreamQuery {
    /// The dot of the level on the page.
    #[serde(default)]
    shown: String,
}

/// One server's numbers as they come, and its changes of level: also the one between the page and its stream.
///
/// `GET /servers/{server}/stream?shown=up`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    query: web::Query<StreamQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    visitor: Visitor,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let shown = Level::ALL.into_iter().find(|known| known.dot() == query.shown);
    let server = app.live.server(stored.server.id);
    let first = server.latest().map(|latest| events::event("metrics", &sample(&latest)));
    let mut looks = interval_at(Instant::now(), LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let follower = Follower {
        id: stored.server.id,
        name: path.into_inner(),
        shown: shown.unwrap_or(level),
        person: StillSignedIn::of(&request, &app)?,
        values: server.subscribe(),
        looks,
        app: app.get_ref().clone(),
        language: visitor.language,
        first,
    };
    Ok(events::answer(stream::unfold(follower, Follower::next)))
}

/// One open stream.
struct Follower {
    id: ServerId,
    name: String,
    /// The level that the page shows.
    shown: Level,
    person: StillSignedIn,
    values: Subscription,
    looks: Interval,
    app: App,
    language: Language,
    first: Option<Bytes>,
}

impl Follower {
    /// The next event; the stream ends with the session, or with the server.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if let Some(first) = self.first.take() {
            return Some((first, self));
        }
        let event = tokio::select! {
            latest = self.values.next() => {
                if !self.shown.answers() || self.shown == Level::Unknown {
                    // It answers again: no reason to wait for the next look.
                    self.looks.reset_immediately();
                }
                events::event("metrics", &sample(&latest))
            }
            _ = self.looks.tick() => self.look().await?,
        };
        Some((event, self))
    }

    /// Whether the page still shows the truth; nothing where nobody may look any more.
    async fn look(&mut self) -> Option<Bytes> {
        let actor = self.person.check(&self.app).await?;
        let stored = Stored::load(&self.app, actor.scope(), &self.name).await.ok()?;
        if stored.server.id != self.id {
            return None;
        }
        let level = stored.health(&self.app.live, self.app.clock.now()).level;
        if level == self.shown {
            return Some(events::STILL_HERE);
        }
        // A server that does not answer has a page of its own at the same address.
        let other_page = !(level.answers() && self.shown.answers());
        self.shown = level;
        let word = self.language.translate(level.label());
        let data = json!({ "dot": level.dot(), "word": word, "otherPage": other_page });
        Some(events::event("level", &data.to_string()))
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
