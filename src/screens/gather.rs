//! What pages about servers are made of: rows from the database, numbers from memory. The only file here that asks for them.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use super::about::About;
use super::fleet::machine::{LastHour, Machine};
use super::health::{Level, Vitals};
use super::range::Range;
use crate::app::App;
use crate::error::Result;
use crate::metrics::catalogue::Metric;
use crate::metrics::live::{Latest, Live};
use crate::models::actor::Scope;
use crate::models::groups::Group;
use crate::models::ids::ServerId;
use crate::models::platforms::DetectedPlatform;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;

/// Numbers older than this are not "now".
const FRESH: TimeDelta = TimeDelta::seconds(90);

/// Over how long processors must be busy to worry anybody.
const BUSY_FOR: TimeDelta = TimeDelta::minutes(5);

/// What is stored about one server.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its row.
    pub server: Server,
    /// Its groups, by name.
    pub groups: Vec<Group>,
    /// What it runs, once detected.
    pub platform: Option<DetectedPlatform>,
    /// How the last contact left it.
    pub state: Option<ServerState>,
}

impl Stored {
    /// The server of `name`, if `scope` may know of it.
    pub async fn load(app: &App, scope: &Scope, name: &str) -> Result<Self> {
        let (scope, name) = (scope.clone(), name.to_owned());
        app.db
            .run(move |connection| {
                let server = Server::by_name(connection, &scope, &name)?;
                Ok::<_, crate::error::Error>(Self {
                    groups: server.groups(connection)?,
                    platform: DetectedPlatform::of(connection, server.id)?,
                    state: ServerState::of(connection, server.id)?,
                    server,
                })
            })
            .await
    }

    /// How it is: its stored state, or what its numbers say.
    pub fn health(&self, live: &Live, now: DateTime<Utc>) -> (Level, Option<crate::language::Message>) {
        judge(&self.server, self.state.as_ref(), || vitals(live, self.server.id, now))
    }

    /// The server on the page at `path`.
    pub fn about(&self, here: &str, level: Level) -> About {
        About {
            name: self.server.name.clone(),
            path: format!("/servers/{}", self.server.name),
            here_path: here.split('?').next().unwrap_or_default().to_owned(),
            here: here.to_owned(),
            level,
            away: None,
        }
    }

    /// Seconds without a number that are a gap: two missed samples and some.
    pub fn tolerance(&self, resolution: u32) -> f64 {
        2.5 * f64::from(self.server.sampling_seconds).max(f64::from(resolution))
    }
}

/// The level of a server, and why. Its numbers count only while it answers.
fn judge(
    server: &Server,
    state: Option<&ServerState>,
    vitals: impl FnOnce() -> Option<Vitals>,
) -> (Level, Option<crate::language::Message>) {
    if !server.enabled {
        return (Level::Paused, None);
    }
    match state.map_or(State::Unknown, |state| state.state) {
        State::Unknown => (Level::Unknown, None),
        State::Paused => (Level::Paused, None),
        State::Unreachable | State::Refused => (Level::Unreachable, None),
        State::Up => vitals().map_or((Level::Up, None), |vitals| vitals.judge()),
    }
}

/// The latest numbers of a server, if they are of now.
pub fn vitals(live: &Live, server: ServerId, now: DateTime<Utc>) -> Option<Vitals> {
    let latest = live.latest(server).filter(|latest| now - latest.at < FRESH)?;
    let known = |metric| latest.value(metric).map(f64::from);
    let disk = latest
        .devices(Metric::FilesystemPercent)
        .max_by(|(_, one), (_, other)| one.total_cmp(other))
        .map(|(mount, percent)| (mount.to_owned(), f64::from(percent)));
    let begin = (now - BUSY_FOR).timestamp();
    let recent = live.server(server).recent(&[Metric::CpuTotal]);
    let points = || recent.iter().flat_map(|line| &line.points);
    let lately: Vec<f64> = points().filter(|point| point.at >= begin).map(|point| f64::from(point.mean)).collect();
    let watched = points().map(|point| point.at).min().is_some_and(|first| first <= begin + 60);
    #[expect(clippy::cast_precision_loss, reason = "a count of points")]
    let busy = (watched && !lately.is_empty()).then(|| lately.iter().sum::<f64>() / lately.len() as f64);
    Some(Vitals { cpu: known(Metric::CpuTotal), busy, memory: known(Metric::MemoryPercent), disk })
}

/// Every server that `scope` may know of, as the fleet shows it.
pub async fn fleet(app: &App, scope: &Scope) -> Result<Vec<Machine>> {
    let rows = FleetRows::load(app, scope.clone()).await?;
    let now = app.clock.now();
    let ids: Vec<ServerId> = rows.servers.iter().map(|server| server.id).collect();
    let mut hours = app.last_hours.of(app, &ids).await?;
    Ok(rows.machines(&app.live, now, |id| hours.remove(&id).unwrap_or_default()))
}

/// What is stored about all servers.
struct FleetRows {
    servers: Vec<Server>,
    groups: std::collections::BTreeMap<ServerId, Vec<Group>>,
    platforms: HashMap<ServerId, DetectedPlatform>,
    states: HashMap<ServerId, ServerState>,
}

impl FleetRows {
    async fn load(app: &App, scope: Scope) -> Result<Self> {
        app.db
            .run(move |connection| {
                let servers = Server::all(connection, &scope)?;
                let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
                let platforms = DetectedPlatform::of_all(connection, &ids)?;
                let states = ServerState::all(connection, &scope)?;
                Ok::<_, crate::error::Error>(Self {
                    groups: Server::groups_of(connection, &ids)?,
                    platforms: platforms.into_iter().map(|platform| (platform.server_id, platform)).collect(),
                    states: states.into_iter().map(|state| (state.server_id, state)).collect(),
                    servers,
                })
            })
            .await
    }

    fn machines(
        mut self,
        live: &Live,
        now: DateTime<Utc>,
        mut hour: impl FnMut(ServerId) -> LastHour,
    ) -> Vec<Machine> {
        let servers = std::mem::take(&mut self.servers);
        servers.into_iter().map(|server| self.machine(server, live, now, &mut hour)).collect()
    }

    fn machine(
        &mut self,
        server: Server,
        live: &Live,
        now: DateTime<Utc>,
        hour: &mut impl FnMut(ServerId) -> LastHour,
    ) -> Machine {
        let state = self.states.get(&server.id);
        let vitals = vitals(live, server.id, now);
        let (level, why) = judge(&server, state, || vitals.clone());
        let platform = self.platforms.get(&server.id);
        let groups = self.groups.remove(&server.id).unwrap_or_default();
        Machine {
            level,
            why,
            reason: state.map(|state| state.reason.clone()).filter(|reason| !reason.is_empty()),
            groups: groups.into_iter().map(|group| group.name).collect(),
            labels: server.labels.0.iter().map(|(key, value)| format!("{key}={value}")).collect(),
            system: platform.map(system).unwrap_or_default(),
            cores: platform.and_then(|platform| platform.cores).and_then(|cores| u32::try_from(cores).ok()),
            vitals: vitals.unwrap_or_default(),
            load: live.latest(server.id).and_then(|latest| latest.value(Metric::Load1)).map(f64::from),
            seen_at: seen(live.latest(server.id).as_deref(), state),
            hour: hour(server.id),
            name: server.name,
            address: server.address,
        }
    }
}

/// The last answer: of the sampler, or of whatever asked it before hannun started.
pub fn seen(latest: Option<&Latest>, state: Option<&ServerState>) -> Option<DateTime<Utc>> {
    latest.map(|latest| latest.at).max(state.and_then(|state| state.seen_at))
}

/// `Rocky Linux 9.4`, or what is known of it.
pub fn system(platform: &DetectedPlatform) -> String {
    if platform.pretty_name.is_empty() {
        [platform.os.as_str(), &platform.version].join(" ").trim().to_owned()
    } else {
        platform.pretty_name.clone()
    }
}
