//! Jump servers form no circle and no long chain, whatever the texts and the registry say together.

use std::collections::{BTreeMap, BTreeSet};

use super::super::problem::Flaw;
use super::super::registry::Registry;
use super::Kind;
use super::check::Gone;
use super::settle::Wishes;
use crate::language::Message;
use crate::models::servers::MAXIMUM_JUMPS;

/// Tells every circle once, and every chain that is too long.
pub(super) fn check(wishes: &Wishes<'_>, removals: &BTreeSet<Gone>, registry: &Registry, flaws: &mut Vec<Flaw>) {
    let goes = |name: &str| removals.iter().any(|gone| gone.goes && gone.kind == Kind::Server && gone.name == name);
    let known = registry.servers.iter().filter(|(name, _)| !goes(name));
    let mut jumps: BTreeMap<&str, &str> =
        known.filter_map(|(name, known)| Some((name.as_str(), known.facts.jump.as_deref()?))).collect();
    for (name, wish) in &wishes.servers {
        match &wish.facts.jump {
            Some(jump) => jumps.insert(name, jump),
            None if wish.entry.says_little => None,
            None => jumps.remove(name),
        };
    }
    let mut told: BTreeSet<&str> = BTreeSet::new();
    for (name, wish) in &wishes.servers {
        let Some(at) = wish.jump_at else { continue };
        let way = way(name, &jumps);
        let is_circle = way.last() == way.first() && way.len() > 1;
        if is_circle && way.iter().all(|server| !told.contains(server)) {
            let what = Message::new("Jump servers form a circle: {way}").with("way", way.join(" → "));
            flaws.push(Flaw { at, what, other: None });
            told.extend(way);
        } else if !is_circle && way.len() > MAXIMUM_JUMPS + 1 {
            let what = Message::new("A chain of more than {most} jump servers leads to {name}");
            flaws.push(Flaw { at, what: what.with("most", MAXIMUM_JUMPS).with("name", name), other: None });
        }
    }
}

/// The servers on the way, the given one first; in a circle it is also the last.
fn way<'a>(name: &'a str, jumps: &BTreeMap<&'a str, &'a str>) -> Vec<&'a str> {
    let mut way = vec![name];
    let mut here = name;
    while let Some(next) = jumps.get(here) {
        let was_here = way.contains(next);
        way.push(next);
        // A circle further on is told at one of its own servers.
        if was_here || way.len() > 4 * MAXIMUM_JUMPS {
            return if *next == name { way } else { vec![name] };
        }
        here = next;
    }
    way
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_way_ends_where_it_began_or_at_the_last_server() {
        let jumps = BTreeMap::from([("a", "b"), ("b", "c"), ("c", "b"), ("x", "y")]);
        assert_eq!(way("x", &jumps), ["x", "y"]);
        assert_eq!(way("b", &jumps), ["b", "c", "b"]);
        assert_eq!(way("a", &jumps), ["a"], "the circle is not its own");
    }
}
