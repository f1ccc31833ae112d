//! The rows of the fleet: one question about everything that is stored, and the numbers from memory.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::{StreamExt, TryStreamExt, stream};

use super::{Stored, seen};
use crate::app::App;
use crate::error::{Error, RemoteError, Result};
use crate::metrics::catalogue::Metric;
use crate::metrics::health::Health;
use crate::metrics::line::Line;
use crate::metrics::live::Live;
use crate::metrics::series::Question;
use crate::models::actor::Scope;
use crate::models::alarms::Alarm;
use crate::models::groups::Group;
use crate::models::ids::ServerId;
use crate::models::platforms::DetectedPlatform;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;
use crate::screens::fleet::machine::{LastHour, Machine};
use crate::screens::overview::unreachable::Neighbours;
use crate::web::condition;
use crate::web::visitor::Person;

/// Every server that `scope` may know of, as the fleet shows it; the last hour of the shown ones comes with [`last_hours`].
pub async fn fleet(app: &App, scope: &Scope) -> Result<Vec<Machine>> {
    app.live.refresh().await;
    Ok(FleetRows::load(app, scope.clone()).await?.machines(&app.live, app.clock.now()))
}

/// What is stored about all servers.
struct FleetRows {
    servers: Vec<Server>,
    groups: BTreeMap<ServerId, Vec<Group>>,
    platforms: HashMap<ServerId, DetectedPlatform>,
    states: HashMap<ServerId, ServerState>,
    /// What checks found.
    alarms: HashMap<ServerId, Vec<Alarm>>,
}

impl FleetRows {
    async fn load(app: &App, scope: Scope) -> Result<Self> {
        app.db
            .run(move |connection| {
                let servers = Server::all(connection, &scope)?;
                let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
                let platforms = DetectedPlatform::of_all(connection, &ids)?;
                let states = ServerState::all(connection, &scope)?;
                Ok::<_, Error>(Self {
                    groups: Server::groups_of(connection, &ids)?,
                    platforms: platforms.into_iter().map(|platform| (platform.server_id, platform)).collect(),
                    states: states.into_iter().map(|state| (state.server_id, state)).collect(),
                    alarms: Alarm::all(connection)?,
                    servers,
                })
            })
            .await
    }

    fn machines(mut self, live: &Live, now: DateTime<Utc>) -> Vec<Machine> {
        let servers = std::mem::take(&mut self.servers);
        servers.into_iter().map(|server| self.machine(server, live, now)).collect()
    }

    fn machine(&mut self, server: Server, live: &Live, now: DateTime<Utc>) -> Machine {
        let state = self.states.get(&server.id);
        let alarms = self.alarms.get(&server.id).map(Vec::as_slice).unwrap_or_default();
        let health = Health::of(&server, state, live, now).with(Alarm::worst(alarms, now));
        let platform = self.platforms.get(&server.id);
        let groups = self.groups.remove(&server.id).unwrap_or_default();
        Machine {
            level: health.level,
            why: condition::reason(&health),
            reason: health.problem.as_ref().map(RemoteError::brief),
            groups: groups.into_iter().map(|group| group.name).collect(),
            labels: server.labels.0.iter().map(|(key, value)| format!("{key}={value}")).collect(),
            system: platform.map(DetectedPlatform::short_system).unwrap_or_default(),
            cores: platform.and_then(|platform| platform.cores).and_then(|cores| u32::try_from(cores).ok()),
            vitals: health.vitals.unwrap_or_default(),
            load: live.latest(server.id).and_then(|latest| latest.value(Metric::Load1)).map(f64::from),
            seen_at: seen(live.latest(server.id).as_deref(), state),
            hour: LastHour::default(),
            id: server.id,
            name: server.name,
            address: server.address,
        }
    }
}

/// Other servers of the same network as this one, by whether they answer.
pub async fn neighbours(app: &App, person: &Person, stored: &Stored) -> Result<Neighbours> {
    let rows = FleetRows::load(app, person.actor.scope().clone()).await?;
    let answers = |server: &Server| rows.states.get(&server.id).is_some_and(|state| state.state == State::Up);
    let others = rows.servers.iter().filter(|server| server.enabled && server.id != stored.server.id);
    Ok(Neighbours::of(&stored.server.address, others.map(|server| (server.address.as_str(), answers(server)))))
}

/// Questions about last hours that are asked at the same time.
const AT_ONCE: usize = 4;

/// The last hour of these machines in minutes: for the rows that are shown.
pub async fn last_hours(app: &App, machines: &[Machine]) -> Result<HashMap<ServerId, LastHour>> {
    let wanted = machines.iter().filter(|machine| machine.answers());
    stream::iter(wanted.map(|machine| last_hour(app, machine))).buffer_unordered(AT_ONCE).try_collect().await
}

/// Gives each of these machines its last hour.
pub async fn add_last_hours(app: &App, machines: &mut [Machine]) -> Result<()> {
    let mut hours = last_hours(app, machines).await?;
    for machine in machines {
        machine.hour = hours.remove(&machine.id).unwrap_or_default();
    }
    Ok(())
}

async fn last_hour(app: &App, machine: &Machine) -> Result<(ServerId, LastHour)> {
    let now = app.clock.now();
    let from = now - TimeDelta::hours(1);
    let metrics = vec![Metric::CpuTotal, Metric::MemoryPercent, Metric::FilesystemPercent];
    let question = Question { server: machine.id, metrics, from, to: now, points: 60 };
    let lines = question.answer(&app.db, now, &app.config.retention).await?;
    let mount = machine.vitals.disk.as_ref().map_or("", |(mount, _)| mount.as_str());
    let minutes = |metric: Metric, device: &str| {
        let line = lines.iter().find(|line| line.metric == metric && line.device == device);
        line.map(|line| by_minute(line, from)).unwrap_or_default()
    };
    let hour = LastHour {
        cpu: minutes(Metric::CpuTotal, ""),
        memory: minutes(Metric::MemoryPercent, ""),
        disk: minutes(Metric::FilesystemPercent, mount),
    };
    Ok((machine.id, hour))
}

/// A value or nothing for each of the 60 minutes after `from`.
fn by_minute(line: &Line, from: DateTime<Utc>) -> Vec<Option<f64>> {
    let mut minutes = vec![None; 60];
    for point in &line.points {
        let minute = usize::try_from((point.at - from.timestamp()).div_euclid(60)).ok();
        if let Some(place) = minute.and_then(|minute| minutes.get_mut(minute)) {
            *place = Some(f64::from(point.mean));
        }
    }
    minutes
}
