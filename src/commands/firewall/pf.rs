//! `pfctl`, `ipfw`, `ipfstat` and macOS' own firewall, from their manuals: their rules are shown as their text, and no verdict is given.

use super::{Action, Direction, Entry, Firewall, Owner, Place, Rule, Silence};
use crate::commands::ParseError;
use crate::commands::text::{self, LONG, shown};

const PARTS: &[&str] = &["firewall", "root", "pf", "pf-rules", "ipfw", "ipfilter", "application"];

pub(super) fn parse(output: &[u8]) -> Result<Firewall, ParseError> {
    if !output.starts_with(b"@firewall\n") {
        return Err(ParseError::new("the answer does not begin as it should", output));
    }
    let mut lines: Vec<(&'static str, String)> = Vec::new();
    let mut is_root = false;
    for (part, _, line) in text::sections(output, PARTS) {
        lines.push((part, shown(line.trim_ascii(), LONG)));
    }
    is_root |= text::lines(output).any(|(_, line)| line == b"@root");
    let of = |name: &'static str| lines.iter().filter(move |(part, _)| *part == name).map(|(_, line)| line.as_str());
    if lines.iter().any(|(_, line)| line == "@failed") {
        let silence = if is_root { Silence::Failed } else { Silence::NeedsRoot };
        return Ok(Firewall { silence: Some(silence), ..Firewall::default() });
    }
    let mut firewall = Firewall { owner: Owner::None, ..Firewall::default() };
    let mut add = |owner, name: &str, rules: Vec<Rule>| {
        if firewall.owner == Owner::None {
            firewall.owner = owner;
        }
        let place = Place::new(name, owner, "list");
        let (entry, otherwise) = (Some(Entry::Input), Some(Action::Unknown));
        firewall.places.push(Place { entry, otherwise, direction: Direction::In, rules, ..place });
    };
    let read = |name: &'static str| {
        of(name).filter(|line| !line.is_empty()).map(|line| Rule::unread(line.to_owned())).collect()
    };
    if of("pf").any(|line| line.starts_with("Status: Enabled")) {
        add(Owner::Pf, "pf", read("pf-rules"));
    }
    // There are two ways of being on: 1, and 2, which blocks all that is not essential and is told in other words.
    if of("application").any(|line| line.contains("State =") && !line.contains("State = 0")) {
        add(Owner::Pf, "application firewall", read("application"));
    }
    let ipfw: Vec<Rule> = read("ipfw");
    if !ipfw.is_empty() {
        add(Owner::Ipfw, "ipfw", ipfw);
    }
    let ipfilter: Vec<Rule> = read("ipfilter");
    if !ipfilter.is_empty() {
        add(Owner::Ipfilter, "ipfilter", ipfilter);
    }
    Ok(firewall)
}
