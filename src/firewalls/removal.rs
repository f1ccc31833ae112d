//! Removing a rule that somebody saw: it is found again by what it says, and its owner is told in its own words. Pure.

use sha2::{Digest, Sha256};

use super::rule::in_chain;
use crate::commands::firewall::{Action, Condition, Firewall, Kept, Owner, Place, Rule};
use crate::commands::firewall_change::{ChangeFirewall, Deed, Spot, Wish};
use crate::error::{Error, Result};
use crate::language::Message;

/// By which a rule is named in a form or by a program: another text, place, family or handle gives another key.
pub fn key_of(place: &Place, rule: &Rule) -> String {
    let mut hash = Sha256::new();
    for part in [place.name.as_str(), rule.kind, rule.text.as_str(), &format!("{:?} {:?}", rule.family, rule.handle)] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hex::encode(hash.finalize()).chars().take(16).collect()
}

/// What the owner is told to remove the rule of this key; why it cannot be told, where that is so.
pub fn remove(firewall: &Firewall, key: &str) -> Result<ChangeFirewall> {
    let mut rules =
        firewall.shown().flat_map(|place| place.rules.iter().enumerate().map(move |(at, rule)| (place, at, rule)));
    let found = rules.find(|(place, _, rule)| key_of(place, rule) == key);
    let gone = || Error::Conflict(Message::new("This rule is not there any more. Look at the rules as they are now"));
    let (place, at, rule) = found.ok_or_else(gone)?;
    remove_at(firewall, place, at, rule)
}

/// The same for the rule that stands `at` a place, counted from 0.
pub fn remove_at(firewall: &Firewall, place: &Place, at: usize, rule: &Rule) -> Result<ChangeFirewall> {
    if firewall.without_program || place.is_of_a_program() {
        return Err(not_by_us());
    }
    let mut change = ChangeFirewall {
        id: String::new(),
        seconds: 0,
        owner: firewall.owner,
        deed: Deed::Remove,
        wish: wish_of(&rule.action),
        protocol: String::new(),
        ports: String::new(),
        source: String::new(),
        comment: String::new(),
        interface: String::new(),
        place: Spot { text: rule.text.clone(), ..Spot::default() },
        first: false,
    };
    match (firewall.owner, place.held_by) {
        (Owner::Ufw, Owner::Ufw) if place.direction == crate::commands::firewall::Direction::In => {
            fill(&mut change, rule)?;
        }
        (Owner::Firewalld, Owner::Firewalld) if place.kind == "zone" => {
            if rule.kept == Kept::AfterReload {
                return Err(Error::Conflict(Message::new(
                    "This rule is not in force yet: it comes when firewalld reloads",
                )));
            }
            change.place.zone.clone_from(&place.name);
            change.place.kind = match rule.kind {
                "service" => "service",
                "port" => "port",
                "protocol" => "protocol",
                "rich rule" => "rich-rule",
                _ => return Err(not_by_us()),
            };
            change.place.item.clone_from(&rule.text);
        }
        (Owner::Nft, Owner::Nft) if !place.behind => {
            change.place = Spot { handle: rule.handle, text: rule.text.clone(), ..in_chain(place)? };
            if change.place.handle.is_none() {
                return Err(not_by_us());
            }
        }
        (Owner::Iptables, Owner::Iptables) => {
            let spot = in_chain(place)?;
            // What nft told of it has a handle of nft's, and no number that iptables would know.
            if spot.table != "filter" || rule.handle.is_some() {
                return Err(not_by_us());
            }
            let family = if spot.family == "ip6" { "ip6" } else { "ip4" };
            let handle = u64::try_from(at + 1).ok();
            change.place = Spot { handle, text: rule.text.clone(), family: family.to_owned(), ..spot };
        }
        _ => return Err(not_by_us()),
    }
    Ok(change)
}

fn not_by_us() -> Error {
    Error::Conflict(Message::new("hannun does not remove a rule of this kind. Remove it where it was made"))
}

fn wish_of(action: &Action) -> Wish {
    match action {
        Action::Limit => Wish::Limit,
        Action::Drop => Wish::Deny,
        Action::Reject => Wish::Reject,
        _ => Wish::Allow,
    }
}

/// ufw finds a rule by what it says.
fn fill(change: &mut ChangeFirewall, rule: &Rule) -> Result<()> {
    // A rule that logs, or that an application's name stands for, is another one to ufw than it reads here.
    let said = rule.text.split("# ").next().unwrap_or_default().replace("(v6)", "");
    if said.contains('(') {
        return Err(not_by_us());
    }
    for condition in &rule.conditions {
        match condition {
            Condition::Protocol(name) => change.protocol.clone_from(name),
            Condition::Ports(ports) => {
                change.ports = ports.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
            }
            Condition::From(sources) if sources.len() == 1 => {
                change.source = sources.iter().map(ToString::to_string).collect();
            }
            Condition::Interface(names) if names.len() == 1 => change.interface = names.concat(),
            _ => return Err(not_by_us()),
        }
    }
    Ok(())
}
