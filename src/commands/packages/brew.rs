//! What Homebrew tells, as its manual has it.

use super::Package;
use super::plan::{PackagePlan, PlanItem};
use super::updates::{Update, UpdateList};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT};

/// `wget 1.24.5 1.24.4`: a name and its versions, the newest last.
pub(super) fn installed(output: &[u8]) -> Result<Vec<Package>, ParseError> {
    if !output.starts_with(b"@brew\n") {
        return Err(ParseError::new("the mark @brew was expected", output));
    }
    text::lines(output)
        .skip(1)
        .map(|(number, line)| {
            let mut words = text::words(line);
            let (Some(name), Some(version)) = (words.next(), words.last()) else {
                return Err(ParseError::at(number, "a name and a version were expected", line));
            };
            Ok(Package { name: text::shown(name, SHORT), version: text::shown(version, SHORT), ..Package::default() })
        })
        .collect()
}

/// `wget (1.21.3) < 1.24.5`
pub(super) fn updates(output: &[u8]) -> Result<UpdateList, ParseError> {
    if !output.starts_with(b"@brew\n") {
        return Err(ParseError::new("the mark @brew was expected", output));
    }
    let mut list = UpdateList::default();
    for (number, line) in text::lines(output).skip(1) {
        let text = text::shown(line, SHORT);
        let read = text.split_once(" (").and_then(|(name, rest)| {
            let (installed, rest) = rest.split_once(") ")?;
            let available = rest.strip_prefix("< ").or_else(|| rest.strip_prefix("!= "))?;
            Some((name.to_owned(), installed.to_owned(), available.to_owned()))
        });
        let Some((name, installed, available)) = read else {
            return Err(ParseError::at(number, "a row of brew was expected", line));
        };
        list.updates.push(Update { name, installed, available, ..Update::default() });
    }
    Ok(list)
}

/// `==> Would install 2 formulae:` and names below it, many in a line.
pub(super) fn plan(output: &[u8]) -> Result<PackagePlan, ParseError> {
    if !output.starts_with(b"@brew\n") {
        return Err(ParseError::new("the mark @brew was expected", output));
    }
    let mut plan = PackagePlan::default();
    let mut heading: &[u8] = b"";
    for (_, line) in text::lines(output).skip(1) {
        if let Some(text) = line.strip_prefix(b"==> Would ") {
            heading = text;
        } else if line.starts_with(b"==>") {
            heading = b"";
        } else if let Some(needed) = line.strip_prefix(b"needed\t") {
            plan.obstacles.push(text::shown(needed, SHORT));
        } else {
            let names =
                text::words(line).map(|name| PlanItem { name: text::shown(name, SHORT), ..PlanItem::default() });
            // `wget 1.21.3 -> 1.24.5`, where everything is renewed.
            if let Some(([name, before, b"->", version], b"")) = text::first_words::<4>(line) {
                let [name, before, version] = [name, before, version].map(|word| text::shown(word, SHORT));
                let before = Some(before);
                plan.renewed.push(PlanItem { name, version, before, origin: String::new() });
            } else if heading.starts_with(b"install") {
                plan.added.extend(names);
            } else if heading.starts_with(b"upgrade") {
                plan.renewed.extend(names);
            } else if heading.starts_with(b"uninstall") {
                plan.removed.extend(names);
            }
        }
    }
    Ok(plan)
}
