//! What `apk` keeps in its database, and what `apk --simulate` would do.

use super::plan::{PackagePlan, PlanItem};
use super::updates::{Update, UpdateList};
use super::{Package, PackageState, shown};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// Lines of one letter and a value, of which `P:` begins a package. It keeps no time of installation.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    let mut packages: Vec<Package> = Vec::new();
    for (number, line) in text::lines(output) {
        let wrong = |why: &str| ParseError::at(number, why, line);
        let [letter, b':', value @ ..] = line else {
            return Err(wrong("a letter, a colon and a value were expected"));
        };
        if *letter == b'P' {
            if value.is_empty() {
                return Err(wrong("a package without a name"));
            }
            packages.push(Package { name: text::shown(value, SHORT), ..Package::default() });
            continue;
        }
        let Some(package) = packages.last_mut() else { return Err(wrong("a line P: was expected first")) };
        match letter {
            b'V' => package.version = shown(value),
            b'A' => package.architecture = shown(value),
            b'I' => package.size_bytes = text::integer(value),
            b'T' => package.summary = shown(value),
            b'm' => package.origin = shown(value.split(|byte| *byte == b'<').next().unwrap_or_default()),
            // It could not be installed whole.
            b'f' if value.contains(&b'f') || value.contains(&b's') => package.state = PackageState::HalfInstalled,
            _ => {}
        }
    }
    if let Some(nameless) = packages.iter().find(|package| package.version.is_empty()) {
        return Err(ParseError::new("a package without a version", nameless.name.as_bytes()));
    }
    Ok(packages)
}

/// `busybox-1.36.1-r15` → name and version: two hyphens from the end.
fn name_and_version(text: &[u8]) -> Option<(String, String)> {
    let release = text.iter().rposition(|byte| *byte == b'-')?;
    let version = text.get(..release)?.iter().rposition(|byte| *byte == b'-')?;
    let is_release = text.get(release + 1..)?.strip_prefix(b"r").is_some_and(|digits| text::integer(digits).is_some());
    let (name, version) = (text.get(..version)?, text.get(version + 1..)?);
    (is_release && !name.is_empty()).then(|| (text::shown(name, SHORT), text::shown(version, SHORT)))
}

/// `busybox-1.36.1-r16 x86_64 {busybox} (GPL-2.0-only) [upgradable from: busybox-1.36.1-r15]`
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    if !output.starts_with(b"@apk\n") {
        return Err(ParseError::new("the mark @apk was expected", output));
    }
    let mut list = UpdateList::default();
    for (number, line) in text::lines(output).skip(1) {
        const FROM: &[u8] = b"[upgradable from: ";
        let Some(at) = line.windows(FROM.len()).position(|window| window == FROM) else { continue };
        let found = text::first_word(line).and_then(|(word, _)| name_and_version(word));
        let before = line.get(at + FROM.len()..).and_then(|rest| rest.strip_suffix(b"]")).and_then(name_and_version);
        let (Some((name, available)), Some((_, installed))) = (found, before) else {
            return Err(ParseError::at(number, "a row of apk was expected", line));
        };
        list.updates.push(Update { name, installed, available, origin: String::new(), security: false });
    }
    Ok(list)
}

/// `(1/3) Installing libfoo (1.0-r0)`, `(2/3) Upgrading a (1-r0 -> 2-r0)`, `(3/3) Purging b (1-r0)`.
pub(super) fn plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@apk\n") {
        return Err(ParseError::new("the mark @apk was expected", output));
    }
    let mut plan = PackagePlan::default();
    for (number, line) in text::lines(output).skip(1) {
        let Some(([count, verb, name], rest)) = text::first_words::<3>(line) else { continue };
        if !(count.starts_with(b"(") && count.ends_with(b")")) {
            continue;
        }
        let inside = rest.strip_prefix(b"(").and_then(|rest| rest.strip_suffix(b")"));
        let inside = inside.ok_or_else(|| ParseError::at(number, "a version in brackets was expected", line))?;
        let text = text::shown(inside, SHORT);
        let (before, version) = match text.split_once(" -> ") {
            Some((before, after)) => (Some(before.to_owned()), after.to_owned()),
            None => (None, text),
        };
        let item = PlanItem { name: text::shown(name, SHORT), version, before, origin: String::new() };
        match verb {
            b"Installing" => plan.added.push(item),
            b"Upgrading" | b"Downgrading" | b"Replacing" | b"Reinstalling" => plan.renewed.push(item),
            b"Purging" => plan.removed.push(item),
            _ => return Err(ParseError::at(number, "this is no action of apk", line)),
        }
    }
    Ok(plan)
}
