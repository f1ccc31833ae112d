//! What FreeBSD's `pkg` tells, as its manual has it.

use std::collections::HashSet;

use super::plan::{PackagePlan, PlanItem};
use super::updates::{Update, UpdateList};
use super::{Package, PackageState, fields, moment, shown};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// Name, version, architecture, bytes, seconds since 1970, repository, comment.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    text::lines(output)
        .map(|(number, line)| {
            let Some([name, version, architecture, size, installed, repository, comment]) = fields(line) else {
                return Err(ParseError::at(number, "seven fields were expected", line));
            };
            if name.is_empty() || version.is_empty() {
                return Err(ParseError::at(number, "a package without a name or a version", line));
            }
            Ok(Package {
                name: text::shown(name, SHORT),
                version: text::shown(version, SHORT),
                architecture: shown(architecture),
                size_bytes: text::integer(size),
                installed_at: moment(installed),
                origin: shown(repository),
                summary: shown(comment),
                state: PackageState::Installed,
            })
        })
        .collect()
}

/// `nginx-1.24.0_1,3` → name and version: the last hyphen divides them.
fn name_and_version(text: &[u8]) -> Option<(String, String)> {
    let hyphen = text.iter().rposition(|byte| *byte == b'-')?;
    let (name, version) = (text.get(..hyphen)?, text.get(hyphen + 1..)?);
    (!name.is_empty() && !version.is_empty()).then(|| (text::shown(name, SHORT), text::shown(version, SHORT)))
}

/// Behind `@pkg` rows like `nginx-1.24.0,3 < needs updating (remote has 1.26.0,3)`; behind `@audit` what is known to be
/// vulnerable.
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    if !output.starts_with(b"@pkg\n") {
        return Err(ParseError::new("the mark @pkg was expected", output));
    }
    let mut list = UpdateList { tells_security: true, ..UpdateList::default() };
    let (mut vulnerable, mut installed): (HashSet<&[u8]>, Vec<&[u8]>) = (HashSet::new(), Vec::new());
    for (part, number, line) in text::sections(output, &["pkg", "audit"]) {
        let wrong = || ParseError::at(number, "a row of pkg was expected", line);
        if part == "audit" {
            vulnerable.insert(line.trim_ascii());
            continue;
        }
        let Some(([full, sign], rest)) = text::first_words::<2>(line) else { return Err(wrong()) };
        if sign != b"<" {
            continue;
        }
        let (name, before) = name_and_version(full).ok_or_else(wrong)?;
        let at = rest.windows(5).position(|window| window == b" has ").ok_or_else(wrong)?;
        let available = rest.get(at + 5..).and_then(|rest| rest.strip_suffix(b")")).ok_or_else(wrong)?;
        installed.push(full);
        list.updates.push(Update {
            name,
            installed: before,
            available: text::shown(available, SHORT),
            ..Update::default()
        });
    }
    for (update, full) in list.updates.iter_mut().zip(installed) {
        update.security = vulnerable.contains(full);
    }
    Ok(list)
}

/// Headings, and below each lines that a tab begins: `nginx: 1.24.0,3`, `curl: 8.1 -> 8.2 [FreeBSD]`.
pub(super) fn plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@pkg\n") {
        return Err(ParseError::new("the mark @pkg was expected", output));
    }
    let mut plan = PackagePlan::default();
    let mut heading: &[u8] = b"";
    for (number, line) in text::lines(output).skip(1) {
        let Some(row) = line.strip_prefix(b"\t") else {
            heading = line;
            continue;
        };
        let text = text::shown(row, SHORT);
        let Some((name, rest)) = text.split_once(": ") else {
            return Err(ParseError::at(number, "a name, a colon and a version were expected", line));
        };
        let versions = rest.split(" [").next().unwrap_or_default().trim();
        let (before, version) = match versions.split_once(" -> ") {
            Some((before, after)) => (Some(before.to_owned()), after.to_owned()),
            None => (None, versions.to_owned()),
        };
        let item = PlanItem { name: name.to_owned(), version, before, origin: String::new() };
        let says = |word: &[u8]| heading.windows(word.len()).any(|window| window == word);
        if says(b"REMOVED") {
            plan.removed.push(item);
        } else if says(b"INSTALLED") {
            plan.added.push(item);
        } else if says(b"UPGRADED") || says(b"REINSTALLED") || says(b"DOWNGRADED") {
            plan.renewed.push(item);
        }
    }
    Ok(plan)
}
