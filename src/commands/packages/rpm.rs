//! What `rpm` tells, and what `dnf`, `zypper` and `rpm --test` would do.

use std::collections::HashSet;

use super::plan::{PackagePlan, PlanItem};
use super::updates::{Update, UpdateList};
use super::{Package, PackageState, fields, moment, shown};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// Name, epoch, version-release, architecture, bytes, seconds since 1970, vendor, summary.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    let mut packages = Vec::new();
    for (number, line) in text::lines(output) {
        let wrong = |why: &str| ParseError::at(number, why, line);
        let Some([name, epoch, version, architecture, size, installed, vendor, summary]) = fields(line) else {
            return Err(wrong("eight fields were expected"));
        };
        if name.is_empty() || version.is_empty() {
            return Err(wrong("a package without a name or a version"));
        }
        // Keys that packages are signed with, which rpm keeps as packages.
        if name == b"gpg-pubkey" {
            continue;
        }
        let epoch = match epoch {
            b"(none)" => 0,
            digits => text::integer(digits).ok_or_else(|| wrong("this is no epoch"))?,
        };
        packages.push(Package {
            name: text::shown(name, SHORT),
            version: full_version(epoch, version),
            architecture: shown(architecture),
            size_bytes: text::integer(size),
            installed_at: moment(installed),
            origin: shown(vendor),
            summary: shown(summary),
            state: PackageState::Installed,
        });
    }
    Ok(packages)
}

fn full_version(epoch: u64, version: &[u8]) -> String {
    let version = text::shown(version, SHORT);
    if epoch == 0 { version } else { format!("{epoch}:{version}") }
}

/// Behind `@installed` name, architecture and version of what is there; behind `@updates` the same of what could come, with
/// its repository; behind `@security` what an advisory names.
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    const PARTS: &[&str] = &["lists", "updates", "security", "installed"];
    let mut list = UpdateList { tells_security: true, ..UpdateList::default() };
    let (mut named, mut began): (HashSet<&[u8]>, bool) = (HashSet::new(), false);
    let mut before = std::collections::HashMap::new();
    if !output.starts_with(b"@lists\n") {
        return Err(ParseError::new("the mark @lists was expected", output));
    }
    for (part, number, line) in text::sections(output, PARTS) {
        match part {
            "lists" => list.lists_from = moment(line.trim_ascii()),
            "security" => named.extend(text::words(line)),
            "updates" | "installed" if line.trim_ascii().is_empty() => began = true,
            "updates" | "installed" => {
                began = true;
                let Some([name, epoch, version, architecture, repository]) = fields(line) else {
                    return Err(ParseError::at(number, "five fields were expected", line));
                };
                let epoch = text::integer(epoch).ok_or_else(|| ParseError::at(number, "this is no epoch", line))?;
                let (name, architecture) = (text::shown(name, SHORT), text::shown(architecture, SHORT));
                let version = full_version(epoch, version);
                if part == "installed" {
                    before.insert((name, architecture), version);
                } else {
                    let origin = shown(repository);
                    let update = Update { name, installed: architecture, available: version, origin, security: false };
                    list.updates.push(update);
                }
            }
            _ => return Err(ParseError::at(number, "a mark was expected", line)),
        }
    }
    let _ = began;
    for update in &mut list.updates {
        let architecture = std::mem::take(&mut update.installed);
        let plain = update.available.split_once(':').map_or(update.available.as_str(), |(_, version)| version);
        let full = [
            format!("{}-{plain}.{architecture}", update.name),
            format!("{}-{}.{architecture}", update.name, update.available),
        ];
        update.security = full.iter().any(|name| named.contains(name.as_bytes()));
        update.installed = before.remove(&(update.name.clone(), architecture)).unwrap_or_default();
    }
    Ok(list)
}

/// What heads a part of dnf's table.
fn kind_of(line: &[u8]) -> Option<Kind> {
    let head = line.strip_suffix(b":")?;
    Some(match head {
        b"Installing"
        | b"Installing dependencies"
        | b"Installing weak dependencies"
        | b"Installing group/module packages" => Kind::Added,
        b"Upgrading" | b"Downgrading" | b"Reinstalling" => Kind::Renewed,
        b"Removing"
        | b"Removing dependent packages"
        | b"Removing unused dependencies"
        | b"Removing depended packages" => Kind::Removed,
        _ => return None,
    })
}

#[derive(Clone, Copy)]
enum Kind {
    Added,
    Renewed,
    Removed,
}

/// The table that `dnf` shows before it asks: rows begin with a blank, long ones go on in the next line.
pub(super) fn dnf_plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@dnf\n") {
        return Err(ParseError::new("the mark @dnf was expected", output));
    }
    let mut plan = PackagePlan::default();
    let mut kind = None;
    let mut words: Vec<&[u8]> = Vec::new();
    for (number, line) in text::lines(output).skip(1) {
        if !line.starts_with(b" ") {
            words.clear();
            kind = kind_of(line.trim_ascii_end());
            continue;
        }
        let Some(kind) = kind else { continue };
        words.extend(text::words(line));
        // dnf 5 tells what an update replaces.
        if words.first().is_some_and(|word| *word == b"replacing") {
            words.clear();
            continue;
        }
        if words.len() < 5 {
            continue;
        }
        let [name, _, version, repository, ..] = words.as_slice() else {
            return Err(ParseError::at(number, "a row of dnf's table was expected", line));
        };
        let item = PlanItem {
            name: text::shown(name, SHORT),
            version: text::shown(version.strip_prefix(b"0:").unwrap_or(version), SHORT),
            before: None,
            origin: text::shown(repository, SHORT),
        };
        match kind {
            Kind::Added => plan.added.push(item),
            Kind::Renewed => plan.renewed.push(item),
            Kind::Removed => plan.removed.push(item),
        }
        words.clear();
    }
    Ok(plan)
}

/// `rpm -e --test` says nothing where it would work, and names who needs the package where it would not.
pub(super) fn test_plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@rpm\n") {
        return Err(ParseError::new("the mark @rpm was expected", output));
    }
    let mut plan = PackagePlan::default();
    for (number, line) in text::lines(output).skip(1) {
        if let Some(needed) = line.strip_prefix(b"\t") {
            plan.obstacles.push(text::shown(needed, SHORT));
        } else if let Some([name, version]) = fields(line) {
            let (name, version) = (text::shown(name, SHORT), text::shown(version, SHORT));
            plan.removed.push(PlanItem { name, version, before: None, origin: String::new() });
        } else if line != b"error: Failed dependencies:" {
            return Err(ParseError::at(number, "a name and a version were expected", line));
        }
    }
    Ok(plan)
}

/// `zypper --dry-run`: a sentence that says how many, and their names in the indented lines below it.
pub(super) fn zypper_plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@zypper\n") {
        return Err(ParseError::new("the mark @zypper was expected", output));
    }
    let mut plan = PackagePlan::default();
    let mut kind = None;
    for (_, line) in text::lines(output).skip(1) {
        let says = |word: &[u8]| line.windows(word.len()).any(|window| window == word);
        if line.starts_with(b"The following ") {
            kind = if says(b"REMOVED") {
                Some(Kind::Removed)
            } else if says(b"upgraded") || says(b"downgraded") || says(b"reinstalled") {
                Some(Kind::Renewed)
            } else if says(b"NEW") {
                Some(Kind::Added)
            } else {
                None
            };
        } else if let (Some(kind), true) = (kind, line.starts_with(b"  ")) {
            for name in text::words(line) {
                let item = PlanItem { name: text::shown(name, SHORT), ..PlanItem::default() };
                match kind {
                    Kind::Added => plan.added.push(item),
                    Kind::Renewed => plan.renewed.push(item),
                    Kind::Removed => plan.removed.push(item),
                }
            }
        } else {
            kind = None;
        }
    }
    Ok(plan)
}

/// `zypper list-updates`: `v | repo-oss | bash | 4.4-1 | 4.4-2 | x86_64`. It does not tell which ones are for security.
pub(super) fn zypper_updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    if !output.starts_with(b"@zypper\n") {
        return Err(ParseError::new("the mark @zypper was expected", output));
    }
    let mut list = UpdateList::default();
    for (number, line) in text::lines(output).skip(1) {
        let cells: Vec<&[u8]> = line.split(|byte| *byte == b'|').map(<[u8]>::trim_ascii).collect();
        let [status, repository, name, installed, available, _] = cells.as_slice() else { continue };
        if *status != b"v" {
            continue;
        }
        if name.is_empty() || available.is_empty() {
            return Err(ParseError::at(number, "a row of zypper's table was expected", line));
        }
        list.updates.push(Update {
            name: text::shown(name, SHORT),
            installed: text::shown(installed, SHORT),
            available: text::shown(available, SHORT),
            origin: text::shown(repository, SHORT),
            security: false,
        });
    }
    Ok(list)
}
