//! What every page needs besides its own content: reader, language, menu, selected server. Passed to templates once.

use std::any::Any;

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpRequest, web};
use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::cookies::Purpose;
use super::flash;
use super::health;
use super::hx::Hx;
use super::menu::{Group, MenuFor, MenuGroup, Screen, menu, slug_of};
use super::picker;
use super::visitor::{Person, Visitor};
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::catalog::Catalog;
use crate::commands::platform::Platform;
use crate::error::{Error, Result};
use crate::language::{Language, Message};
use crate::metrics::health::{Health, Level};
use crate::models::actor::Role;
use crate::models::alarms::Alarm;
use crate::models::ids::ServerId;
use crate::models::platforms::DetectedPlatform;
use crate::models::server_states::ServerState;
use crate::models::servers::Server;
use crate::models::service_counts::ServiceCount;
use crate::models::users::Theme;

/// The screens of the product, as the menu and the picker see them.
#[derive(Clone, Copy)]
pub struct Screens(pub &'static [&'static Screen]);

impl Screens {
    /// Whether there is a screen of one server with this slug.
    pub fn has_server_screen(self, slug: &str) -> bool {
        self.0.iter().any(|screen| screen.group == Group::Server && screen.slug == slug)
    }
}

/// Values of every page, reachable in templates as `"shell"|value::<crate::web::shell::Shell>`.
#[derive(Debug, Clone)]
pub struct Shell {
    /// The reader's language.
    pub language: Language,
    /// The colours.
    pub theme: Theme,
    /// Whether single letters do something.
    pub letter_keys: bool,
    /// The name of the key that opens what a letter alone does not: `Ctrl`, or `⌘` on a Mac.
    pub command_key: &'static str,
    /// What an unsafe request must bring back (W01).
    pub csrf_token: String,
    /// Who is signed in.
    pub reader: Option<Reader>,
    /// The navigation.
    pub menu: Vec<MenuGroup>,
    /// The selected server, or the one looked at last.
    pub server: Option<SelectedServer>,
    /// How many servers the reader may know of.
    pub server_count: i64,
    /// The slug that choosing a server keeps.
    pub slug: String,
    /// The page's own path and query.
    pub here: String,
    /// A sentence left by the request before this one.
    pub flash: Option<String>,
    /// What everybody must know while it lasts: the console's disk is full (R05).
    pub banner: Option<Message>,
    /// The time of this answer.
    pub now: DateTime<Utc>,
    /// The zone that times are shown in.
    pub time_zone: Tz,
}

/// The signed-in person, as the page names them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reader {
    /// Their name.
    pub name: String,
    /// What they may do.
    pub role: Role,
}

/// The server in the picker's button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelectedServer {
    /// Its number.
    pub id: ServerId,
    /// Its name.
    pub name: String,
    /// Its groups, separated by commas.
    pub groups: String,
    /// How it is.
    pub level: Level,
    /// How many of its services had failed when they were counted last.
    pub failed_services: Option<i64>,
}

impl SelectedServer {
    /// What stands over its pages in the navigation.
    pub fn heading(&self) -> Message {
        Message::new("On {server}").with("server", &self.name)
    }
}

impl Shell {
    /// The key of the values.
    pub const KEY: &'static str = "shell";

    /// Gathers the values for the page that answers `request`.
    pub async fn load(request: &HttpRequest) -> Result<Self> {
        let app = request.app_data::<web::Data<App>>().ok_or_else(|| Error::internal(anyhow::anyhow!("no App")))?;
        let screens = request.app_data::<web::Data<Screens>>().map_or(&[][..], |screens| screens.0);
        let visitor = Visitor::of(request).ok_or_else(|| Error::internal(anyhow::anyhow!("no Visitor")))?;
        let person = visitor.person();
        let path = request.path();
        let (selected, server_count) = match person {
            Some(person) if !Hx::of(request).wants_fragment() => servers(request, app, person).await?,
            _ => (None, 0),
        };
        let (server, platform) = selected.map_or((None, None), |(server, platform)| (Some(server), platform));
        let catalog = app.hosts.catalog();
        let why_not = |screen: &Screen| {
            screen.needs.iter().find_map(|need| cannot(&catalog, *need, server.as_ref()?, platform.as_ref()?))
        };
        let troubles = |screen: &Screen| {
            server.as_ref()?.failed_services.filter(|_| screen.needs.contains(&CommandType::ListServices))
        };
        Ok(Self {
            language: visitor.language,
            theme: visitor.theme,
            letter_keys: person.is_none_or(|person| person.user.letter_keys),
            command_key: command_key(request),
            menu: person.map_or_else(Vec::new, |person| {
                menu(
                    screens,
                    &MenuFor {
                        role: person.actor.rights.strongest(),
                        path,
                        server: server.as_ref().map(|server| server.name.as_str()),
                        server_count,
                        why_not: &why_not,
                        troubles: &troubles,
                    },
                )
            }),
            reader: person
                .map(|person| Reader { name: person.actor.name.clone(), role: person.actor.rights.strongest() }),
            server,
            server_count,
            slug: slug_of(screens, path).to_owned(),
            here: request.uri().path_and_query().map_or_else(|| path.to_owned(), ToString::to_string),
            flash: Purpose::Flash.read(request, &app.config).and_then(|value| flash::unpack(&value)),
            banner: person.and_then(|_| health::disk_warning(&app.config.data_dir)),
            now: app.clock.now(),
            time_zone: person.map_or(Tz::UTC, Person::time_zone),
            csrf_token: visitor.csrf_token,
        })
    }
}

/// The server that the page is about, else the one looked at last; and how many there are.
async fn servers(
    request: &HttpRequest,
    app: &App,
    person: &Person,
) -> Result<(Option<(SelectedServer, Option<Platform>)>, i64)> {
    let in_path = request.match_info().get("server").map(str::to_owned);
    let names: Vec<String> = in_path.into_iter().chain(recent_servers(request, app)).collect();
    let scope = person.actor.scope().clone();
    app.live.refresh().await;
    let (live, now) = (app.live.clone(), app.clock.now());
    app.db
        .run(move |connection| {
            let count = Server::count(connection, &scope)?;
            for name in names {
                let Ok(server) = Server::by_name(connection, &scope, &name) else { continue };
                let state = ServerState::of(connection, server.id)?;
                let alarms = Alarm::of(connection, server.id)?;
                let level = Health::of(&server, state.as_ref(), &live, now).with(Alarm::worst(&alarms, now)).level;
                let groups =
                    server.groups(connection)?.into_iter().map(|group| group.name).collect::<Vec<_>>().join(", ");
                let platform = DetectedPlatform::of(connection, server.id)?.map(Platform::from);
                let failed_services = ServiceCount::of(connection, server.id)?.and_then(|count| count.failed);
                let selected = SelectedServer { id: server.id, name: server.name, groups, level, failed_services };
                return Ok((Some((selected, platform)), count));
            }
            Ok::<_, Error>((None, count))
        })
        .await
}

fn command_key(request: &HttpRequest) -> &'static str {
    let agent = request.headers().get(USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if agent.contains("Mac OS X") { "⌘" } else { "Ctrl" }
}

/// Why a server cannot be asked this, if no command is known for its platform.
fn cannot(catalog: &Catalog, need: CommandType, server: &SelectedServer, platform: &Platform) -> Option<Message> {
    catalog.choose(need, platform).err().map(|_no_command| {
        Message::new("{command} is not known for {platform} ({server})")
            .with_words("command", need.label())
            .with("platform", &platform.pretty_name)
            .with("server", &server.name)
    })
}

/// Names of the servers looked at last, latest first, as the browser remembers them.
pub fn recent_servers(request: &HttpRequest, app: &App) -> Vec<String> {
    let value = Purpose::Recent.read(request, &app.config).unwrap_or_default();
    value.split('~').filter(|name| !name.is_empty()).take(picker::RECENT).map(str::to_owned).collect()
}

impl Shell {
    /// The theme that wins over the browser's preference.
    pub fn forced_theme(&self) -> Option<&'static str> {
        (self.theme != Theme::System).then(|| self.theme.name())
    }
}

impl askama::Values for Shell {
    fn get_value<'a>(&'a self, key: &str) -> Option<&'a dyn Any> {
        (key == Self::KEY).then_some(self)
    }
}
