//! A server as the API shows it.

use std::collections::{BTreeMap, HashMap};

use chrono::{DateTime, Utc};
use serde::Serialize;
use utoipa::ToSchema;

use crate::api::paging::Key;
use crate::db::Connection;
use crate::error::{Error, RemoteError, Result};
use crate::metrics::live::Live;
use crate::models::actor::Scope;
use crate::models::credentials::Credential;
use crate::models::host_keys::HostKey;
use crate::models::ids::{CredentialId, ServerId};
use crate::models::platforms::DetectedPlatform;
use crate::models::server_states::{ServerState, State};
use crate::models::servers::Server;

/// A machine that is reached by SSH.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Server)]
pub struct ServerView {
    /// Its name, by which it is addressed.
    #[schema(example = "web-1")]
    pub name: String,
    /// Host name or IP address.
    #[schema(example = "10.0.0.7")]
    pub address: String,
    /// The port of its SSH server.
    pub port: u16,
    /// The name of the credential that hannun signs in with; null: none yet.
    pub credential: Option<String>,
    /// The server that it is reached through; null: directly, or one that the token may not know of.
    pub jump_server: Option<String>,
    /// The groups it is in.
    pub groups: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// What people wrote about it.
    pub note: String,
    /// False: paused, not a packet is sent.
    pub enabled: bool,
    /// Seconds between samples while nobody looks.
    pub sampling_seconds: u32,
    /// Whether old SSH algorithms are allowed for it.
    pub legacy_algorithms: bool,
    /// How far hannun may go there, whoever asks: `watch`, `read-files`, `change`, `terminal`. Its groups may narrow that.
    pub allow: &'static str,
    /// The file that it came from; it is changed there.
    pub managed_by: Option<String>,
    /// What is true of it now.
    pub state: StateView,
    /// `unknown` (nobody approved a key), `trusted`, or `changed` (it presents another key than the approved one).
    pub host_key: &'static str,
    /// What it runs; null until it was detected.
    pub platform: Option<PlatformView>,
    /// The latest figures of the whole server; null while there are none.
    pub metrics: Option<FiguresView>,
    /// When it was added.
    pub created_at: DateTime<Utc>,
    /// When it was last changed.
    pub updated_at: DateTime<Utc>,
}

/// What is true of a server now, as the last contact left it.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = State)]
pub struct StateView {
    /// `unknown`, `up`, `unreachable`, `refused` or `paused`.
    pub state: &'static str,
    /// Since when; null while nobody has asked it yet.
    pub since: Option<DateTime<Utc>>,
    /// When it was last asked.
    pub checked_at: Option<DateTime<Utc>>,
    /// When it last answered.
    pub seen_at: Option<DateTime<Utc>>,
    /// Why it is not up.
    pub reason: Option<ReasonView>,
}

/// Why a server is not up.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Reason)]
pub struct ReasonView {
    /// A stable word: `host-key-changed`.
    pub code: String,
    /// What happened.
    pub detail: String,
    /// What to do about it.
    pub hint: String,
}

/// What a server runs.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Platform)]
pub struct PlatformView {
    /// `linux`, `freebsd`, `macos`.
    pub os: String,
    /// `ID` of os-release: `debian`, `rocky`, `alpine`.
    pub distro: String,
    /// `ID_LIKE` of os-release, in its order.
    pub like: Vec<String>,
    /// `9.4`
    pub version: String,
    /// `x86_64`, `aarch64`.
    pub arch: String,
    /// What people call it.
    pub pretty_name: String,
    /// The kernel's release.
    pub kernel: String,
    /// The server's own name for itself.
    pub hostname: String,
    /// Logical processors.
    pub cores: Option<u32>,
    /// The processor's name.
    pub cpu_model: String,
    /// Installed memory, bytes.
    pub memory_bytes: Option<u64>,
    /// When it was booted, by its own clock.
    pub booted_at: Option<DateTime<Utc>>,
    /// `Asia/Seoul`, or an offset.
    pub time_zone: String,
    /// `kvm`, `lxc`; `none` on bare metal.
    pub virtualisation: String,
    /// When this was found out.
    pub detected_at: DateTime<Utc>,
}

/// The latest figures of a whole server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Figures)]
pub struct FiguresView {
    /// When they were asked for.
    pub at: DateTime<Utc>,
    /// Metric → value, in the metric's unit: percentages 0–100, sizes in bytes.
    #[schema(example = json!({"cpu.total": 3.5, "memory.used_percent": 41.0}))]
    pub values: BTreeMap<&'static str, f32>,
}

impl ServerView {
    /// The texts that a search looks at.
    pub(super) fn texts(&self) -> Vec<&str> {
        let mut texts = vec![self.name.as_str(), &self.address, &self.note];
        texts.extend(self.labels.iter().flat_map(|(key, value)| [key.as_str(), value]));
        texts.extend(self.groups.iter().map(String::as_str));
        texts.extend(self.platform.iter().map(|platform| platform.pretty_name.as_str()));
        texts
    }

    /// What the server is ordered by, for one of its figures.
    pub(super) fn metric(&self, name: &str) -> Key {
        Key::number(self.metrics.as_ref().and_then(|figures| figures.values.get(name)).map(|value| f64::from(*value)))
    }
}

impl From<DetectedPlatform> for PlatformView {
    fn from(row: DetectedPlatform) -> Self {
        Self {
            os: row.os,
            distro: row.distro,
            like: row.distro_like,
            version: row.version,
            arch: row.arch,
            pretty_name: row.pretty_name,
            kernel: row.kernel,
            hostname: row.hostname,
            cores: row.cores.and_then(|cores| u32::try_from(cores).ok()),
            cpu_model: row.cpu_model,
            memory_bytes: row.memory_bytes.and_then(|bytes| u64::try_from(bytes).ok()),
            booted_at: row.booted_at,
            time_zone: row.time_zone,
            virtualisation: row.virtualisation,
            detected_at: row.detected_at,
        }
    }
}

/// One server as it is shown to somebody who may know of `scope`.
pub(super) fn one(connection: &mut Connection, scope: &Scope, live: &Live, server: Server) -> Result<ServerView> {
    views(connection, scope, live, vec![server])?.pop().ok_or(Error::NotFound("The server"))
}

/// Many servers at once, in their order.
pub(super) fn views(
    connection: &mut Connection,
    scope: &Scope,
    live: &Live,
    servers: Vec<Server>,
) -> Result<Vec<ServerView>> {
    let mut around = Around::load(connection, scope, &servers)?;
    Ok(servers.into_iter().map(|server| around.view(server, live)).collect())
}

/// What else is known of some servers.
struct Around {
    groups: BTreeMap<ServerId, Vec<String>>,
    states: HashMap<ServerId, ServerState>,
    platforms: HashMap<ServerId, DetectedPlatform>,
    trusted: Vec<ServerId>,
    credentials: HashMap<CredentialId, String>,
    names: HashMap<ServerId, String>,
}

impl Around {
    fn load(connection: &mut Connection, scope: &Scope, servers: &[Server]) -> Result<Self> {
        let ids: Vec<ServerId> = servers.iter().map(|server| server.id).collect();
        let groups = Server::groups_of(connection, &ids)?
            .into_iter()
            .map(|(server, groups)| (server, groups.into_iter().map(|group| group.name).collect()))
            .collect();
        let jumps = servers.iter().any(|server| server.jump_server_id.is_some());
        let known = if jumps { Server::all(connection, scope)? } else { Vec::new() };
        Ok(Self {
            groups,
            states: ServerState::all(connection, scope)?.into_iter().map(|state| (state.server_id, state)).collect(),
            platforms: DetectedPlatform::of_all(connection, &ids)?
                .into_iter()
                .map(|row| (row.server_id, row))
                .collect(),
            trusted: HostKey::trusted_of_all(connection, &ids)?.into_iter().map(|key| key.server_id).collect(),
            credentials: Credential::all(connection)?.into_iter().map(|row| (row.id, row.name)).collect(),
            names: known.into_iter().map(|server| (server.id, server.name)).collect(),
        })
    }

    fn view(&mut self, server: Server, live: &Live) -> ServerView {
        let state = self.states.remove(&server.id);
        let changed = state
            .as_ref()
            .and_then(ServerState::why)
            .is_some_and(|why| matches!(why, RemoteError::HostKeyChanged { .. }));
        let trusted = self.trusted.contains(&server.id);
        ServerView {
            credential: server.credential_id.and_then(|id| self.credentials.get(&id).cloned()),
            jump_server: server.jump_server_id.and_then(|id| self.names.get(&id).cloned()),
            groups: self.groups.remove(&server.id).unwrap_or_default(),
            state: StateView::new(state, server.enabled),
            host_key: if changed {
                "changed"
            } else if trusted {
                "trusted"
            } else {
                "unknown"
            },
            platform: self.platforms.remove(&server.id).map(PlatformView::from),
            metrics: figures(live, server.id),
            name: server.name,
            address: server.address,
            port: u16::try_from(server.port).unwrap_or_default(),
            labels: server.labels.0,
            note: server.note,
            enabled: server.enabled,
            sampling_seconds: u32::try_from(server.sampling_seconds).unwrap_or_default(),
            legacy_algorithms: server.legacy_algorithms,
            allow: server.allow.name(),
            managed_by: server.managed_by,
            created_at: server.created_at,
            updated_at: server.updated_at,
        }
    }
}

impl StateView {
    fn new(row: Option<ServerState>, enabled: bool) -> Self {
        let Some(row) = row else {
            let state = if enabled { State::Unknown } else { State::Paused };
            return Self { state: state.name(), since: None, checked_at: None, seen_at: None, reason: None };
        };
        let reason = row.why().map(|why| ReasonView {
            code: why.code().to_owned(),
            detail: why.to_string(),
            hint: why.advice().next_step.to_string(),
        });
        Self {
            state: row.state.name(),
            since: Some(row.since),
            checked_at: Some(row.checked_at),
            seen_at: row.seen_at,
            reason,
        }
    }
}

/// The latest values of the whole server, without those of its devices.
fn figures(live: &Live, server: ServerId) -> Option<FiguresView> {
    let latest = live.latest(server)?;
    let values = latest
        .values
        .iter()
        .filter(|(series, _)| series.device.is_empty())
        .map(|(series, value)| (series.metric.name(), *value))
        .collect();
    Some(FiguresView { at: latest.at, values })
}
