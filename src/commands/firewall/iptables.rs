//! `iptables-save`: `*filter`, `:INPUT DROP [0:0]`, `-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT`.

use std::collections::HashMap;

use super::{Action, Condition, Direction, Entry, Family, Owner, Place, Ports, Rule, Source};
use crate::commands::ParseError;
use crate::commands::text::{LONG, shown};

/// What stands in its answer, one place per chain.
pub(super) fn parse(lines: &[(usize, &[u8])], family: Family) -> Result<Vec<Place>, ParseError> {
    let mut places: Vec<Place> = Vec::new();
    let mut by_name: HashMap<String, usize> = HashMap::new();
    let mut table = String::new();
    for &(number, line) in lines {
        let unreadable = || ParseError::at(number, "this is no line of iptables-save", line);
        let text = shown(line, LONG);
        let text = text.trim();
        if text.contains("iptables-legacy tables present") || text.contains("ip6tables-legacy tables present") {
            let mut legacy = chain_of(family, "legacy", "INPUT", Some(Action::Accept));
            legacy.rules.push(Rule::unread(text.to_owned()));
            places.push(legacy);
        } else if text.is_empty() || text.starts_with('#') || text == "COMMIT" {
        } else if let Some(name) = text.strip_prefix('*') {
            name.clone_into(&mut table);
        } else if let Some(chain) = text.strip_prefix(':') {
            let mut words = chain.split_whitespace();
            let (name, policy) = (words.next().ok_or_else(unreadable)?, words.next().ok_or_else(unreadable)?);
            let policy = match policy {
                "ACCEPT" => Some(Action::Accept),
                "DROP" => Some(Action::Drop),
                "-" => None,
                _ => return Err(unreadable()),
            };
            let place = chain_of(family, &table, name, policy);
            by_name.insert(place.name.clone(), places.len());
            places.push(place);
        } else {
            let words = words(text);
            let [flag, chain, rest @ ..] = words.as_slice() else { return Err(unreadable()) };
            let name = name_of(family, &table, chain);
            let place = by_name.get(&name).and_then(|at| places.get_mut(*at));
            let (true, Some(place)) = (flag == "-A", place) else { return Err(unreadable()) };
            place.rules.push(rule(rest, text, &|target| name_of(family, &table, target)));
        }
    }
    Ok(places)
}

fn name_of(family: Family, table: &str, chain: &str) -> String {
    let tool = if family == Family::V6 { "ip6" } else { "ip" };
    format!("{tool} {table} {chain}")
}

fn chain_of(family: Family, table: &str, chain: &str, policy: Option<Action>) -> Place {
    let begins = policy.is_some();
    let entry = match chain {
        "INPUT" if table != "nat" => Entry::Input,
        "PREROUTING" => Entry::Early,
        _ => Entry::Elsewhere,
    };
    let direction = match chain {
        "OUTPUT" | "POSTROUTING" => Direction::Out,
        "FORWARD" => Direction::Through,
        _ => Direction::In,
    };
    let place = Place::new(name_of(family, table, chain), Owner::Iptables, "chain");
    Place { family, direction, entry: begins.then_some(entry), otherwise: policy, ..place }
}

/// The words of a rule; quotes keep what is between them together.
pub(super) fn words(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut word: Option<String> = None;
    let mut characters = text.chars();
    let mut quoted = false;
    while let Some(character) = characters.next() {
        match character {
            '"' => {
                quoted = !quoted;
                word.get_or_insert_default();
            }
            '\\' if quoted => word.get_or_insert_default().extend(characters.next()),
            character if character.is_whitespace() && !quoted => found.extend(word.take()),
            character => word.get_or_insert_default().push(character),
        }
    }
    found.extend(word);
    found
}

fn rule(words: &[String], text: &str, full_name: &dyn Fn(&str) -> String) -> Rule {
    let mut rule = Rule::new(Vec::new(), Action::Continue, text.to_owned());
    let counts_hits = words.iter().any(|word| word == "--hitcount");
    let mut words = words.iter().map(String::as_str);
    let mut negated = false;
    while let Some(word) = words.next() {
        let mut value = || words.next().unwrap_or_default();
        let condition = match word {
            "!" => {
                negated = true;
                continue;
            }
            "-j" | "-g" => {
                let target = value();
                rule.action = action(target, word == "-g", full_name);
                continue;
            }
            "--comment" => {
                value().clone_into(&mut rule.comment);
                continue;
            }
            // What it brings stands in its options.
            "-m" => match value() {
                "limit" | "recent" | "hashlimit" | "connlimit" | "tcp" | "udp" | "comment" | "conntrack" | "state"
                | "multiport" | "addrtype" | "icmp" | "icmp6" | "iprange" | "rt" => continue,
                other => Condition::Other(format!("-m {other}")),
            },
            "--update" | "--rcheck" if counts_hits => Condition::Rate { below: false },
            "--tcp-flags" => match (value(), words.next().unwrap_or_default()) {
                ("FIN,SYN,RST,ACK", "SYN") => Condition::State { new: true },
                (mask, set) => Condition::Other(format!("--tcp-flags {mask} {set}")),
            },
            option => condition(option, &mut value),
        };
        let condition = if std::mem::take(&mut negated) { Condition::Not(Box::new(condition)) } else { condition };
        rule.conditions.push(condition);
    }
    rule
}

fn condition<'a>(option: &str, value: &mut dyn FnMut() -> &'a str) -> Condition {
    let other = |option: &str, value: &str| Condition::Other(format!("{option} {value}"));
    match option {
        "-p" => Condition::Protocol(value().to_owned()),
        "-i" => Condition::Interface(vec![value().to_owned()]),
        "-s" | "--src-range" => one(value(), Condition::From),
        "-d" | "--dst-range" => one(value(), Condition::To),
        "--dport" | "--dports" => {
            let text = value();
            Ports::read_list(text).map_or_else(|| other(option, text), Condition::Ports)
        }
        "--ctstate" | "--state" => Condition::State { new: value().split(',').any(|state| state == "NEW") },
        // A routing header is nothing that begins a connection.
        "--rt-type" => {
            value();
            Condition::State { new: false }
        }
        "--dst-type" => match value() {
            "LOCAL" => Condition::Local(true),
            "BROADCAST" | "MULTICAST" | "ANYCAST" => Condition::Local(false),
            text => other(option, text),
        },
        "--limit" | "--hashlimit-upto" | "--connlimit-upto" => {
            value();
            Condition::Rate { below: true }
        }
        "--hashlimit-above" | "--connlimit-above" => {
            value();
            Condition::Rate { below: false }
        }
        // These always fit: the rest of a limit, and of what a target does.
        "--set" | "--rsource" | "--rdest" | "--connlimit-saddr" | "--syn" => Condition::State { new: true },
        "--limit-burst"
        | "--seconds"
        | "--hitcount"
        | "--name"
        | "--mask"
        | "--hashlimit-burst"
        | "--hashlimit-mode"
        | "--hashlimit-name"
        | "--hashlimit-htable-expire"
        | "--connlimit-mask"
        | "--reject-with"
        | "--log-prefix"
        | "--log-level"
        | "--nflog-prefix"
        | "--nflog-group"
        | "--set-xmark"
        | "--to-destination"
        | "--to-ports"
        | "--to-source" => {
            value();
            Condition::State { new: true }
        }
        option => Condition::Other(option.to_owned()),
    }
}

fn one(text: &str, make: fn(Vec<Source>) -> Condition) -> Condition {
    Source::read(text).map_or_else(|| Condition::Other(text.to_owned()), |source| make(vec![source]))
}

fn action(target: &str, goes: bool, full_name: &dyn Fn(&str) -> String) -> Action {
    match target {
        "ACCEPT" | "MASQUERADE" | "SNAT" => Action::Accept,
        "DROP" => Action::Drop,
        "REJECT" | "TARPIT" => Action::Reject,
        "RETURN" => Action::Return,
        "LOG" | "NFLOG" | "ULOG" | "MARK" | "CONNMARK" | "TCPMSS" | "AUDIT" | "CT" | "NOTRACK" | "TRACE" | "SET"
        | "CHECKSUM" | "CLASSIFY" | "DSCP" | "TOS" => Action::Continue,
        "DNAT" | "REDIRECT" | "TPROXY" => Action::Redirect,
        name if goes => Action::Goto(full_name(name)),
        name => Action::Jump(full_name(name)),
    }
}
