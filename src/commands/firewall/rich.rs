//! firewalld's rich rules: `rule family="ipv4" source address="203.0.113.0/24" drop`.

use super::iptables::words;
use super::{Action, Condition, Family, Ports, Rule, Source};

/// A rich rule, and its priority: 0 unless it says another.
pub(super) fn rule(text: &str, services: &super::firewalld::Services) -> (i32, Rule) {
    let mut rule = Rule { kind: "rich rule", ..Rule::new(Vec::new(), Action::Continue, text.to_owned()) };
    let mut priority = 0;
    let mut element = String::new();
    // What a limit stands behind: a note that is not written too often says nothing about what comes in.
    let mut limits = String::new();
    let mut not = false;
    for word in words(text).into_iter().skip(1) {
        let Some((name, value)) = word.split_once('=') else {
            match word.as_str() {
                "NOT" | "not" => {
                    not = true;
                    continue;
                }
                "accept" => rule.action = Action::Accept,
                "drop" => rule.action = Action::Drop,
                "reject" => rule.action = Action::Reject,
                "forward-port" => rule.action = Action::Redirect,
                "limit" => limits.clone_from(&element),
                "source" | "destination" | "port" | "protocol" | "service" | "masquerade" | "mark" | "log"
                | "nflog" | "audit" | "tcp-mss-clamp" => {}
                // What blocks or lets in an icmp type says nothing about ports.
                "icmp-block" | "icmp-type" => {
                    rule.action = Action::Drop;
                    rule.conditions.push(Condition::Protocol("icmp".to_owned()));
                }
                _ => rule.conditions.push(Condition::Other(word.clone())),
            }
            element = word;
            continue;
        };
        let other = || Condition::Other(word.clone());
        let source = |make: fn(Vec<Source>) -> Condition| Source::read(value).map_or_else(other, |one| make(vec![one]));
        let condition = match (element.as_str(), name) {
            ("", "priority") => {
                priority = value.parse().unwrap_or_default();
                continue;
            }
            ("", "family") => {
                rule.family = if value == "ipv6" { Family::V6 } else { Family::V4 };
                continue;
            }
            ("source" | "destination", "invert") => {
                if let (true, Some(last)) = (value.eq_ignore_ascii_case("true"), rule.conditions.pop()) {
                    rule.conditions.push(Condition::Not(Box::new(last)));
                }
                continue;
            }
            ("source", "address") => source(Condition::From),
            ("destination", "address") => source(Condition::To),
            ("port" | "forward-port", "port") => ports(value),
            ("port" | "forward-port", "protocol") | ("protocol", "value") => Condition::Protocol(value.to_owned()),
            ("service", "name") => services.as_condition(value),
            ("limit", "value") if matches!(limits.as_str(), "accept" | "drop" | "reject" | "mark") => {
                Condition::Rate { below: true }
            }
            ("log" | "nflog" | "audit" | "reject" | "limit" | "mark" | "forward-port" | "tcp-mss-clamp", _)
            | ("icmp-block" | "icmp-type", "name") => continue,
            _ => other(),
        };
        rule.conditions.push(if std::mem::take(&mut not) { Condition::Not(Box::new(condition)) } else { condition });
    }
    (priority, rule)
}

fn ports(value: &str) -> Condition {
    Ports::read_list(value).map_or_else(|| Condition::Other(value.to_owned()), Condition::Ports)
}
