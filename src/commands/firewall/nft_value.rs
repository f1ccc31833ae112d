//! The expressions of an nft rule: what must be true, and how it is said in one line for people.

use std::collections::HashMap;

use serde_json::Value;

use super::{Condition, Family, Ports, Source};

/// The elements of named sets: `inet filter blocked` → what it holds.
pub(super) type Sets = HashMap<String, Value>;

/// One `match`, as everything that must be true; what is not understood is kept as its text.
pub(super) fn conditions(value: &Value, table: &str, sets: &Sets) -> Vec<Condition> {
    let other = || vec![Condition::Other(said(value))];
    let (Some(left), Some(right)) = (value.get("left"), value.get("right")) else { return other() };
    let operator = value.get("op").and_then(Value::as_str).unwrap_or_default();
    let Some(values) = values(right, table, sets) else { return other() };
    let Some(Known { of, asks }) = known(left, &values) else { return other() };
    let asks = match operator {
        "==" | "in" => asks,
        // What is asked about is turned round, not of which packets it is asked: `tcp dport != 22` fits no UDP.
        "!=" => Condition::Not(Box::new(asks)),
        _ => return other(),
    };
    match of {
        Some(protocol @ Condition::Protocol(_)) => vec![Condition::Any(vec![vec![protocol, asks]])],
        // An address is of its own family.
        Some(_) if matches!(asks, Condition::From(_) | Condition::To(_)) => vec![asks],
        Some(of) => vec![of, asks],
        None => vec![asks],
    }
}

/// Everything that may stand on the right: one value, a list, a set, a named set.
fn values<'a>(right: &'a Value, table: &str, sets: &'a Sets) -> Option<Vec<&'a Value>> {
    let list = match right {
        Value::Object(object) if object.contains_key("set") => object.get("set")?.as_array()?,
        Value::Array(list) => list,
        Value::String(name) if name.starts_with('@') => {
            sets.get(&format!("{table} {}", name.trim_start_matches('@')))?.as_array()?
        }
        one => return Some(vec![one]),
    };
    Some(list.iter().map(|value| value.pointer("/elem/val").unwrap_or(value)).collect())
}

/// What an expression asks.
struct Known {
    /// Of which packets alone: those of a protocol, or of a family.
    of: Option<Condition>,
    /// What is asked of them.
    asks: Condition,
}

fn known(left: &Value, values: &[&Value]) -> Option<Known> {
    let key = |pointer: &str| left.pointer(pointer).and_then(Value::as_str);
    let of_all = |asks| Some(Known { of: None, asks });
    if let Some(meta) = key("/meta/key") {
        return of_all(match meta {
            "iif" | "iifname" => Condition::Interface(words(values)?),
            "l4proto" => protocol(values)?,
            "nfproto" => match words(values)?.as_slice() {
                [one] if one == "ipv4" => Condition::Family(Family::V4),
                [one] if one == "ipv6" => Condition::Family(Family::V6),
                _ => return None,
            },
            "pkttype" => Condition::Local(words(values)?.iter().any(|kind| kind == "host" || kind == "unicast")),
            _ => return None,
        });
    }
    if key("/ct/key") == Some("state") {
        return of_all(Condition::State { new: words(values)?.iter().any(|state| state == "new") });
    }
    if key("/fib/result") == Some("type") {
        let flags = left.pointer("/fib/flags").map(said).unwrap_or_default();
        // Whose address a packet comes from is another question.
        if !flags.contains("daddr") || flags.contains("saddr") {
            return None;
        }
        return of_all(Condition::Local(words(values)?.iter().any(|kind| kind == "local")));
    }
    let (header, field) = (key("/payload/protocol")?, key("/payload/field")?);
    let of = match header {
        "tcp" | "udp" | "sctp" | "dccp" => Some(Condition::Protocol(header.to_owned())),
        "ip" => Some(Condition::Family(Family::V4)),
        "ip6" => Some(Condition::Family(Family::V6)),
        _ => None,
    };
    let asks = match (header, field) {
        ("th" | "tcp" | "udp" | "sctp" | "dccp", "dport") => Condition::Ports(every_port(values)?),
        ("ip" | "ip6", "saddr") => Condition::From(addresses(values)?),
        ("ip" | "ip6", "daddr") => Condition::To(addresses(values)?),
        ("ip", "protocol") | ("ip6", "nexthdr") => protocol(values)?,
        _ => return None,
    };
    Some(Known { of, asks })
}

fn words(values: &[&Value]) -> Option<Vec<String>> {
    values.iter().map(|value| value.as_str().map(str::to_owned)).collect()
}

fn protocol(values: &[&Value]) -> Option<Condition> {
    let names = words(values)?;
    Some(match names.as_slice() {
        [one] => Condition::Protocol(one.clone()),
        many => Condition::Any(many.iter().map(|name| vec![Condition::Protocol(name.clone())]).collect()),
    })
}

fn every_port(values: &[&Value]) -> Option<Vec<Ports>> {
    values.iter().map(|value| ports(value)).collect()
}

fn ports(value: &Value) -> Option<Ports> {
    if let Some(port) = value.as_u64() {
        let port = u16::try_from(port).ok()?;
        return Some(Ports { first: port, last: port });
    }
    let [first, last] = value.get("range")?.as_array()?.as_slice() else { return None };
    Some(Ports { first: u16::try_from(first.as_u64()?).ok()?, last: u16::try_from(last.as_u64()?).ok()? })
}

fn addresses(values: &[&Value]) -> Option<Vec<Source>> {
    values.iter().map(|value| address(value)).collect()
}

fn address(value: &Value) -> Option<Source> {
    if let Some(text) = value.as_str() {
        return Source::read(text);
    }
    if let Some(prefix) = value.get("prefix") {
        let length = prefix.get("len")?.as_u64()?;
        return Source::read(&format!("{}/{length}", prefix.get("addr")?.as_str()?));
    }
    let [first, last] = value.get("range")?.as_array()?.as_slice() else { return None };
    Source::read(&format!("{}-{}", first.as_str()?, last.as_str()?))
}

/// A rule in one line, near to what `nft list ruleset` prints.
pub(super) fn text_of(expressions: &[Value]) -> String {
    expressions.iter().map(said).filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ")
}

fn said(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(_) | Value::Null => String::new(),
        Value::Array(list) => list.iter().map(said).collect::<Vec<_>>().join(", "),
        Value::Object(object) => {
            let Some((name, inner)) = object.iter().next() else { return String::new() };
            let part = |name: &str| inner.get(name).map(said).unwrap_or_default();
            match (object.len(), name.as_str()) {
                (1, "match") => match inner.get("op").and_then(Value::as_str) {
                    Some("!=") => format!("{} != {}", part("left"), part("right")),
                    _ => format!("{} {}", part("left"), part("right")),
                },
                (1, "payload") => format!("{} {}", part("protocol"), part("field")),
                (1, "meta" | "rt") => part("key"),
                (1, "ct") => format!("ct {}", part("key")),
                (1, "prefix") => format!("{}/{}", part("addr"), part("len")),
                (1, "range") => part_of_range(inner),
                (1, "set") if inner.is_array() => format!("{{ {} }}", said(inner)),
                (1, "jump" | "goto") => format!("{name} {}", part("target")),
                (1, "counter") => String::new(),
                (1, _) => [name.clone(), said(inner)]
                    .into_iter()
                    .filter(|text| !text.is_empty())
                    .collect::<Vec<_>>()
                    .join(" "),
                _ => object.iter().map(|(name, value)| format!("{name} {}", said(value))).collect::<Vec<_>>().join(" "),
            }
        }
    }
}

fn part_of_range(inner: &Value) -> String {
    inner.as_array().map(|ends| ends.iter().map(said).collect::<Vec<_>>().join("-")).unwrap_or_default()
}
