//! `ufw status verbose`: `22/tcp (OpenSSH)   ALLOW IN    10.0.0.0/8   # comment`, IPv6 in lines of its own.

use super::{Action, Condition, Direction, Family, Owner, Place, Ports, Rule, Source};
use crate::commands::ParseError;
use crate::commands::text::{LONG, shown};

/// What its lists are called.
pub(super) const INCOMING: &str = "incoming";
const OUTGOING: &str = "outgoing";
const ROUTED: &str = "routed";

/// Its three lists; none where it is not active.
pub(super) fn parse(lines: &[(usize, &[u8])]) -> Result<Option<Vec<Place>>, ParseError> {
    let mut active = None;
    let mut places: Vec<Place> = [(INCOMING, Direction::In), (OUTGOING, Direction::Out), (ROUTED, Direction::Through)]
        .into_iter()
        .map(|(name, direction)| Place { direction, ..Place::new(name, Owner::Ufw, "list") })
        .collect();
    let mut in_table = false;
    for &(number, line) in lines {
        let text = shown(line, LONG);
        if let Some(status) = text.strip_prefix("Status: ") {
            active = Some(status.trim() == "active");
        } else if let Some(defaults) = text.strip_prefix("Default: ") {
            for place in &mut places {
                place.otherwise = default_of(defaults, &place.name);
            }
        } else if in_table && !text.trim().is_empty() {
            let (direction, rule) =
                rule(&text).ok_or_else(|| ParseError::at(number, "this is no rule of ufw", line))?;
            if let Some(place) = places.iter_mut().find(|place| place.direction == direction) {
                place.rules.push(rule);
            }
        } else if text.starts_with("--") {
            in_table = true;
        }
    }
    match active {
        Some(true) => Ok(Some(places)),
        Some(false) => Ok(None),
        None => Err(ParseError::new("ufw did not say its status", lines.first().map_or(b"", |(_, line)| *line))),
    }
}

/// `deny (incoming), allow (outgoing), disabled (routed)`
fn default_of(text: &str, list: &str) -> Option<Action> {
    let part = text.split(',').map(str::trim).find(|part| part.ends_with(&format!("({list})")))?;
    Some(match part.split(' ').next()? {
        "allow" => Action::Accept,
        "deny" | "disabled" => Action::Drop,
        "reject" => Action::Reject,
        _ => Action::Unknown,
    })
}

fn rule(text: &str) -> Option<(Direction, Rule)> {
    let (line, comment) = match text.split_once("# ") {
        Some((line, comment)) => (line, comment.trim()),
        None => (text, ""),
    };
    let (at, action) =
        [("ALLOW", Action::Accept), ("DENY", Action::Drop), ("REJECT", Action::Reject), ("LIMIT", Action::Limit)]
            .into_iter()
            .filter_map(|(word, action)| line.find(&format!(" {word} ")).map(|at| (at, action)))
            .min_by_key(|(at, _)| *at)?;
    let (to, rest) = line.split_at_checked(at)?;
    let mut rest = rest.split_whitespace();
    let (_, way) = (rest.next()?, rest.next()?);
    let direction = match way {
        "IN" => Direction::In,
        "OUT" => Direction::Out,
        "FWD" => Direction::Through,
        _ => return None,
    };
    let from: Vec<&str> = rest.collect();
    let mut rule = Rule::new(Vec::new(), action, text.split_whitespace().collect::<Vec<_>>().join(" "));
    comment.clone_into(&mut rule.comment);
    rule.family = Family::V4;
    side(&to.split_whitespace().collect::<Vec<_>>(), direction, true, &mut rule);
    side(&from, direction, false, &mut rule);
    Some((direction, rule))
}

/// One of the two sides of a rule: addresses, ports, an interface, an application's name, `(v6)`.
fn side(words: &[&str], direction: Direction, is_to: bool, rule: &mut Rule) {
    let mut words = words.iter().copied();
    while let Some(word) = words.next() {
        if word == "on" {
            let interface = words.next().unwrap_or_default().to_owned();
            // Where something goes out is nothing that comes in.
            let here = is_to == (direction == Direction::In);
            rule.conditions.push(if here {
                Condition::Interface(vec![interface])
            } else {
                Condition::Other(interface)
            });
        } else if word.starts_with('(') {
            let mut open = word.matches('(').count();
            let mut closed = word.matches(')').count();
            let mut name = word.to_owned();
            while open > closed {
                let Some(next) = words.next() else { break };
                open += next.matches('(').count();
                closed += next.matches(')').count();
                name = format!("{name} {next}");
            }
            if name.contains("(v6)") {
                rule.family = Family::V6;
            }
            let plain = name.trim_start_matches('(').replace("(v6)", "");
            let plain = plain.trim().trim_end_matches(')').trim();
            if !matches!(plain, "v6" | "" | "log" | "log-all" | "out") && rule.comment.is_empty() {
                plain.clone_into(&mut rule.comment);
            }
        } else {
            rule.conditions.extend(what(word, is_to));
        }
    }
}

fn what(word: &str, is_to: bool) -> Vec<Condition> {
    let other = || vec![Condition::Other(word.to_owned())];
    let ports = |text: &str| {
        let ports = Ports::read_list(text)?;
        Some(if is_to { Condition::Ports(ports) } else { Condition::Other(word.to_owned()) })
    };
    let address = |text: &str| {
        let source = Source::read(text)?;
        Some(if is_to { Condition::To(vec![source]) } else { Condition::From(vec![source]) })
    };
    if word == "Anywhere" {
        return Vec::new();
    }
    if let Some(known) = ports(word).or_else(|| address(word)) {
        return vec![known];
    }
    let Some((before, protocol)) = word.rsplit_once('/') else { return other() };
    if !protocol.bytes().all(|byte| byte.is_ascii_lowercase()) {
        return other();
    }
    let protocol = Condition::Protocol(protocol.to_owned());
    match (before, ports(before).or_else(|| address(before))) {
        ("Anywhere", _) => vec![protocol],
        (_, Some(known)) => vec![protocol, known],
        _ => other(),
    }
}
