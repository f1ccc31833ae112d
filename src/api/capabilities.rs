//! `/servers/{server}/capabilities`: which tools the server has, which command each type of question gets there and why not
//! the others, and what would let it see more.

use actix_web::web::{Data, Json, Path};
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::commands::catalog::{Catalog, Chosen, Considered, Verdict};
use crate::commands::platform::Platform;
use crate::commands::{CommandType, NoCommand};
use crate::error::Result;
use crate::remote::capabilities::{Ability, Capabilities, Standing};
use crate::web::extract::Asking;

/// What can be asked of a server.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Capabilities)]
pub struct CapabilitiesView {
    /// The tools it has, by the names that the catalogue uses.
    #[schema(example = json!(["c-utf8", "ss"]))]
    pub capabilities: Vec<String>,
    /// Who signs in there; null where it has no credential.
    pub run_as: Option<String>,
    /// How that user becomes root: `none`, `already`, `sudo` (without a password) or `sudo_password`.
    pub root: &'static str,
    /// Each type of command, with the command that is chosen for this server.
    pub commands: Vec<AbilityView>,
    /// The lines for `/etc/sudoers.d` that turn on what is limited; null where nothing is.
    #[schema(example = "deploy ALL=(root) NOPASSWD: /usr/bin/ss -Htulpne\n")]
    pub sudoers: Option<String>,
}

/// A type of command, how well it works there, and every command that was considered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Ability)]
pub struct AbilityView {
    /// The command that is chosen.
    #[serde(flatten)]
    pub chosen: ChoiceView,
    /// `full`, `limited` (it sees less than root would), `off` (no command fits) or `not_known`.
    pub standing: &'static str,
    /// Why it is limited.
    pub limited_because: Option<String>,
    /// The commands that it runs as root, as the script has them.
    pub root_lines: Vec<String>,
    /// Every command of the type: the used one, those that fit too in their order, those that do not.
    pub considered: Vec<ConsideredView>,
}

/// A command that was considered.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ConsideredCommand)]
pub struct ConsideredView {
    /// Its name.
    pub command: String,
    /// `used`, `after` (another one comes before it) or `misfit`.
    pub verdict: &'static str,
    /// Why.
    pub reasons: Vec<String>,
    /// Whether it came with hannun.
    pub built_in: bool,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: bool,
}

/// A type of command, and the command that is chosen.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = CommandChoice)]
pub struct ChoiceView {
    /// `list_processes`
    pub command_type: &'static str,
    /// The chosen command's name; null: none is known for this platform.
    pub command: Option<String>,
    /// Why this one.
    pub why: Option<String>,
    /// Whether it came with hannun.
    pub built_in: Option<bool>,
    /// Written from documents: no real system of this kind has been seen yet.
    pub unverified: Option<bool>,
}

/// The tools of a server and the commands that were chosen for it. Detects the platform where that has not happened yet.
#[utoipa::path(
    operation_id = "get_capabilities",
    get, path = "/api/v1/servers/{server}/capabilities", tag = "servers",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = CapabilitiesView)),
)]
pub async fn show(app: Data<App>, asking: Asking, name: Path<String>) -> Result<Json<CapabilitiesView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let platform = host.platform().await?;
    let (catalog, server) = (app.hosts.catalog(), host.server().clone());
    let found = app.db.run(move |connection| Capabilities::load(connection, &catalog, &server)).await?;
    Ok(Json(CapabilitiesView {
        capabilities: platform.capabilities.into_iter().collect(),
        root: found.privilege.name(),
        sudoers: found.sudoers(),
        commands: found.abilities.iter().map(AbilityView::from).collect(),
        run_as: found.run_as,
    }))
}

impl From<&Ability> for AbilityView {
    fn from(ability: &Ability) -> Self {
        let used = ability.used().map(|used| used.command.clone());
        Self {
            chosen: ChoiceView::new(ability.command_type, used),
            standing: ability.standing.name(),
            limited_because: match &ability.standing {
                Standing::Limited(why) => Some(why.to_string()),
                _ => None,
            },
            root_lines: ability.root_lines.iter().map(|line| line.text().to_owned()).collect(),
            considered: ability.considered.iter().map(ConsideredView::from).collect(),
        }
    }
}

impl From<&Considered> for ConsideredView {
    fn from(considered: &Considered) -> Self {
        let command = &considered.command;
        let (verdict, reasons) = match &considered.verdict {
            Verdict::Used => ("used", vec![command.why.to_string()]),
            Verdict::After(why) => ("after", vec![why.to_string()]),
            Verdict::Misfit(why) => ("misfit", why.iter().map(ToString::to_string).collect()),
        };
        let (built_in, unverified) = (command.built_in, command.unverified);
        Self { command: command.name.clone(), verdict, reasons, built_in, unverified }
    }
}

impl ChoiceView {
    fn new(command_type: CommandType, chosen: Option<Chosen>) -> Self {
        Self {
            command_type: command_type.name(),
            why: chosen.as_ref().map(|chosen| chosen.why.to_string()),
            built_in: chosen.as_ref().map(|chosen| chosen.built_in),
            unverified: chosen.as_ref().map(|chosen| chosen.unverified),
            command: chosen.map(|chosen| chosen.name),
        }
    }
}

/// What `catalog` chooses for `platform`, for each type of command.
pub(super) fn choices(catalog: &Catalog, platform: &Platform) -> Vec<ChoiceView> {
    let choose = |command_type: &CommandType| {
        let chosen: Result<Chosen, NoCommand> = catalog.choose(*command_type, platform);
        ChoiceView::new(*command_type, chosen.ok())
    };
    CommandType::ALL.iter().map(choose).collect()
}
