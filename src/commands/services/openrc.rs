//! What OpenRC's tools print: names, what runs in which runlevel, and who is started in which.

use std::collections::{BTreeMap, BTreeSet};

use super::{Service, State};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, words};

const PARTS: &[&str] = &["services", "status", "runlevels", "descriptions"];

pub(super) fn list(output: &[u8]) -> Result<Vec<Service>, ParseError> {
    let mut names = BTreeSet::new();
    let mut states = BTreeMap::new();
    let mut enabled = BTreeSet::new();
    let mut descriptions = BTreeMap::new();
    for (part, number, line) in text::sections(output, PARTS) {
        match part {
            "services" => {
                let name = text::shown(line.trim_ascii(), SHORT);
                if is_service(&name) {
                    names.insert(name);
                }
            }
            "status" => {
                if let Some((name, state)) = status(line) {
                    names.insert(name.clone());
                    states.insert(name, state);
                }
            }
            "runlevels" => {
                if let Some(name) = in_a_runlevel(line) {
                    enabled.insert(name);
                }
            }
            "descriptions" => descriptions.extend(description(line, b"description=")),
            _ => return Err(ParseError::at(number, "this line stands in no part", line)),
        }
    }
    let service = |name: String| {
        let word: &str = states.get(&name).map(String::as_str).unwrap_or_default();
        Service {
            state: state(word),
            detail: word.to_owned(),
            at_boot: if enabled.contains(&name) { "enabled".into() } else { "disabled".into() },
            description: descriptions.get(&name).cloned().unwrap_or_default(),
            name,
            ..Service::default()
        }
    };
    Ok(names.into_iter().map(service).collect())
}

/// What is left over by package tools is none.
pub(super) fn is_service(name: &str) -> bool {
    let left_over = [".dpkg-new", ".dpkg-old", ".dpkg-dist", ".apk-new", ".rpmnew", ".rpmsave", "~"];
    !name.is_empty() && !name.contains(' ') && !left_over.iter().any(|end| name.ends_with(end))
}

/// What a word of `rc-status` says; what is in no runlevel and not listed does not run.
pub(super) fn state(word: &str) -> State {
    match word {
        "started" => State::Active,
        "starting" | "scheduled" => State::Starting,
        "stopping" => State::Stopping,
        "stopped" | "inactive" | "" => State::Inactive,
        "crashed" | "failed" | "unsupervised" => State::Failed,
        _ => State::Unknown,
    }
}

/// ` sshd    [  started  ]`, or `sshd =  started 00:12:03 (0)`.
fn status(line: &[u8]) -> Option<(String, String)> {
    let mut columns = words(line);
    let name = columns.next().filter(|name| !name.starts_with(b"["))?;
    columns.next().filter(|mark| *mark == b"=" || *mark == b"[")?;
    let state = columns.next()?;
    Some((text::shown(name, SHORT), text::shown(state, SHORT)))
}

/// `   sshd |      default   `
fn in_a_runlevel(line: &[u8]) -> Option<String> {
    let bar = line.iter().position(|byte| *byte == b'|')?;
    let (name, levels) = line.split_at_checked(bar)?;
    words(levels).nth(1)?;
    Some(text::shown(name.trim_ascii(), SHORT))
}

/// `/etc/init.d/sshd:description="…"`, as `grep` shows it.
pub(super) fn description(line: &[u8], before: &[u8]) -> Option<(String, String)> {
    let colon = line.iter().position(|byte| *byte == b':')?;
    let (file, rest) = line.split_at_checked(colon)?;
    let name = file.rsplit(|byte| *byte == b'/').next()?;
    let said = rest.get(1..)?.strip_prefix(before)?.trim_ascii();
    let said = said.strip_prefix(b"\"").and_then(|said| said.strip_suffix(b"\"")).unwrap_or(said);
    Some((text::shown(name, SHORT), text::shown(said, SHORT)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_shapes_of_a_state_are_read_and_headings_are_none() {
        let read = |line: &str| status(line.as_bytes()).map(|(name, state)| format!("{name} {state}"));
        assert_eq!(read(" demo                 [  started  ]").as_deref(), Some("demo started"));
        assert_eq!(read("demo =  started 00:10:02 (0)").as_deref(), Some("demo started"));
        assert_eq!(read("dead =  crashed ").as_deref(), Some("dead crashed"));
        for line in ["[default]", "[Dynamic needed/wanted]", "Runlevel: default", "", "Dynamic Runlevel: manual"] {
            assert_eq!(read(line), None, "{line}");
        }
        assert_eq!(in_a_runlevel(b"   demo |      default  "), Some("demo".into()));
        assert_eq!(in_a_runlevel(b"   demo |                "), None);
    }
}
