//! What hannun can do on one server: which command answers each question, as whom, what is off and why, and what would turn
//! it on.

use actix_web::{HttpResponse, web};
use askama::Template;
use chrono::{DateTime, Utc};

use super::about::About;
use super::gather::Stored;
use crate::app::App;
use crate::commands::catalog::{Considered, Verdict};
use crate::commands::script::Privilege;
use crate::error::Result;
use crate::language::Message;
use crate::models::actor::Role;
use crate::models::platforms::DetectedPlatform;
use crate::remote::capabilities::{Ability, Capabilities, Standing};
use crate::web::extract::{Operator, SignedIn};
use crate::web::filters;
use crate::web::menu::{Group, Screen};
use crate::web::render::Render;

/// What hannun can do on one server.
pub static SCREEN: Screen = Screen {
    slug: "capabilities",
    label: "Capabilities",
    icon: "zap",
    group: Group::Server,
    needs: &[],
    role: Role::Viewer,
    key: None,
};

/// The page.
#[derive(Template)]
#[template(path = "screens/capabilities.html")]
struct CapabilitiesPage {
    about: About,
    platform: Option<PlatformFacts>,
    run_as: Option<Message>,
    abilities: Vec<AbilityRow>,
    sudoers: Option<String>,
    /// The credential does not let hannun use sudo: the file alone would not be enough.
    needs_credential: bool,
    may_check: bool,
    is_administrator: bool,
}

/// What conditions of commands are about. Every text is the server's own.
struct PlatformFacts {
    facts: Vec<(&'static str, String)>,
    tools: Vec<String>,
    detected_at: DateTime<Utc>,
}

/// One question.
struct AbilityRow {
    label: &'static str,
    name: &'static str,
    dot: &'static str,
    word: &'static str,
    why: Option<Message>,
    /// The used command, and why it is that one.
    used: Option<(String, Message)>,
    /// As whom it runs, and whether some of its lines become root.
    runs_as: Option<(String, bool)>,
    considered: Vec<ConsideredRow>,
}

/// One command of a question's type.
struct ConsideredRow {
    name: String,
    dot: &'static str,
    verdict: &'static str,
    reasons: Vec<Message>,
    origin: &'static str,
}

/// What hannun can do on a server, by what was last found there. Sends nothing.
///
/// `GET /servers/{server}/capabilities`
pub async fn index(
    person: SignedIn,
    path: web::Path<String>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &path).await?;
    let level = stored.health(&app.live, app.clock.now()).level;
    let (catalog, server) = (app.hosts.catalog(), stored.server.clone());
    let found = app.db.run(move |connection| Capabilities::load(connection, &catalog, &server)).await?;
    let page = CapabilitiesPage::new(stored.about(&render.shell.here, level), found, stored.role_of(&person.actor));
    render.page(&page)
}

/// Detects the platform anew.
///
/// `POST /servers/{server}/detections`
pub async fn detect(
    person: Operator,
    path: web::Path<String>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let host = app.hosts.open(person.actor.clone(), path.into_inner()).await?.operable().await?;
    host.detect_again().await?;
    let page = format!("/servers/{}/{}", host.name(), SCREEN.slug);
    render.done(Message::new("Checked {server} again").with("server", host.name())).go(&page)
}

impl CapabilitiesPage {
    fn new(about: About, found: Capabilities, role: Role) -> Self {
        let sudoers = found.sudoers();
        let privilege = found.privilege;
        let abilities = found.abilities.iter().map(|ability| AbilityRow::new(ability, &found)).collect();
        Self {
            about,
            run_as: found.run_as.as_ref().map(|user| signs_in(user, privilege)),
            platform: found.platform.map(PlatformFacts::new),
            abilities,
            needs_credential: sudoers.is_some() && privilege == Privilege::None,
            sudoers,
            may_check: role >= Role::Operator,
            is_administrator: role >= Role::Administrator,
        }
    }
}

/// Who signs in, and how that user becomes root.
fn signs_in(user: &str, privilege: Privilege) -> Message {
    let sentence = match privilege {
        Privilege::AlreadyRoot => "Signs in as {user}, who is root",
        Privilege::None => "Signs in as {user}, and never becomes root",
        Privilege::Sudo => "Signs in as {user}, and becomes root by sudo where that needs no password",
        Privilege::SudoPassword => "Signs in as {user}, and becomes root by sudo with the stored password",
    };
    Message::new(sentence).with("user", user)
}

impl PlatformFacts {
    fn new(platform: DetectedPlatform) -> Self {
        let facts = [
            ("os", platform.os),
            ("distro", platform.distro),
            ("like", platform.distro_like.join(", ")),
            ("version", platform.version),
            ("arch", platform.arch),
        ];
        Self {
            facts: facts.into_iter().filter(|(_, value)| !value.is_empty()).collect(),
            tools: platform.capabilities,
            detected_at: platform.detected_at,
        }
    }
}

impl AbilityRow {
    fn new(ability: &Ability, found: &Capabilities) -> Self {
        let (dot, word, why) = match &ability.standing {
            Standing::Full => ("up", "Works", None),
            Standing::Limited(why) => ("warn", "Works, but sees less", Some(why.clone())),
            Standing::Off => {
                let why = Message::new("None of the known commands is for {system}").with("system", found.system());
                ("none", "Off", Some(why))
            }
            Standing::NotKnown => ("none", "Not known yet", None),
        };
        let becomes_root = !ability.root_lines.is_empty()
            && ability.standing == Standing::Full
            && found.privilege != Privilege::AlreadyRoot;
        Self {
            label: ability.command_type.label(),
            name: ability.command_type.name(),
            dot,
            word,
            why,
            used: ability.used().map(|used| (used.command.name.clone(), used.command.why.clone())),
            runs_as: ability.used().and(found.run_as.clone()).map(|user| (user, becomes_root)),
            considered: ability.considered.iter().map(ConsideredRow::new).collect(),
        }
    }
}

impl ConsideredRow {
    fn new(considered: &Considered) -> Self {
        let command = &considered.command;
        let (dot, verdict, reasons) = match &considered.verdict {
            Verdict::Used => ("up", "Used", vec![command.why.clone()]),
            Verdict::After(why) => ("none", "Would fit", vec![why.clone()]),
            Verdict::Misfit(why) => ("paused", "Does not fit", why.clone()),
        };
        let origin = match (command.built_in, command.unverified) {
            (false, _) => "Added here",
            (true, false) => "Came with hannun",
            (true, true) => "Documented",
        };
        Self { name: command.name.clone(), dot, verdict, reasons, origin }
    }
}
