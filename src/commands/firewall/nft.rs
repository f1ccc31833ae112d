//! `nft -j list ruleset`: one object per table, set, chain and rule.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use super::nft_value::{Sets, conditions, text_of};
use super::{Action, Condition, Direction, Entry, Family, Owner, Place, Rule};
use crate::commands::ParseError;
use crate::commands::text::{LONG, SHORT, shown};

/// How many values a map may have to be read as rules of their own.
const MOST_BRANCHES: usize = 256;

/// Its chains, but for those that `iptables` told itself. Those of `firewalld` are behind its zones.
pub(super) fn parse(lines: &[(usize, &[u8])], told: &HashSet<String>) -> Result<Vec<Place>, ParseError> {
    let text: Vec<u8> = lines.iter().flat_map(|(_, line)| line.iter().copied().chain([b'\n'])).collect();
    let unreadable = |why: &str| ParseError::new(why, &text);
    let value: Value = serde_json::from_slice(&text).map_err(|_not_json| unreadable("nft did not answer in JSON"))?;
    let items = value.get("nftables").and_then(Value::as_array).ok_or_else(|| unreadable("nft told no ruleset"))?;
    let mut sets = Sets::new();
    for set in items.iter().filter_map(|item| item.get("set")) {
        if let (Some(table), Some(name)) = (table_of(set), word(set, "name")) {
            sets.insert(format!("{table} {name}"), set.get("elem").cloned().unwrap_or(Value::Array(Vec::new())));
        }
    }
    let mut places: Vec<Place> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    for item in items {
        if let Some(chain) = item.get("chain") {
            let place = chain_of(chain).ok_or_else(|| unreadable("a chain has no name"))?;
            by_name.insert(place.name.clone(), places.len());
            places.push(place);
        } else if let Some(rule) = item.get("rule") {
            let table = table_of(rule).ok_or_else(|| unreadable("a rule has no table"))?;
            let chain = word(rule, "chain").ok_or_else(|| unreadable("a rule has no chain"))?;
            let place = by_name.get(&format!("{table} {chain}")).and_then(|at| places.get_mut(*at));
            let place = place.ok_or_else(|| unreadable("a rule belongs to no chain"))?;
            place.rules.extend(rules(rule, &table, &sets));
        }
    }
    places.retain(|place| !told.contains(&place.name));
    let of_iptables: HashSet<String> = places.iter().filter(|place| is_iptables(place)).map(table_name).collect();
    for place in &mut places {
        place.behind = place.is_firewalld();
        if of_iptables.contains(&table_name(place)) {
            place.held_by = Owner::Iptables;
        }
    }
    Ok(places)
}

/// `ip filter` of `ip filter INPUT`.
fn table_name(place: &Place) -> String {
    place.name.split(' ').take(2).collect::<Vec<_>>().join(" ")
}

/// A chain that `iptables` makes in tables that are its own, whoever has called it: docker, kube-proxy.
fn is_iptables(place: &Place) -> bool {
    let words: Vec<&str> = place.name.split(' ').collect();
    let ["ip" | "ip6", "filter" | "nat" | "mangle" | "raw" | "security", chain] = words.as_slice() else {
        return false;
    };
    place.entry.is_some() && ["INPUT", "FORWARD", "OUTPUT", "PREROUTING", "POSTROUTING"].contains(chain)
}

fn word<'a>(item: &'a Value, name: &str) -> Option<&'a str> {
    item.get(name)?.as_str()
}

/// `inet filter`
fn table_of(item: &Value) -> Option<String> {
    let table = word(item, "table")?;
    Some(format!("{} {}", word(item, "family")?, shown(table.as_bytes(), SHORT)))
}

fn chain_of(chain: &Value) -> Option<Place> {
    let name = format!("{} {}", table_of(chain)?, shown(word(chain, "name")?.as_bytes(), SHORT));
    let (family_name, hook) = (word(chain, "family")?, word(chain, "hook"));
    let entry = hook.map(|hook| match (family_name, hook) {
        ("bridge", "input" | "prerouting") => Entry::Bridge,
        // That of arp is about no packet that goes to a port.
        ("ip" | "ip6" | "inet", "input") => Entry::Input,
        (_, "prerouting" | "ingress") => Entry::Early,
        _ => Entry::Elsewhere,
    });
    let interfaces = match chain.get("dev") {
        Some(Value::Array(names)) => names.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        Some(Value::String(name)) => vec![name.clone()],
        _ => Vec::new(),
    };
    let direction = match hook {
        Some("output" | "postrouting" | "egress") => Direction::Out,
        Some("forward") => Direction::Through,
        _ => Direction::In,
    };
    let policy = match (hook, word(chain, "policy")) {
        (None, _) => None,
        (Some(_), Some("drop")) => Some(Action::Drop),
        (Some(_), Some("accept") | None) => Some(Action::Accept),
        (Some(_), Some(_)) => Some(Action::Unknown),
    };
    let family = match family_name {
        "ip" => Family::V4,
        "ip6" => Family::V6,
        _ => Family::Both,
    };
    let place = Place::new(name, Owner::Nft, "chain");
    Some(Place { family, direction, entry, otherwise: policy, interfaces, ..place })
}

/// The rules that one rule means: more than one where it looks its verdict up in a map.
fn rules(item: &Value, table: &str, sets: &Sets) -> Vec<Rule> {
    let expressions = item.get("expr").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let text = shown(text_of(expressions).as_bytes(), LONG);
    let mut rule = Rule::new(Vec::new(), Action::Continue, text.clone());
    rule.handle = item.get("handle").and_then(Value::as_u64);
    rule.comment = word(item, "comment").map(|comment| shown(comment.as_bytes(), SHORT)).unwrap_or_default();
    for expression in expressions {
        let Some((name, value)) = expression.as_object().and_then(|object| object.iter().next()) else {
            return vec![with(rule, Action::Unknown)];
        };
        if let Some(action) = action(name, value, table) {
            return vec![with(rule, action)];
        }
        match name.as_str() {
            "match" => rule.conditions.extend(conditions(value, table, sets)),
            "counter" | "log" | "notrack" | "meta" | "mangle" | "last" | "ct helper" | "ct timeout" => {}
            "limit" | "ct count" if value.is_object() => {
                rule.conditions.push(Condition::Rate { below: value.get("inv") != Some(&Value::Bool(true)) });
            }
            // What adds to a set without a limit of its own always fits.
            "set" if value.get("stmt").is_none() && value.pointer("/elem/elem/stmt").is_none() => {}
            "vmap" => return branches(&rule, value, table, sets).unwrap_or_else(|| vec![with(rule, Action::Unknown)]),
            "xt" if word(value, "type") == Some("match") && word(value, "name") == Some("comment") => {}
            "xt" if word(value, "type") == Some("match") => rule.conditions.push(Condition::Other(text.clone())),
            "limit" | "ct count" | "set" | "map" | "meter" | "quota" => {
                rule.conditions.push(Condition::Other(text.clone()));
            }
            // A target of iptables among them: whatever it does, it may decide.
            _ => return vec![with(rule, Action::Unknown)],
        }
    }
    vec![rule]
}

fn with(rule: Rule, action: Action) -> Rule {
    Rule { action, ..rule }
}

fn action(name: &str, value: &Value, table: &str) -> Option<Action> {
    let target = || value.get("target").and_then(Value::as_str).map(|chain| format!("{table} {chain}"));
    Some(match name {
        "accept" | "snat" | "masquerade" => Action::Accept,
        "continue" => Action::Continue,
        "drop" => Action::Drop,
        "reject" => Action::Reject,
        "return" => Action::Return,
        "jump" => target().map_or(Action::Unknown, Action::Jump),
        "goto" => target().map_or(Action::Unknown, Action::Goto),
        "dnat" | "redirect" | "tproxy" => Action::Redirect,
        "queue" | "fwd" | "dup" | "synproxy" => Action::Unknown,
        _ => return None,
    })
}

/// `ct state vmap { established : accept, invalid : drop }`, one rule for each.
fn branches(rule: &Rule, map: &Value, table: &str, sets: &Sets) -> Option<Vec<Rule>> {
    let (key, data) = (map.get("key")?, map.pointer("/data/set")?.as_array()?);
    if data.len() > MOST_BRANCHES {
        return None;
    }
    let branch = |pair: &Value| {
        let [value, verdict] = pair.as_array()?.as_slice() else { return None };
        let (name, of) = verdict.as_object()?.iter().next()?;
        let asks = serde_json::json!({ "op": "==", "left": key, "right": value });
        let mut branch = rule.clone();
        branch.conditions.extend(conditions(&asks, table, sets));
        branch.action = action(name, of, table)?;
        Some(branch)
    };
    data.iter().map(branch).collect()
}
