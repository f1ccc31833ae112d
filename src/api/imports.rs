//! `/imports`: servers out of a `~/.ssh/config` or an Ansible inventory. What was found is told; what is new is added.

use std::collections::BTreeSet;
use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json};
use serde::Deserialize;
use utoipa::ToSchema;

use super::input::Body;
use crate::app::App;
use crate::db::Connection;
use crate::error::{Error, FieldErrors, Result};
use crate::inventory::import::known_hosts::KnownHosts;
use crate::inventory::import::report::ImportReport;
use crate::inventory::import::{self, Format, NoFiles, Offer, Offered, Owner, Source};
use crate::inventory::{self, Applied, Means};
use crate::models::actor::Actor;
use crate::secret::SecretText;
use crate::web::extract::{Asking, Reauthenticated};
use crate::web::visitor::Visitor;

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

/// Brings in the servers of a `~/.ssh/config` or an Ansible inventory: all of them or none. Role: administrator.
#[utoipa::path(
    operation_id = "import_servers",
    post, path = "/api/v1/imports", tag = "inventory",
    request_body = ImportToMake,
    responses((status = 200, body = ImportReport)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    request: HttpRequest,
    body: Body<ImportToMake>,
) -> Result<Json<ImportReport>> {
    let (now, sealer, asked) = (app.clock.now(), Arc::clone(&app.sealer), body.0);
    let dry_run = asked.dry_run;
    let work = app.db.transaction(move |connection| {
        let means = Means { actor: &asking, sealer: &sealer, now };
        let offered = asked.offered(connection, &asking)?;
        let chosen = asked.servers.clone().unwrap_or_else(|| offered.new_names());
        known(&offered, &chosen)?;
        let request = offered.request(connection, means, &chosen, "text")?;
        let applied = if asked.dry_run {
            inventory::plan(connection, means, &request)?.into()
        } else {
            inventory::apply(connection, means, &request, None)?
        };
        Ok((offered, applied))
    });
    let (offered, applied) = work.await?;
    let language = Visitor::language_of(&request);
    match applied {
        Applied::Done(done) => {
            app.take_into_use(&done).await;
            Ok(Json(ImportReport::of(&offered, &done.plan, dry_run, language)))
        }
        Applied::Otherwise(plan) => Ok(Json(ImportReport::of(&offered, &plan, dry_run, language))),
        Applied::Rejected(problems) => {
            let mut errors = FieldErrors::default();
            for problem in &problems {
                errors.add("text", problem.what.clone());
            }
            Err(errors.into())
        }
    }
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
        let found = import::read(self.format, source, &NoFiles, &owner, Some(&known));
        import::offer(connection, actor.scope(), found)
    }
}
