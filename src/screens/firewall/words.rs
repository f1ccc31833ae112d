//! What rules, verdicts and answers are called. Pure.

use crate::commands::firewall::{Action, Condition, Family, Firewall, Kept, Owner, Rule, Silence, Verdict};
use crate::commands::port_probe::Reached;
use crate::language::Message;

/// Who owns the firewall, in a sentence, and the shape of its dot.
pub(super) fn owner(firewall: &Firewall) -> (Message, &'static str) {
    let sentence = match (firewall.owner, firewall.silence) {
        (Owner::CannotTell, Some(Silence::NeedsRoot)) => "Cannot tell who owns the firewall: that needs root",
        (Owner::CannotTell, Some(Silence::NoTool)) => {
            "Cannot tell: no firewall tool is installed, and the kernel may have rules"
        }
        (Owner::CannotTell, _) => "Cannot tell: the firewall's program failed",
        (Owner::None, _) => "No firewall: every packet is let in",
        _ => "{owner} decides",
    };
    let dot = match firewall.owner {
        Owner::CannotTell => "warn",
        Owner::None => "none",
        _ => "up",
    };
    (Message::new(sentence).with("owner", firewall.owner.name()), dot)
}

/// A verdict in one word and the shape of its dot.
pub(super) fn short(verdict: &Verdict) -> (&'static str, &'static str) {
    match verdict {
        Verdict::Allowed { limited: false, .. } => ("up", "allowed"),
        Verdict::Allowed { limited: true, .. } => ("up", "allowed, limited"),
        Verdict::Blocked { .. } => ("crit", "blocked"),
        Verdict::FromSome { .. } => ("warn", "from some addresses"),
        Verdict::CannotTell { .. } => ("none", "cannot tell"),
    }
}

/// Why a verdict is what it is.
pub(super) fn reason(firewall: &Firewall, verdict: &Verdict) -> Message {
    let is_place = |by: &str| firewall.places.iter().any(|place| place.name == by);
    match verdict {
        Verdict::Allowed { by, .. } if by.is_empty() => Message::new("No rule stands in the way"),
        Verdict::Allowed { by, .. } if is_place(by) => {
            Message::new("No rule is about it, and {place} lets in what fits no rule").with("place", by)
        }
        Verdict::Allowed { by, .. } => Message::new("This rule lets it in: {rule}").with("rule", by),
        Verdict::Blocked { by, answered: false } if is_place(by) => {
            Message::new("No rule lets it in, and {place} drops what fits no rule").with("place", by)
        }
        Verdict::Blocked { by, answered: true } if is_place(by) => {
            Message::new("No rule lets it in, and {place} refuses what fits no rule").with("place", by)
        }
        Verdict::Blocked { by, .. } => Message::new("This rule stops it: {rule}").with("rule", by),
        Verdict::FromSome { allowed, others_allowed: false, .. } => {
            Message::new("Only what these rules are about is let in: {rules}").with("rules", allowed.join("; "))
        }
        Verdict::FromSome { blocked, .. } => {
            Message::new("All but what these rules are about is let in: {rules}").with("rules", blocked.join("; "))
        }
        Verdict::CannotTell { why } if why.is_empty() => Message::new("The rules are not known"),
        Verdict::CannotTell { why } => {
            Message::new("This could decide, and is not understood or not known: {rule}").with("rule", why)
        }
    }
}

/// The family, where more than one is asked about.
pub(super) fn family(family: Family) -> &'static str {
    match family {
        Family::V4 => "IPv4",
        Family::V6 => "IPv6",
        Family::Both => "",
    }
}

/// What came of trying a port.
pub(super) fn reached(reached: &Reached) -> Message {
    match reached {
        Reached::Open => Message::new("It answered"),
        Reached::Refused => Message::new("The connection was refused: nothing listens, or a rule rejects it"),
        Reached::TimedOut => Message::new("No answer within 3 s: packets are dropped on the way"),
        Reached::Unreachable(said) => {
            Message::new("There is no way there, or a firewall turns it away: {said}").with("said", said)
        }
        Reached::NoTool => Message::new("That server has neither bash nor nc to try it with"),
    }
}

/// What a rule is about: `22/tcp from 10.0.0.0/8`; its own text where that does not say it all.
pub(super) fn detail(rule: &Rule) -> String {
    if rule.kind == "rich rule" || rule.conditions.iter().any(|condition| !condition.is_known()) {
        return rule.text.clone();
    }
    let said: Vec<String> = rule.conditions.iter().filter_map(said).collect();
    match (rule.kind, &rule.action) {
        ("service", _) => format!("{} ({})", rule.text, said.join(" ")),
        (_, Action::Jump(place) | Action::Goto(place)) => format!("{} → {place}", said.join(" ")),
        _ if said.is_empty() => rule.text.clone(),
        _ => said.join(" "),
    }
}

fn said(condition: &Condition) -> Option<String> {
    let list = |words: Vec<String>| words.join(",");
    Some(match condition {
        Condition::Protocol(name) => name.clone(),
        Condition::Ports(ports) => list(ports.iter().map(ToString::to_string).collect()),
        Condition::From(sources) => format!("from {}", list(sources.iter().map(ToString::to_string).collect())),
        Condition::To(targets) => format!("to {}", list(targets.iter().map(ToString::to_string).collect())),
        Condition::Interface(names) => format!("on {}", list(names.clone())),
        Condition::Family(of) => family(*of).to_owned(),
        Condition::State { new: true } | Condition::Local(true) => return None,
        Condition::State { new: false } => "established".to_owned(),
        Condition::Local(false) => "broadcast".to_owned(),
        Condition::Rate { below: true } => "rate".to_owned(),
        Condition::Rate { below: false } => "above rate".to_owned(),
        Condition::Not(inner) => format!("not {}", said(inner)?),
        Condition::Any(groups) => {
            let one = |group: &Vec<Condition>| {
                let words: Vec<String> = group.iter().filter_map(said).collect();
                match words.as_slice() {
                    [protocol, ports] => format!("{ports}/{protocol}"),
                    _ => words.join(" "),
                }
            };
            groups.iter().map(one).collect::<Vec<_>>().join(", ")
        }
        Condition::Other(text) => text.clone(),
    })
}

/// What a restart of the server does to a change that was kept, where that is not the same as keeping it.
pub(super) fn over_a_restart(owner: &str) -> Option<Message> {
    let sentence = match owner {
        "nft" => "nft forgets this change when the server restarts. Make it in /etc/nftables.conf as well",
        "iptables" => {
            "iptables forgets this change when the server restarts, unless netfilter-persistent or the service iptables is there to save it"
        }
        _ => return None,
    };
    Some(Message::new(sentence))
}

/// How long a rule stays.
pub(super) fn kept(kept: Kept) -> &'static str {
    match kept {
        Kept::Always => "",
        Kept::UntilReload => "until reload",
        Kept::AfterReload => "after reload",
    }
}
