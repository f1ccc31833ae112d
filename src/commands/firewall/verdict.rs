//! Whether the rules let a first packet in: yes, no, from some addresses, or nobody can tell. Never a guess: what is not
//! understood and could decide makes the verdict "cannot tell".

use std::collections::HashMap;
use std::net::IpAddr;

use super::{Action, Condition, Direction, Entry, Family, Firewall, Kept, Owner, Place, Rule};
use crate::commands::sockets::Protocol;

/// How deep places may lead to one another; the kernel allows 16.
const DEEPEST: usize = 32;
/// Rules that are looked at for one verdict: chains that call one another may be long to walk.
const MOST_STEPS: usize = 200_000;

/// A connection that somebody would like to make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// TCP or UDP.
    pub protocol: Protocol,
    /// To which port.
    pub port: u16,
    /// IPv4 or IPv6.
    pub family: Family,
    /// From which address; none stands for any address that is not the server's own.
    pub from: Option<IpAddr>,
    /// To which address of the server, where that is known.
    pub to: Option<IpAddr>,
    /// By which interface it comes in, where that is known.
    pub interface: Option<String>,
}

/// What the rules say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It is let in.
    Allowed {
        /// The rule that lets it in, or the place that lets in what fits no rule; empty where there is no firewall.
        by: String,
        /// Only as long as it does not come too often.
        limited: bool,
    },
    /// It is not let in.
    Blocked {
        /// The rule that stops it, or the place that stops what fits no rule.
        by: String,
        /// Refused with an answer, instead of dropped without one.
        answered: bool,
    },
    /// From some addresses it is let in, from others not.
    FromSome {
        /// Rules that let in, as they stand.
        allowed: Vec<String>,
        /// Rules that stop, as they stand.
        blocked: Vec<String>,
        /// What everybody else meets.
        others_allowed: bool,
    },
    /// Something that could decide is not understood, or not known.
    CannotTell {
        /// The rule's own text; empty where the rules themselves are not known.
        why: String,
    },
}

/// Yes, no, or nobody knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tri {
    Yes,
    No,
    Maybe,
}

impl From<bool> for Tri {
    fn from(yes: bool) -> Self {
        if yes { Self::Yes } else { Self::No }
    }
}

impl Tri {
    pub(super) fn not(self) -> Self {
        match self {
            Self::Yes => Self::No,
            Self::No => Self::Yes,
            Self::Maybe => Self::Maybe,
        }
    }

    pub(super) fn or(self, other: Self) -> Self {
        self.not().and(other.not()).not()
    }

    pub(super) fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::No, _) | (_, Self::No) => Self::No,
            (Self::Yes, Self::Yes) => Self::Yes,
            _ => Self::Maybe,
        }
    }
}

impl Firewall {
    /// What the rules say to `asked`.
    pub fn verdict(&self, asked: &Asked) -> Verdict {
        match self.owner {
            Owner::None => return Verdict::Allowed { by: String::new(), limited: false },
            Owner::CannotTell => return Verdict::CannotTell { why: String::new() },
            _ => {}
        }
        let zones = self.zones_as_rules(asked);
        let known: Known<'_> = self.places.iter().map(|place| ((place.held_by, place.name.as_str()), place)).collect();
        let begins = self.places.iter().filter(|place| {
            matches!(place.entry, Some(Entry::Early | Entry::Input | Entry::Bridge))
                && place.family.includes(asked.family)
        });
        let mut verdicts: Vec<Verdict> = Vec::new();
        for place in begins.chain(&zones) {
            let is_asked = is_asked(place, asked);
            if is_asked == Tri::No {
                continue;
            }
            let mut walk = Walk::new(asked, &known);
            walk.begin(place);
            // What goes on elsewhere does not come to the rules for what is for the server.
            if let Some((_, why)) = walk.ends.iter().find(|(end, _)| *end == End::Redirected) {
                return Verdict::CannotTell { why: why.clone() };
            }
            verdicts.push(match (is_asked, walk.verdict()) {
                (Tri::Yes, verdict) | (_, verdict @ Verdict::Allowed { .. }) => verdict,
                _ => Verdict::CannotTell { why: place.name.clone() },
            });
        }
        // A packet must pass every one of them.
        let verdict = together(verdicts);
        match self.owner {
            Owner::Ufw => self.in_the_words_of_ufw(asked, &known, verdict),
            _ => verdict,
        }
    }

    /// The chains that ufw makes say what happens, its own list says it in the words that people gave it.
    fn in_the_words_of_ufw(&self, asked: &Asked, known: &Known<'_>, verdict: Verdict) -> Verdict {
        let list = self.places.iter().find(|place| place.held_by == Owner::Ufw && place.direction == Direction::In);
        let Some(list) = list else { return verdict };
        let mut walk = Walk::new(asked, known);
        walk.begin(list);
        let said = walk.verdict();
        if std::mem::discriminant(&said) == std::mem::discriminant(&verdict) { said } else { verdict }
    }
}

/// Places by who keeps them and what they are called: `iptables` and nft may each have a chain of one name.
type Known<'a> = HashMap<(Owner, &'a str), &'a Place>;

/// Whether a place is asked about it at all.
fn is_asked(place: &Place, asked: &Asked) -> Tri {
    match place.entry {
        Some(Entry::Bridge) => Tri::Maybe,
        _ if place.kind == "chain" && !place.interfaces.is_empty() => {
            Condition::Interface(place.interfaces.clone()).holds(asked)
        }
        _ => Tri::Yes,
    }
}

/// How a packet ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    In,
    Dropped,
    Rejected,
    Redirected,
    Unknown,
}

/// Who may still be on the way after a rule or a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nobody,
    Somebody,
}

struct Walk<'a> {
    asked: &'a Asked,
    known: &'a Known<'a>,
    ends: Vec<(End, String)>,
    /// Rules that may fit or not and that decide something; whether only the address that asks makes the difference.
    unclear: Vec<(String, bool)>,
    limited: bool,
    steps: usize,
}

impl<'a> Walk<'a> {
    fn new(asked: &'a Asked, known: &'a Known<'a>) -> Self {
        Self { asked, known, ends: Vec::new(), unclear: Vec::new(), limited: false, steps: 0 }
    }

    fn begin(&mut self, place: &Place) {
        if self.through(place, 0) == Left::Somebody {
            // A chain that the kernel asks by itself has a policy; without one nobody knows.
            self.ends.push((End::Unknown, place.name.clone()));
        }
    }

    fn through(&mut self, place: &Place, depth: usize) -> Left {
        let mut returned = false;
        for rule in &place.rules {
            self.steps += 1;
            if depth > DEEPEST || self.steps > MOST_STEPS {
                self.ends.push((End::Unknown, rule.text.clone()));
                return Left::Nobody;
            }
            let fits = self.fits(rule);
            if fits == Tri::No {
                continue;
            }
            let ends_before = self.ends.len();
            let left = self.act(rule, (place.held_by, depth), &mut returned);
            if fits == Tri::Maybe && self.ends.len() > ends_before {
                let mut unknown = rule.conditions.iter().filter(|condition| condition.holds(self.asked) == Tri::Maybe);
                let by_source = unknown.all(Condition::is_about_source);
                self.unclear.push((rule.text.clone(), by_source));
            }
            if fits == Tri::Maybe && matches!(rule.action, Action::Return | Action::Goto(_)) {
                let by_source =
                    rule.conditions.iter().all(|one| one.holds(self.asked) != Tri::Maybe || one.is_about_source());
                self.unclear.push((rule.text.clone(), by_source));
            }
            if fits == Tri::Yes && left == Left::Nobody {
                return if returned { self.end_of(place) } else { Left::Nobody };
            }
        }
        self.end_of(place)
    }

    /// What happens after the last rule.
    fn end_of(&mut self, place: &Place) -> Left {
        let end = match &place.otherwise {
            Some(Action::Accept) => End::In,
            Some(Action::Drop) => End::Dropped,
            Some(Action::Reject) => End::Rejected,
            Some(Action::Continue) | None => return Left::Somebody,
            Some(_) => End::Unknown,
        };
        self.ends.push((end, place.name.clone()));
        Left::Nobody
    }

    fn fits(&self, rule: &Rule) -> Tri {
        if rule.kept == Kept::AfterReload || !rule.family.includes(self.asked.family) {
            return Tri::No;
        }
        rule.conditions.iter().fold(Tri::Yes, |fits, condition| fits.and(condition.holds(self.asked)))
    }

    fn act(&mut self, rule: &Rule, (held_by, depth): (Owner, usize), returned: &mut bool) -> Left {
        let end = match &rule.action {
            Action::Continue => return Left::Somebody,
            Action::Return => {
                *returned = true;
                return Left::Nobody;
            }
            Action::Jump(name) | Action::Goto(name) => {
                let Some(place) = self.known.get(&(held_by, name.as_str())).copied() else {
                    self.ends.push((End::Unknown, rule.text.clone()));
                    return Left::Somebody;
                };
                let left = self.through(place, depth + 1);
                return match (&rule.action, left) {
                    (Action::Goto(_), Left::Somebody) => {
                        *returned = true;
                        Left::Nobody
                    }
                    (_, left) => left,
                };
            }
            Action::Accept | Action::Limit => {
                let limits = |condition: &Condition| matches!(condition, Condition::Rate { .. });
                self.limited |= rule.action == Action::Limit || rule.conditions.iter().any(limits);
                End::In
            }
            Action::Drop => End::Dropped,
            Action::Reject => End::Rejected,
            Action::Redirect => End::Redirected,
            Action::Unknown => {
                self.ends.push((End::Unknown, rule.text.clone()));
                return Left::Somebody;
            }
        };
        self.ends.push((end, rule.text.clone()));
        Left::Nobody
    }

    fn verdict(self) -> Verdict {
        let unknown = self.ends.iter().find(|(end, _)| matches!(end, End::Unknown | End::Redirected));
        if let Some((_, why)) = unknown {
            return Verdict::CannotTell { why: why.clone() };
        }
        let is_in = |end: End| end == End::In;
        let Some((last, by)) = self.ends.last().cloned() else { return Verdict::CannotTell { why: String::new() } };
        if self.ends.iter().all(|(end, _)| is_in(*end)) {
            return Verdict::Allowed { by, limited: self.limited };
        }
        if self.ends.iter().all(|(end, _)| !is_in(*end)) {
            return Verdict::Blocked { by, answered: last == End::Rejected };
        }
        if let Some((why, _)) = self.unclear.iter().find(|(_, by_source)| !by_source) {
            return Verdict::CannotTell { why: why.clone() };
        }
        let before = self.ends.split_last().map(|(_, before)| before).unwrap_or_default();
        let those = |wanted: bool| {
            let fitting = before.iter().filter(|(end, _)| is_in(*end) == wanted);
            fitting.map(|(_, by)| by.clone()).collect::<Vec<_>>()
        };
        Verdict::FromSome { allowed: those(true), blocked: those(false), others_allowed: is_in(last) }
    }
}

/// The verdict of several places, all of which must let a packet in.
fn together(verdicts: Vec<Verdict>) -> Verdict {
    let mut all = Verdict::Allowed { by: String::new(), limited: false };
    for verdict in verdicts {
        all = match (all, verdict) {
            (Verdict::Blocked { by, answered }, _) | (_, Verdict::Blocked { by, answered }) => {
                Verdict::Blocked { by, answered }
            }
            (Verdict::CannotTell { why }, _) | (_, Verdict::CannotTell { why }) => Verdict::CannotTell { why },
            (Verdict::Allowed { by: one, limited: a }, Verdict::Allowed { by: other, limited: b }) => {
                Verdict::Allowed { by: if other.is_empty() { one } else { other }, limited: a || b }
            }
            (Verdict::FromSome { allowed, .. }, Verdict::FromSome { .. }) => {
                Verdict::CannotTell { why: allowed.into_iter().next().unwrap_or_default() }
            }
            (some @ Verdict::FromSome { .. }, _) | (_, some @ Verdict::FromSome { .. }) => some,
        };
    }
    all
}
