//! How firewalld chooses a zone for a packet, as rules: by address, then by interface, then the one for all others.

use super::verdict::{Asked, Tri};
use super::{Action, Condition, Entry, Firewall, Owner, Place, Rule, Source};

impl Firewall {
    /// The choice as a place of its own; none where there are no zones.
    pub(super) fn zones_as_rules(&self, asked: &Asked) -> Option<Place> {
        let zones = || self.places.iter().filter(|place| place.kind == "zone");
        zones().next()?;
        let mut dispatch = Place::new("", Owner::Firewalld, "zone");
        for place in self.places.iter().filter(|place| place.kind == "policy" && place.entry == Some(Entry::Elsewhere))
        {
            dispatch.rules.push(Rule::new(Vec::new(), Action::Jump(place.name.clone()), place.name.clone()));
        }
        let mut add = |zone: &Place, conditions, text: &str| {
            dispatch.rules.push(Rule::new(conditions, Action::Goto(zone.name.clone()), text.to_owned()));
        };
        let mut by_address: Vec<(&Place, Vec<Condition>, &str)> = Vec::new();
        for zone in zones() {
            for text in &zone.sources {
                let read = Source::read(text);
                let condition = read.map_or_else(|| Condition::Other(text.clone()), |one| Condition::From(vec![one]));
                by_address.push((zone, vec![condition], text));
            }
        }
        // Where an address is in more than one of them, versions differ in which they take.
        let is_in = |(_, conditions, _): &(&Place, Vec<Condition>, &str)| {
            conditions.iter().all(|condition| condition.holds(asked) == Tri::Yes)
        };
        let mut of_it = by_address.iter().filter(|one| is_in(one)).map(|(zone, ..)| zone.name.as_str());
        let first = of_it.next();
        let is_ambiguous = of_it.any(|name| Some(name) != first);
        for (zone, mut conditions, text) in by_address {
            if is_ambiguous {
                conditions.push(Condition::Other(text.to_owned()));
            }
            add(zone, conditions, text);
        }
        for zone in zones() {
            for interface in &zone.interfaces {
                add(zone, vec![Condition::Interface(vec![interface.clone()])], interface);
            }
        }
        let default = Action::Goto(self.default_zone.clone());
        dispatch.rules.push(Rule::new(Vec::new(), default, self.default_zone.clone()));
        Some(dispatch)
    }
}
