//! A plan as lines for people, or as JSON for programs.

use std::io::{self, Write};

use crate::cli::output;
use crate::inventory::report::PlanReport;
use crate::inventory::{Action, FieldChange, Item, Plan, Problem, Shown};
use crate::language::Language;
use crate::telemetry::escape;

/// The longest value that is shown of a field.
const LONGEST: usize = 160;

/// Says what is wrong, a line each, as compilers do: editors take one to the place.
pub(in crate::cli) fn complain(problems: &[Problem]) {
    let mut out = io::stderr().lock();
    for problem in problems {
        // Nobody can be told that standard error is gone.
        drop(writeln!(out, "{}", escape(&problem.to_string())));
    }
    drop(writeln!(out, "hannun: nothing was changed"));
}

/// Prints what would be done, or was.
pub(in crate::cli) fn print(plan: &Plan, dry_run: bool, json: bool) -> io::Result<()> {
    if json {
        return output::json(&PlanReport::of(plan, dry_run, Language::En));
    }
    for item in plan.items.iter().filter(|item| item.action != Action::Unchanged) {
        for line in lines(item) {
            output::line(escape(&line))?;
        }
    }
    for note in &plan.notes {
        output::line(escape(&format!("  {note}")))?;
    }
    output::line(summary(plan, dry_run))
}

fn lines(item: &Item) -> Vec<String> {
    let (kind, name) = (item.kind.name(), &item.name);
    let mut lines = vec![match item.action {
        Action::Add => {
            let values: Vec<String> = item.fields.iter().map(added).collect();
            format!("+ {kind} {name}  {}", values.join(", ")).trim_end().to_owned()
        }
        Action::Change => format!("~ {kind} {name}"),
        Action::Remove => format!("- {kind} {name}"),
        Action::Leave => format!("? {kind} {name}  is not in {} any more", item.file.as_deref().unwrap_or_default()),
        Action::Unchanged => format!("  {kind} {name}"),
    }];
    if item.action == Action::Change {
        lines.extend(item.fields.iter().map(changed));
    }
    lines.extend(item.notes.iter().map(|note| format!("    ({note})")));
    lines
}

fn added(field: &FieldChange) -> String {
    match &field.shown {
        Shown::Secret => format!("{}: ***", field.field),
        Shown::Values { after, .. } => format!("{}: {}", field.field, short(after)),
    }
}

fn changed(field: &FieldChange) -> String {
    match &field.shown {
        Shown::Secret => format!("    {}: changed", field.field),
        Shown::Values { before, after } => format!("    {}: {} → {}", field.field, or_none(before), or_none(after)),
    }
}

fn or_none(value: &str) -> String {
    if value.is_empty() { "none".to_owned() } else { short(value) }
}

/// The first line, and not more of it than fits.
fn short(value: &str) -> String {
    let first = value.lines().next().unwrap_or_default();
    let kept: String = first.chars().take(LONGEST).collect();
    if kept.trim_end().len() < value.trim_end().len() { format!("{kept}…") } else { kept }
}

fn summary(plan: &Plan, dry_run: bool) -> String {
    let (added, changed, removed) = (plan.count(Action::Add), plan.count(Action::Change), plan.count(Action::Remove));
    let done = if plan.changes() == 0 {
        "no change".to_owned()
    } else if dry_run {
        format!("{added} to add, {changed} to change, {removed} to remove")
    } else {
        format!("{added} added, {changed} changed, {removed} removed")
    };
    let mut parts = vec![done, format!("{} unchanged", plan.count(Action::Unchanged))];
    let left = plan.count(Action::Leave);
    if left > 0 {
        parts.push(format!("{left} no longer in the file are left, --prune removes them"));
    }
    let waiting = plan.without_host_keys();
    if waiting > 0 {
        parts.push(format!("{waiting} of the new servers wait for somebody to approve their host key"));
    }
    let taken_over = plan.taken_over();
    if taken_over > 0 {
        parts.push(format!("{taken_over} of the unchanged come from the file from now on"));
    }
    parts.join("; ")
}
