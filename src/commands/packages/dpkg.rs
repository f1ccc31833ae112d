//! What `dpkg-query` tells, and what `apt-get --simulate` would do.

use super::plan::PackagePlan;
use super::updates::{Update, UpdateList};
use super::{Package, PackageState, PlanItem, fields, moment, shown};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// Status, name, version, architecture, KiB, seconds since 1970, origin, maintainer, summary.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    let mut packages = Vec::new();
    for (number, line) in text::lines(output) {
        let wrong = |why: &str| ParseError::at(number, why, line);
        let Some([status, name, version, architecture, size, changed, origin, maintainer, summary]) = fields(line)
        else {
            return Err(wrong("nine fields were expected"));
        };
        let state = status.get(1).copied().and_then(PackageState::of_dpkg);
        let state = state.filter(|_| status.len() <= 3).ok_or_else(|| wrong("this is no status of dpkg"))?;
        if matches!(state, PackageState::SettingsLeft | PackageState::Absent) {
            continue;
        }
        if name.is_empty() || version.is_empty() {
            return Err(wrong("a package without a name or a version"));
        }
        packages.push(Package {
            name: text::shown(name, SHORT),
            version: text::shown(version, SHORT),
            architecture: shown(architecture),
            size_bytes: text::integer(size).and_then(|kib| kib.checked_mul(1024)),
            installed_at: moment(changed),
            origin: if origin.is_empty() { maintainer_of(maintainer) } else { shown(origin) },
            summary: shown(summary),
            state,
        });
    }
    Ok(packages)
}

/// `Debian Bash Maintainers <…>` without the address.
fn maintainer_of(text: &[u8]) -> String {
    let end = text.iter().position(|byte| *byte == b'<').unwrap_or(text.len());
    shown(text.get(..end).unwrap_or_default().trim_ascii())
}

/// One action of a simulation: `Inst bash [5.2.15-2+b8] (5.2.15-2+b13 Debian:12.15/oldstable [amd64]) []`,
/// `Remv nginx [1.22.1-9]`.
struct Action<'a> {
    name: String,
    before: Option<String>,
    after: Option<String>,
    origin: &'a [u8],
}

fn action(line: &[u8]) -> Option<Action<'_>> {
    let (name, mut rest) = text::first_word(line)?;
    let mut before = None;
    if let Some(inside) = rest.strip_prefix(b"[") {
        let end = inside.iter().position(|byte| *byte == b']')?;
        before = Some(text::shown(inside.get(..end)?, SHORT));
        rest = inside.get(end + 1..)?.trim_ascii_start();
    }
    let (mut after, mut origin): (Option<String>, &[u8]) = (None, b"");
    if let Some(inside) = rest.strip_prefix(b"(") {
        let end = inside.iter().position(|byte| *byte == b')')?;
        let (version, more) = text::first_word(inside.get(..end)?)?;
        after = Some(text::shown(version, SHORT));
        let end = more.iter().rposition(|byte| *byte == b'[').unwrap_or(more.len());
        origin = more.get(..end).unwrap_or_default().trim_ascii();
    }
    Some(Action { name: text::shown(name, SHORT), before, after, origin })
}

/// The actions of a simulation by their first word; everything else that it says is for people.
fn actions(output: &[u8]) -> impl Iterator<Item = Result<(bool, Action<'_>), ParseError>> {
    text::lines(output).filter_map(|(number, line)| {
        let (installs, rest) = if let Some(rest) = line.strip_prefix(b"Inst ") {
            (true, rest)
        } else if let Some(rest) = line.strip_prefix(b"Remv ").or_else(|| line.strip_prefix(b"Purg ")) {
            (false, rest)
        } else {
            return None;
        };
        let action = action(rest).ok_or_else(|| ParseError::at(number, "an action of apt-get was expected", line));
        Some(action.map(|action| (installs, action)))
    })
}

/// Behind `@lists` when the lists were fetched, behind `@apt` the simulation of an upgrade of everything.
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    let mut list = UpdateList { tells_security: true, ..UpdateList::default() };
    let simulation = refreshed(output, &mut list)?;
    for found in actions(simulation) {
        let (installs, action) = found?;
        // A new package comes along with an update, it is none itself.
        let (true, Some(before), Some(after)) = (installs, action.before, action.after) else { continue };
        let origins = text::shown(action.origin, SHORT);
        list.updates.push(Update {
            name: action.name,
            installed: before,
            available: after,
            security: origins.split(',').any(|origin| origin.trim_end().ends_with("-security")),
            origin: origins,
        });
    }
    Ok(list)
}

/// Reads what stands before `@apt`; gives what stands behind it.
fn refreshed<'a>(output: &'a [u8], list: &mut UpdateList) -> Result<&'a [u8], ParseError> {
    const MARK: &[u8] = b"@apt\n";
    let at = output.windows(MARK.len()).position(|window| window == MARK);
    let at = at.ok_or_else(|| ParseError::new("the mark @apt was expected", output))?;
    let (head, rest) = output.split_at_checked(at).unwrap_or((output, b""));
    list.lists_from = head.strip_prefix(b"@lists\n").and_then(|line| moment(line.trim_ascii()));
    Ok(rest.get(MARK.len()..).unwrap_or_default())
}

/// What a simulation would do.
pub(super) fn plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    // Every simulation says so; nothing else is an answer.
    if !output.starts_with(b"@apt\n") {
        return Err(ParseError::new("the mark @apt was expected", output));
    }
    let mut plan = PackagePlan::default();
    for found in actions(output) {
        let (installs, action) = found?;
        match (installs, action.before, action.after) {
            (true, before, Some(after)) => {
                let item =
                    PlanItem { name: action.name, version: after, before, origin: text::shown(action.origin, SHORT) };
                if item.before.is_some() { plan.renewed.push(item) } else { plan.added.push(item) }
            }
            (false, before, _) => {
                let version = before.unwrap_or_default();
                plan.removed.push(PlanItem { name: action.name, version, before: None, origin: String::new() });
            }
            (true, _, None) => return Err(ParseError::new("an installation without a version", output)),
        }
    }
    Ok(plan)
}
