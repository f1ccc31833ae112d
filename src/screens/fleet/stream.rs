//! What changes in the fleet, as it changes: rows, the numbers on top, the map.

use std::collections::HashMap;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use bytes::{Bytes, BytesMut};
use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream;
use serde::Deserialize;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::filter::FleetQuery;
use super::machine::{LastHour, Machine};
use super::page::{FleetEvent, Tally, map, strip};
use crate::app::App;
use crate::error::Result;
use crate::models::actor::Role;
use crate::models::ids::ServerId;
use crate::screens::gather;
use crate::web::chart::spectrum::Group;
use crate::web::events;
use crate::web::render::Render;
use crate::web::shell::Shell;
use crate::web::still_signed_in::StillSignedIn;

/// Between two events at least.
const PERIOD: Duration = Duration::from_secs(2);
/// The last hours are lines of minutes, so they are asked for once a minute.
const HOURS_KEPT: TimeDelta = TimeDelta::minutes(1);

/// Whether the page had a stream before this one.
#[derive(Debug, Deserialize)]
pub struct StreamQuery {
    /// It had, and missed what changed in between.
    #[serde(default)]
    again: bool,
}

/// Changes of the rows that the query asks for.
///
/// `GET /stream?group=db&again=true`
pub async fn index(
    query: web::Query<FleetQuery>,
    opened: web::Query<StreamQuery>,
    app: web::Data<App>,
    request: HttpRequest,
    render: Render,
) -> Result<HttpResponse> {
    let mut ticks = interval_at(Instant::now() + PERIOD, PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let watcher = Watcher {
        person: StillSignedIn::of(&request, &app)?,
        app: app.get_ref().clone(),
        query: query.into_inner(),
        shell: render.shell,
        ticks,
        shown: HashMap::new(),
        hours: HashMap::new(),
        hours_at: None,
        summary: None,
        is_first: true,
        again: opened.again,
        can_choose: false,
    };
    Ok(events::answer(stream::unfold(watcher, Watcher::next)))
}

/// One open stream, and what its page shows.
struct Watcher {
    person: StillSignedIn,
    app: App,
    query: FleetQuery,
    shell: Shell,
    ticks: Interval,
    shown: HashMap<ServerId, Machine>,
    hours: HashMap<ServerId, LastHour>,
    hours_at: Option<DateTime<Utc>>,
    summary: Option<(Tally, Vec<Group>)>,
    /// The page itself has just shown everything: the first look only remembers.
    is_first: bool,
    /// But for the numbers on top, after a pause: the page fetches its list again, not them.
    again: bool,
    /// Rows can be chosen.
    can_choose: bool,
}

impl Watcher {
    /// What changed since the last event; the stream ends with the session.
    async fn next(mut self) -> Option<(Bytes, Self)> {
        if !self.is_first {
            self.ticks.tick().await;
        }
        let actor = self.person.check(&self.app).await?;
        self.can_choose = actor.may(Role::Operator);
        let machines = gather::fleet(&self.app, actor.scope()).await.ok()?;
        self.shell.now = self.app.clock.now();
        let mut event = self.changes(machines).await?;
        if std::mem::take(&mut self.is_first) {
            event = event.filter(|event| self.again && event.summary.is_some());
            event = event.map(|event| FleetEvent { rows: Vec::new(), map: None, ..event });
        }
        let bytes = match event {
            Some(event) => {
                let mut bytes = BytesMut::new();
                for part in event.apart().into_iter().filter(|part| !part.is_empty()) {
                    bytes.extend_from_slice(&events::event("fleet", &part.render_with_values(&self.shell).ok()?));
                }
                bytes.freeze()
            }
            None => events::STILL_HERE,
        };
        Some((bytes, self))
    }

    /// The parts of the page that are another now; nothing inside where all is as it was.
    async fn changes(&mut self, machines: Vec<Machine>) -> Option<Option<FleetEvent>> {
        let summary = (Tally::of(&machines), strip(&machines, self.shell.language));
        let new_summary = (self.summary.as_ref() != Some(&summary)).then(|| summary.clone());
        self.summary = Some(summary);
        let mut found = self.query.answer(machines);
        if self.query.is_map() {
            let changed = self.remember(&found);
            let map = (!changed.is_empty()).then(|| map(&found, &self.query.by));
            let event = FleetEvent { summary: new_summary, rows: Vec::new(), map, can_choose: self.can_choose };
            return Some((event.summary.is_some() || event.map.is_some()).then_some(event));
        }
        self.add_hours(&mut found).await?;
        let rows = self.remember(&found);
        Some((new_summary.is_some() || !rows.is_empty()).then_some(FleetEvent {
            summary: new_summary,
            rows,
            map: None,
            can_choose: self.can_choose,
        }))
    }

    async fn add_hours(&mut self, machines: &mut [Machine]) -> Option<()> {
        let now = self.shell.now;
        if self.hours_at.is_none_or(|at| now - at >= HOURS_KEPT) {
            self.hours = gather::last_hours(&self.app, machines).await.ok()?;
            self.hours_at = Some(now);
        }
        for machine in machines {
            machine.hour = self.hours.get(&machine.id).cloned().unwrap_or_default();
        }
        Some(())
    }

    /// Those that look different from what was shown. "4 s ago" alone is no difference; "14 min ago" is.
    fn remember(&mut self, machines: &[Machine]) -> Vec<Machine> {
        let now = self.shell.now;
        let mut changed = Vec::new();
        for machine in machines {
            let minutes = machine.seen_at.map(|at| (now - at).num_minutes());
            let seen_at = minutes.map(|minutes| DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes));
            let look = Machine { seen_at, ..machine.clone() };
            if self.shown.get(&machine.id) != Some(&look) {
                self.shown.insert(machine.id, look);
                changed.push(machine.clone());
            }
        }
        changed
    }
}
