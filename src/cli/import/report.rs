//! What was found and left out, as lines for people or as JSON for programs; then the plan.

use std::collections::BTreeMap;
use std::io;

use serde::Serialize;

use crate::cli::apply::report as plan_report;
use crate::cli::output;
use crate::inventory::Plan;
use crate::inventory::import::{FoundSecret, Offer, Offered, Skipped};
use crate::telemetry::escape;

#[derive(Serialize)]
struct Report<'r> {
    found: Vec<OfferReport<'r>>,
    skipped: Vec<SkippedReport<'r>>,
    plan: plan_report::Report<'r>,
}

#[derive(Serialize)]
struct OfferReport<'r> {
    name: &'r str,
    original: &'r str,
    registered: bool,
    address: &'r str,
    port: u16,
    user: Option<&'r str>,
    key_file: Option<&'r str>,
    password: &'static str,
    sudo: Option<&'static str>,
    jump: Option<&'r str>,
    groups: &'r [String],
    labels: &'r BTreeMap<String, String>,
    host_keys: Vec<&'r str>,
    place: String,
    ignored: Vec<SkippedReport<'r>>,
}

#[derive(Serialize)]
struct SkippedReport<'r> {
    what: &'r str,
    place: String,
    why: String,
}

/// Prints what was found, and what would be done, or was.
pub(super) fn print(offered: &Offered, plan: &Plan, dry_run: bool, json: bool) -> io::Result<()> {
    if json {
        return output::json(&Report {
            found: offered.offers.iter().map(offer).collect(),
            skipped: offered.skipped.iter().map(skipped).collect(),
            plan: plan_report::report(plan, dry_run),
        });
    }
    for one in &offered.offers {
        if one.is_registered {
            output::line(escape(&format!("= server {}  is registered already ({})", one.name(), one.server.place)))?;
        }
        for ignored in &one.server.ignored {
            output::line(escape(&format!("    {} without {}", one.name(), sentence(ignored))))?;
        }
    }
    for skipped in &offered.skipped {
        output::line(escape(&format!("! {}", sentence(skipped))))?;
    }
    plan_report::print(plan, dry_run, false)
}

fn sentence(skipped: &Skipped) -> String {
    let Skipped { what, place, why } = skipped;
    if what.is_empty() { format!("{place}: {why}") } else { format!("{what} ({place}): {why}") }
}

fn offer(offer: &Offer) -> OfferReport<'_> {
    let server = &offer.server;
    OfferReport {
        name: &server.name,
        original: &server.original,
        registered: offer.is_registered,
        address: &server.address,
        port: server.port,
        user: server.sign_in.user.as_deref(),
        key_file: server.sign_in.key_file.as_deref(),
        password: said(&server.sign_in.password),
        sudo: server.sign_in.sudo.as_ref().map(said),
        jump: server.jump.as_deref(),
        groups: &server.groups,
        labels: &server.labels,
        host_keys: server.host_keys.iter().map(|key| key.fingerprint.as_str()).collect(),
        place: server.place.to_string(),
        ignored: server.ignored.iter().map(skipped).collect(),
    }
}

fn skipped(skipped: &Skipped) -> SkippedReport<'_> {
    SkippedReport { what: &skipped.what, place: skipped.place.to_string(), why: skipped.why.to_string() }
}

/// Whether the file has a secret: never which.
fn said(secret: &FoundSecret) -> &'static str {
    match secret {
        FoundSecret::Absent => "none",
        FoundSecret::NeedsValue => "needs a value",
        FoundSecret::Given(_) => "given",
    }
}
