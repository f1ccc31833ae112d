//! Jump servers form no circle and no long chain, whatever the texts and the registry say together.

use std::collections::{BTreeMap, BTreeSet};

use super::super::problem::Flaw;
use super::super::registry::Registry;
use super::Kind;
use super::check::Removals;
use super::settle::Wishes;
use crate::language::Message;
use crate::models::servers::MAXIMUM_JUMPS;

/// Servers of a circle that are named; a longer one is told by its beginning.
const MOST_NAMED: usize = 20;

/// Tells every circle once, and every chain that is too long.
pub(super) fn check(wishes: &Wishes<'_>, removals: &Removals, registry: &Registry, flaws: &mut Vec<Flaw>) {
    let known = registry.servers.iter().filter(|(name, _)| !removals.take(Kind::Server, name));
    let mut jumps: BTreeMap<&str, &str> =
        known.filter_map(|(name, known)| Some((name.as_str(), known.facts.jump.as_deref()?))).collect();
    for (name, wish) in &wishes.servers {
        match &wish.facts.jump {
            Some(jump) => jumps.insert(name, jump),
            None if wish.entry.says_little => None,
            None => jumps.remove(name),
        };
    }
    let mut ways = Ways { jumps, ends: BTreeMap::new() };
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (name, wish) in &wishes.servers {
        let Some(at) = wish.jump_at else { continue };
        match ways.end(name) {
            End::Circle if !told.contains(name) => {
                let circle = ways.circle(name);
                let more = if circle.len() > MOST_NAMED { " → …" } else { "" };
                let named: Vec<&str> = circle.iter().copied().take(MOST_NAMED).collect();
                let what = Message::new("Jump servers form a circle: {way}");
                flaws.push(Flaw { at, what: what.with("way", named.join(" → ") + more), other: None });
                told.extend(circle);
            }
            End::After(jumps) if jumps > MAXIMUM_JUMPS => {
                let what = Message::new("A chain of more than {most} jump servers leads to {name}");
                flaws.push(Flaw { at, what: what.with("most", MAXIMUM_JUMPS).with("name", name), other: None });
            }
            // A circle further on is told at one of its own servers.
            End::Circle | End::IntoCircle | End::After(_) => {}
        }
    }
}

/// How the way through a server's jump servers ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// After so many jumps.
    After(usize),
    /// Where it began.
    Circle,
    /// Never: further on there is a circle.
    IntoCircle,
}

/// Ways from server to server. Each server is passed once, however many begin before it.
struct Ways<'a> {
    jumps: BTreeMap<&'a str, &'a str>,
    ends: BTreeMap<&'a str, End>,
}

impl<'a> Ways<'a> {
    fn end(&mut self, name: &'a str) -> End {
        let (mut way, mut places) = (Vec::new(), BTreeMap::new());
        let mut here = name;
        let mut end = loop {
            if let Some(known) = self.ends.get(here) {
                break if *known == End::Circle { End::IntoCircle } else { *known };
            }
            if let Some(begin) = places.insert(here, way.len()) {
                let circle = way.split_off(begin);
                self.ends.extend(circle.into_iter().map(|server| (server, End::Circle)));
                break End::IntoCircle;
            }
            way.push(here);
            let Some(next) = self.jumps.get(here).copied() else {
                way.pop();
                self.ends.insert(here, End::After(0));
                break End::After(0);
            };
            here = next;
        };
        for server in way.into_iter().rev() {
            if let End::After(jumps) = &mut end {
                *jumps += 1;
            }
            self.ends.insert(server, end);
        }
        self.ends.get(name).copied().unwrap_or(End::After(0))
    }

    /// The servers of a circle, the given one first and last.
    fn circle(&self, name: &'a str) -> Vec<&'a str> {
        let mut circle = vec![name];
        let mut here = name;
        while let Some(next) = self.jumps.get(here).copied() {
            circle.push(next);
            if next == name {
                break;
            }
            here = next;
        }
        circle
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_ends_after_some_jumps_or_in_a_circle() {
        let jumps =
            BTreeMap::from([("a", "b"), ("b", "c"), ("c", "b"), ("v", "a"), ("w", "x"), ("x", "y"), ("s", "s")]);
        let mut ways = Ways { jumps, ends: BTreeMap::new() };
        assert_eq!(ways.end("w"), End::After(2));
        assert_eq!((ways.end("x"), ways.end("y")), (End::After(1), End::After(0)));
        assert_eq!((ways.end("v"), ways.end("a")), (End::IntoCircle, End::IntoCircle), "the circle is not their own");
        assert_eq!((ways.end("b"), ways.end("c"), ways.end("s")), (End::Circle, End::Circle, End::Circle));
        assert_eq!(ways.circle("c"), ["c", "b", "c"]);
    }
}
