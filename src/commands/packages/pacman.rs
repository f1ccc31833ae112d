//! What `pacman` tells, as its manual has it.

use chrono::NaiveDateTime;

use super::plan::{PackagePlan, PlanItem};
use super::updates::{Update, UpdateList};
use super::{Package, shown};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// Blocks of `Name : value`, divided by empty lines. Values that go on stand behind blanks.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    let mut packages: Vec<Package> = Vec::new();
    for (number, line) in text::lines(output) {
        if line.trim_ascii().is_empty() || line.starts_with(b" ") {
            continue;
        }
        let Some(colon) =
            line.windows(2).position(|window| window == b": ").or_else(|| line.strip_suffix(b":").map(<[u8]>::len))
        else {
            return Err(ParseError::at(number, "a name, a colon and a value were expected", line));
        };
        let (key, value) =
            (line.get(..colon).unwrap_or_default().trim_ascii(), line.get(colon + 1..).unwrap_or_default());
        let value = value.trim_ascii();
        if key == b"Name" {
            packages.push(Package { name: text::shown(value, SHORT), ..Package::default() });
            continue;
        }
        let Some(package) = packages.last_mut() else {
            return Err(ParseError::at(number, "a package's name was expected first", line));
        };
        match key {
            b"Version" => package.version = shown(value),
            b"Architecture" => package.architecture = shown(value),
            b"Description" => package.summary = shown(value),
            b"Packager" => package.origin = shown(value.split(|byte| *byte == b'<').next().unwrap_or_default()),
            b"Installed Size" => package.size_bytes = size(value),
            b"Install Date" => {
                let text = String::from_utf8_lossy(value);
                let read = NaiveDateTime::parse_from_str(&text, "%a %b %e %H:%M:%S %Y");
                package.installed_at = read.ok().map(|time| time.and_utc());
            }
            _ => {}
        }
    }
    if packages.iter().any(|package| package.name.is_empty() || package.version.is_empty()) {
        return Err(ParseError::new("a package without a name or a version", output));
    }
    Ok(packages)
}

/// `1.32 MiB`
fn size(text: &[u8]) -> Option<u64> {
    let (number, unit) = text::first_word(text)?;
    let factor = match unit {
        b"B" => 1.0,
        b"KiB" => 1024.0,
        b"MiB" => 1_048_576.0,
        b"GiB" => 1_073_741_824.0,
        _ => return None,
    };
    let bytes = text::decimal(number)? * factor;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be within")]
    (0.0..1e15).contains(&bytes).then_some(bytes as u64)
}

/// `bash 5.2.026-2 -> 5.2.037-1`; what is held back has ` [ignored]` behind it.
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    if !output.starts_with(b"@pacman\n") {
        return Err(ParseError::new("the mark @pacman was expected", output));
    }
    let mut list = UpdateList::default();
    for (number, line) in text::lines(output).skip(1) {
        let Some(([name, installed, b"->", available], _)) = text::first_words::<4>(line) else {
            return Err(ParseError::at(number, "a row of pacman was expected", line));
        };
        list.updates.push(Update {
            name: text::shown(name, SHORT),
            installed: text::shown(installed, SHORT),
            available: text::shown(available, SHORT),
            ..Update::default()
        });
    }
    Ok(list)
}

/// A sign, a name and a version a line, and what is fetched where something comes: `+ nginx 1.26.2-1 676000`,
/// `- nginx 1.26.2-1`.
pub(super) fn plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@pacman\n") {
        return Err(ParseError::new("the mark @pacman was expected", output));
    }
    let mut plan = PackagePlan::default();
    for (number, line) in text::lines(output).skip(1) {
        let Some(([sign, name, version], size)) = text::first_words::<3>(line) else {
            return Err(ParseError::at(number, "a sign, a name and a version were expected", line));
        };
        if let Some(size) = text::integer(size) {
            let before = plan.sizes.download_bytes.unwrap_or_default();
            plan.sizes.download_bytes = Some(before.saturating_add(size));
        }
        let item =
            PlanItem { name: text::shown(name, SHORT), version: text::shown(version, SHORT), ..PlanItem::default() };
        match sign {
            b"+" => plan.added.push(item),
            b"-" => plan.removed.push(item),
            _ => return Err(ParseError::at(number, "this is no sign of a plan", line)),
        }
    }
    Ok(plan)
}
