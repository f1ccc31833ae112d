//! What pages about servers are made of: rows from the database, numbers from memory. Screens ask for them only here.

mod candidates;
mod fleet;
mod history;

use chrono::{DateTime, TimeDelta, Utc};

use super::about::About;
use super::charts::Reading;
use super::numbers::Numbers;
use super::range::Range;
use crate::app::App;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::metrics::health::{Health, Level};
use crate::metrics::live::{Latest, Live};
use crate::models::actor::{Actor, Role, Scope};
use crate::models::alarms::Alarm;
use crate::models::allowance::Allowance;
use crate::models::check_results::CheckResult;
use crate::models::checks::Check;
use crate::models::groups::Group;
use crate::models::ids::GroupId;
use crate::models::permission::Permission;
use crate::models::platforms::DetectedPlatform;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::web::shell::Shell;

pub use candidates::candidates;
pub use fleet::{add_last_hours, fleet, last_hours, neighbours};
pub use history::{history, memory_sizes, numbers, sampling};

/// Longer spans than this are not followed each second.
const LIVE: TimeDelta = TimeDelta::hours(1);

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
    /// What its checks found.
    pub alarms: Vec<Alarm>,
}

impl Stored {
    /// The server of `name`, if `scope` may know of it.
    pub async fn load(app: &App, scope: &Scope, name: &str) -> Result<Self> {
        let (scope, name) = (scope.clone(), name.to_owned());
        app.live.refresh().await;
        app.db
            .run(move |connection| {
                let server = Server::by_name(connection, &scope, &name)?;
                Ok::<_, Error>(Self {
                    groups: server.groups(connection)?,
                    platform: DetectedPlatform::of(connection, server.id)?,
                    state: ServerState::of(connection, server.id)?,
                    alarms: Alarm::of(connection, server.id)?,
                    server,
                })
            })
            .await
    }

    /// The role of `actor` on this server.
    pub fn role_of(&self, actor: &Actor) -> Role {
        actor.rights.role_in(&self.group_ids())
    }

    /// Whether `actor` may do this here: what a page offers. Whatever is done is asked again where it is done.
    pub fn allows(&self, actor: &Actor, permission: Permission) -> bool {
        actor.rights.allow(permission, &self.group_ids())
    }

    /// The most that the switches of the server and its groups allow here.
    pub fn allow(&self) -> Allowance {
        self.groups.iter().map(|group| group.allow).fold(self.server.allow, Ord::min)
    }

    /// Why `actor` cannot change files and settings here, for a page that offers it; what is changed is asked again where it is
    /// done.
    pub fn why_no_changes(&self, actor: &Actor) -> Option<Message> {
        if self.allow() < Allowance::Change {
            return Some(Message::new("This server may only be watched"));
        }
        (!self.allows(actor, Permission::WriteFiles))
            .then(|| Message::new("Your rights do not let you change files and settings here"))
    }

    fn group_ids(&self) -> Vec<GroupId> {
        self.groups.iter().map(|group| group.id).collect()
    }

    /// How it is: its stored state, or what its numbers say.
    pub fn health(&self, live: &Live, now: DateTime<Utc>) -> Health {
        Health::of(&self.server, self.state.as_ref(), live, now).with(Alarm::worst(&self.alarms, now))
    }

    /// Its checks with how they last went, by name.
    pub async fn checks(&self, app: &App) -> Result<Vec<(CheckResult, Check)>> {
        let server = self.server.id;
        app.db.run(move |connection| Ok::<_, Error>(CheckResult::of_server(connection, server)?)).await
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

    /// How many processors it has, once detected.
    pub fn cores(&self) -> Option<u32> {
        self.platform.as_ref().and_then(|platform| platform.cores).and_then(|cores| u32::try_from(cores).ok())
    }

    /// How its numbers over `range` are read by the reader of `shell`.
    pub fn reading(&self, range: Range, numbers: &Numbers, shell: &Shell) -> Reading {
        // Two missed samples and some are a gap.
        let tolerance = 2.5 * f64::from(self.server.sampling_seconds).max(f64::from(numbers.resolution()));
        Reading {
            range,
            zone: shell.time_zone,
            language: shell.language,
            tolerance,
            live: range.follows() && range.length() <= LIVE,
        }
    }
}

/// The last answer: of the sampler, or of whatever asked it before hannun started.
pub fn seen(latest: Option<&Latest>, state: Option<&ServerState>) -> Option<DateTime<Utc>> {
    latest.map(|latest| latest.at).max(state.and_then(|state| state.seen_at))
}
