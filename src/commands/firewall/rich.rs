//! firewalld's rich rules: `rule family="ipv4" source address="203.0.113.0/24" drop`.

use super::{Action, Condition, Family, Ports, Rule, Source};

/// A rich rule, and its priority: 0 unless it says another.
pub(super) fn rule(text: &str, services: &super::firewalld::Services) -> (i32, Rule) {
    let mut rule = Rule { kind: "rich rule", ..Rule::new(Vec::new(), Action::Continue, text.to_owned()) };
    let mut priority = 0;
    let mut element = "";
    let mut not = false;
    let mut acts = false;
    for word in text.split_whitespace().skip(1) {
        let Some((name, value)) = word.split_once('=') else {
            match word {
                "accept" => (rule.action, acts) = (Action::Accept, true),
                "drop" => (rule.action, acts) = (Action::Drop, true),
                "reject" => (rule.action, acts) = (Action::Reject, true),
                "masquerade" | "mark" => (rule.action, acts) = (Action::Continue, true),
                "forward-port" => (rule.action, acts) = (Action::Redirect, true),
                "NOT" | "not" => not = true,
                _ => {}
            }
            element = word;
            continue;
        };
        let value = value.trim_matches('"');
        let source = |make: fn(Vec<Source>) -> Condition| {
            Source::read(value).map_or_else(|| Condition::Other(word.to_owned()), |source| make(vec![source]))
        };
        let condition = match (element, name) {
            ("", "priority") => {
                priority = value.parse().unwrap_or_default();
                continue;
            }
            ("", "family") => {
                rule.family = if value == "ipv6" { Family::V6 } else { Family::V4 };
                continue;
            }
            ("source" | "NOT" | "not", "address") => source(Condition::From),
            ("destination", "address") => source(Condition::To),
            ("source" | "NOT" | "not" | "destination", "invert") => {
                if let (true, Some(last)) = (value.eq_ignore_ascii_case("true"), rule.conditions.pop()) {
                    rule.conditions.push(Condition::Not(Box::new(last)));
                }
                continue;
            }
            ("port" | "forward-port", "port") => ports(value),
            ("port" | "forward-port", "protocol") | ("protocol", "value") => Condition::Protocol(value.to_owned()),
            ("service", "name") => services.as_condition(value),
            ("limit", "value") => Condition::Rate { below: true },
            ("log" | "nflog" | "audit" | "reject" | "limit" | "mark" | "forward-port", _) => continue,
            _ => Condition::Other(word.to_owned()),
        };
        rule.conditions.push(if std::mem::take(&mut not) { Condition::Not(Box::new(condition)) } else { condition });
    }
    // What blocks or lets in an icmp type says nothing about ports; a rule without an action only notes.
    if text.contains(" icmp-block ") || text.contains(" icmp-type ") {
        rule.conditions = vec![Condition::Protocol("icmp".to_owned())];
        rule.action = Action::Drop;
    } else if !acts {
        rule.action = Action::Continue;
    }
    (priority, rule)
}

fn ports(value: &str) -> Condition {
    Ports::read_list(value).map_or_else(|| Condition::Other(value.to_owned()), Condition::Ports)
}
