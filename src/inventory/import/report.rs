//! What was found as programs read it: the JSON of the API and of `hannun import --json`.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::found::{FoundSecret, Skipped};
use super::offer::{Offer, Offered};
use crate::inventory::plan::Plan;
use crate::inventory::report::PlanReport;
use crate::language::Language;

/// What was found, and what was added.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Import)]
pub struct ImportReport {
    /// The servers that were found, whether they were asked for or not.
    pub found: Vec<FoundReport>,
    /// What was left out.
    pub skipped: Vec<SkippedReport>,
    /// What was added, or would be. Servers that others are reached through come along.
    pub plan: PlanReport,
}

/// A server that was found.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FoundServer)]
pub struct FoundReport {
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
    pub ignored: Vec<SkippedReport>,
}

/// Something that was left out.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SkippedInImport)]
pub struct SkippedReport {
    /// A host's name, or a keyword.
    pub what: String,
    /// Where it stands: file and line.
    pub place: String,
    /// The reason.
    pub why: String,
}

impl ImportReport {
    /// What was found, with its sentences in `language`.
    pub fn of(offered: &Offered, plan: &Plan, dry_run: bool, language: Language) -> Self {
        Self {
            found: offered.offers.iter().map(|offer| FoundReport::of(offer, language)).collect(),
            skipped: offered.skipped.iter().map(|skipped| SkippedReport::of(skipped, language)).collect(),
            plan: PlanReport::of(plan, dry_run, language),
        }
    }
}

impl FoundReport {
    fn of(offer: &Offer, language: Language) -> Self {
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
            ignored: server.ignored.iter().map(|ignored| SkippedReport::of(ignored, language)).collect(),
        }
    }
}

/// Whether the file has a secret: never which.
fn said(secret: &FoundSecret) -> &'static str {
    match secret {
        FoundSecret::Absent => "none",
        FoundSecret::NeedsValue => "needs a value",
        FoundSecret::Given(_) => "given",
    }
}

impl SkippedReport {
    fn of(skipped: &Skipped, language: Language) -> Self {
        Self { what: skipped.what.clone(), place: skipped.place.to_string(), why: skipped.why.in_language(language) }
    }
}
