//! `/imports`: servers out of a `~/.ssh/config` or an Ansible inventory. What was found is told; what is new is added.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use actix_web::web::{Data, Json};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Body;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::inventory::import::known_hosts::KnownHosts;
use crate::inventory::import::{self, FoundSecret, NoFiles, Offer, Offered, Owner, Skipped, Source};
use crate::inventory::{self, Action, Applied, Means, Plan, Planned};
use crate::models::actor::Actor;
use crate::secret::SecretText;
use crate::web::extract::{Asking, Reauthenticated};

/// A file that people have already.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewImport)]
pub struct ImportToMake {
    /// What kind of file it is.
    pub format: Format,
    /// The text of the file. Other files that it names are not read.
    #[schema(value_type = String)]
    pub text: SecretText,
    /// The text of a `known_hosts`: servers whose key stands there are trusted without another question.
    #[serde(default)]
    pub known_hosts: String,
    /// Who signs in where the file names nobody.
    #[serde(default)]
    pub user: Option<String>,
    /// The names of the servers to bring in, as a dry run tells them; without it, all that are not registered yet.
    #[serde(default)]
    pub servers: Option<BTreeSet<String>>,
    /// True: nothing is added.
    #[serde(default)]
    pub dry_run: bool,
}

/// What kind of file it is.
#[derive(Debug, Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = ImportFormat)]
pub enum Format {
    /// The client configuration of OpenSSH.
    SshConfig,
    /// An inventory of Ansible: INI, YAML or JSON.
    Ansible,
}

impl From<Format> for import::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::SshConfig => Self::SshConfig,
            Format::Ansible => Self::Ansible,
        }
    }
}

/// What was found, and what was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportView {
    /// Whether nothing was added: `added` is what would be.
    pub dry_run: bool,
    /// The servers that were found, whether they were asked for or not.
    pub found: Vec<FoundView>,
    /// What was left out.
    pub skipped: Vec<SkippedView>,
    /// What was added.
    pub added: AddedView,
}

/// A server that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundServer)]
pub struct FoundView {
    /// Its name in hannun.
    pub name: String,
    /// Its name in the file.
    pub original: String,
    /// It is registered already: the same address, port and user.
    pub registered: bool,
    /// Host name or IP address.
    pub address: String,
    /// The port of its SSH server.
    pub port: u16,
    /// Who signs in.
    pub user: Option<String>,
    /// The file of the private key on the machine that the file is from.
    pub key_file: Option<String>,
    /// `none`, `given`, or `needs a value` where it is in a vault or a template.
    pub password: &'static str,
    /// The password for `sudo`, in the same words; null: `sudo` is not used.
    pub sudo: Option<&'static str>,
    /// The server that it is reached through.
    pub jump_server: Option<String>,
    /// The groups it is in.
    pub groups: Vec<String>,
    /// Its labels.
    pub labels: BTreeMap<String, String>,
    /// The fingerprints of its host keys.
    pub host_keys: Vec<String>,
    /// Where it stands: file and line.
    pub place: String,
    /// What is not taken over of what the file says about it.
    pub ignored: Vec<SkippedView>,
}

/// Something that was left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SkippedInImport)]
pub struct SkippedView {
    /// A host's name, or a keyword.
    pub what: String,
    /// Where it stands: file and line.
    pub place: String,
    /// The reason.
    pub why: String,
}

/// What was added, by name.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = AddedByImport)]
pub struct AddedView {
    /// Servers; those that others are reached through come along.
    pub servers: Vec<String>,
    /// Credentials. Their keys, and passwords that the file does not hold, are entered afterwards.
    pub credentials: Vec<String>,
    /// Groups.
    pub groups: Vec<String>,
}

/// Brings in the servers of a `~/.ssh/config` or an Ansible inventory: all of them or none. Role: administrator.
#[utoipa::path(
    operation_id = "import_servers",
    post, path = "/api/v1/imports", tag = "servers",
    request_body = ImportToMake,
    responses((status = 200, body = ImportView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    body: Body<ImportToMake>,
) -> Result<Json<ImportView>> {
    let (now, sealer, asked) = (app.clock.now(), Arc::clone(&app.sealer), body.0);
    let dry_run = asked.dry_run;
    let work = app.db.transaction(move |connection| {
        let means = Means { actor: &asking, sealer: &sealer, now };
        let offered = asked.offered(connection, &asking)?;
        let chosen = asked.servers.clone().unwrap_or_else(|| offered.new_names());
        known(&offered, &chosen)?;
        let request = offered.request(connection, means, &chosen, "text")?;
        let applied = if asked.dry_run {
            match inventory::plan(connection, means, &request)? {
                Planned::Ready(plan) => Applied::Otherwise(plan),
                Planned::Rejected(problems) => Applied::Rejected(problems),
            }
        } else {
            inventory::apply(connection, means, &request, None)?
        };
        Ok((offered, applied))
    });
    let (offered, applied) = work.await?;
    let added = match &applied {
        Applied::Done(done) => {
            done.let_go(app.hosts.pool());
            AddedView::of(&done.plan)
        }
        Applied::Otherwise(plan) => AddedView::of(plan),
        Applied::Rejected(problems) => {
            let mut errors = FieldErrors::default();
            problems.iter().for_each(|problem| errors.add("text", problem.what.clone()));
            return Err(errors.into());
        }
    };
    Ok(Json(ImportView {
        dry_run,
        found: offered.offers.iter().map(FoundView::of).collect(),
        skipped: offered.skipped.iter().map(SkippedView::of).collect(),
        added,
    }))
}

/// Refuses names that the text does not hold.
fn known(offered: &Offered, chosen: &BTreeSet<String>) -> Result<()> {
    let known: BTreeSet<&str> = offered.offers.iter().map(Offer::name).collect();
    match chosen.iter().find(|name| !known.contains(name.as_str())) {
        None => Ok(()),
        Some(_) => Err(Error::field("servers", "The text has no server of one of these names")),
    }
}

impl ImportToMake {
    fn offered(&self, connection: &mut Connection, actor: &Actor) -> Result<Offered> {
        let known = KnownHosts::read(Source { name: "known_hosts", text: &self.known_hosts });
        let owner = Owner { user: self.user.clone(), home: None };
        let source = Source { name: "text", text: self.text.expose() };
        let found = import::read(self.format.into(), source, &NoFiles, &owner, Some(&known));
        import::offer(connection, &actor.scope, found)
    }
}

impl FoundView {
    fn of(offer: &Offer) -> Self {
        let server = &offer.server;
        Self {
            name: server.name.clone(),
            original: server.original.clone(),
            registered: offer.is_registered,
            address: server.address.clone(),
            port: server.port,
            user: server.sign_in.user.clone(),
            key_file: server.sign_in.key_file.clone(),
            password: said(&server.sign_in.password),
            sudo: server.sign_in.sudo.as_ref().map(said),
            jump_server: server.jump.clone(),
            groups: server.groups.clone(),
            labels: server.labels.clone(),
            host_keys: server.host_keys.iter().map(|key| key.fingerprint.clone()).collect(),
            place: server.place.to_string(),
            ignored: server.ignored.iter().map(SkippedView::of).collect(),
        }
    }
}

fn said(secret: &FoundSecret) -> &'static str {
    match secret {
        FoundSecret::Absent => "none",
        FoundSecret::NeedsValue => "needs a value",
        FoundSecret::Given(_) => "given",
    }
}

impl SkippedView {
    fn of(skipped: &Skipped) -> Self {
        Self { what: skipped.what.clone(), place: skipped.place.to_string(), why: skipped.why.to_string() }
    }
}

impl AddedView {
    fn of(plan: &Plan) -> Self {
        let mut added = Self::default();
        for item in plan.items.iter().filter(|item| item.action == Action::Add) {
            match item.kind {
                inventory::Kind::Server => added.servers.push(item.name.clone()),
                inventory::Kind::Credential => added.credentials.push(item.name.clone()),
                inventory::Kind::Group => added.groups.push(item.name.clone()),
                inventory::Kind::Command => {}
            }
        }
        added
    }
}
