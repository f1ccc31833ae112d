//! What was found and left out, as lines for people or as JSON for programs; then the plan.

use std::collections::HashMap;
use std::io;

use crate::cli::apply::report as plan_report;
use crate::cli::output;
use crate::inventory::Plan;
use crate::inventory::import::report::ImportReport;
use crate::inventory::import::{Offer, Offered, Skipped};
use crate::language::Language;
use crate::telemetry::escape;

/// Names behind one note.
const NAMES: usize = 4;

/// Prints what was found, and what would be done, or was.
pub(super) fn print(offered: &Offered, plan: &Plan, dry_run: bool, json: bool) -> io::Result<()> {
    if json {
        return output::json(&ImportReport::of(offered, plan, dry_run, Language::En));
    }
    let (registered, new): (Vec<&Offer>, Vec<&Offer>) = offered.offers.iter().partition(|offer| offer.is_registered);
    for offer in registered {
        output::line(escape(&format!("= server {}  is registered already ({})", offer.name(), offer.server.place)))?;
    }
    for (note, names) in notes(&new) {
        output::line(escape(&format!("- {note} ({})", in_short(&names))))?;
    }
    for skipped in &offered.skipped {
        output::line(escape(&format!("! {}", sentence(skipped))))?;
    }
    plan_report::print(plan, dry_run, false)
}

/// What is not taken over, each line of the file once, with the servers that it is about.
fn notes<'o>(offers: &[&'o Offer]) -> Vec<(String, Vec<&'o str>)> {
    let mut notes: Vec<(String, Vec<&str>)> = Vec::new();
    let mut places: HashMap<String, usize> = HashMap::new();
    for offer in offers {
        for ignored in &offer.server.ignored {
            let said = sentence(ignored);
            let place = *places.entry(said.clone()).or_insert(notes.len());
            match notes.get_mut(place) {
                Some((_, names)) => names.push(offer.name()),
                None => notes.push((said, vec![offer.name()])),
            }
        }
    }
    notes
}

/// The first names, and how many more there are.
fn in_short(names: &[&str]) -> String {
    let first = names.iter().take(NAMES).copied().collect::<Vec<_>>().join(", ");
    match names.len().checked_sub(NAMES) {
        Some(more) if more > 0 => format!("{first} and {more} more"),
        _ => first,
    }
}

fn sentence(skipped: &Skipped) -> String {
    let Skipped { what, place, why } = skipped;
    if what.is_empty() { format!("{place}: {why}") } else { format!("{what} ({place}): {why}") }
}
