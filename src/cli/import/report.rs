//! What was found and left out, as lines for people or as JSON for programs; then the plan.

use std::io;

use crate::cli::apply::report as plan_report;
use crate::cli::output;
use crate::inventory::Plan;
use crate::inventory::import::report::ImportReport;
use crate::inventory::import::{Offered, Skipped};
use crate::language::Language;
use crate::telemetry::escape;

/// Prints what was found, and what would be done, or was.
pub(super) fn print(offered: &Offered, plan: &Plan, dry_run: bool, json: bool) -> io::Result<()> {
    if json {
        return output::json(&ImportReport::of(offered, plan, dry_run, Language::En));
    }
    for offer in &offered.offers {
        let (name, server) = (offer.name(), &offer.server);
        if offer.is_registered {
            output::line(escape(&format!("= server {name}  is registered already ({})", server.place)))?;
            continue;
        }
        for ignored in &server.ignored {
            output::line(escape(&format!("    {name} without {}", sentence(ignored))))?;
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
