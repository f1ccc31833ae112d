//! The firewall page: what its regions show.

use askama::Template;

use super::super::about::About;
use super::super::guarded_change::Banner;
use super::super::region::{EvidenceLine, Region};
use super::listeners::{SocketRow, rows};
use super::{Ask, Asked, FirewallQuery, known, words};
use crate::commands::Firewall;
use crate::commands::firewall::{Family, ReadFirewall, Verdict};
use crate::commands::sockets::{ListSockets, Socket, SocketList};
use crate::error::{Error, Result};
use crate::firewalls::question::{self, Listening, Origin, Reachable};
use crate::firewalls::{key_of, remove_at, verdicts, why_unchangeable};
use crate::language::Message;
use crate::models::actor::Role;
use crate::remote::host::Answer;
use crate::remote::reach::Reach;
use crate::web::errors::Fail;
use crate::web::filters;

/// Rules of one place that are shown; a list of banned addresses may be long.
const MOST_RULES: usize = 500;

/// The page.
#[derive(Template)]
#[template(path = "screens/firewall.html", blocks = ["verdict", "firewall", "change"])]
pub(super) struct FirewallPage {
    pub(super) about: About,
    pub(super) question: Question,
    pub(super) answered: Option<Answered>,
    pub(super) problem: Option<Message>,
    pub(super) firewall: Region<FirewallView>,
    pub(super) sockets: Region<Vec<SocketRow>>,
    pub(super) hidden_loopback: bool,
    pub(super) change: Option<Banner>,
    pub(super) why_not: Option<Message>,
}

/// What was entered.
pub(super) struct Question {
    pub(super) port: String,
    pub(super) is_udp: bool,
    pub(super) from: String,
    pub(super) others: Vec<String>,
}

/// The answer in one sentence, and its three parts.
pub(super) struct Answered {
    pub(super) word: &'static str,
    pub(super) sentence: Message,
    pub(super) checks: Vec<Part>,
    /// What is known says that the rules are in the way.
    pub(super) fix: bool,
    pub(super) port: u16,
    pub(super) protocol: &'static str,
}

/// One of the three.
pub(super) struct Part {
    pub(super) question: &'static str,
    pub(super) dot: &'static str,
    pub(super) word: &'static str,
    pub(super) lines: Vec<Message>,
    pub(super) evidence: Option<EvidenceLine>,
    pub(super) fail: Option<Fail>,
}

/// Who owns the firewall, and its rules.
#[derive(Debug, Clone)]
pub(super) struct FirewallView {
    pub(super) owner: Message,
    pub(super) dot: &'static str,
    /// Why no rule can be added, and what would make it work.
    pub(super) unsupported: Option<Message>,
    pub(super) places: Vec<PlaceView>,
}

/// A zone, a chain, a list. Texts are the server's own.
#[derive(Debug, Clone)]
pub(super) struct PlaceView {
    pub(super) name: String,
    pub(super) held_by: &'static str,
    pub(super) more: String,
    pub(super) otherwise: Option<&'static str>,
    pub(super) rules: Vec<RuleRow>,
    pub(super) left_out: usize,
}

/// One rule. Texts are the server's own.
#[derive(Debug, Clone)]
pub(super) struct RuleRow {
    pub(super) kind: &'static str,
    pub(super) action: &'static str,
    pub(super) family: &'static str,
    pub(super) detail: String,
    pub(super) comment: String,
    pub(super) kept: &'static str,
    pub(super) text: String,
    /// By which it is removed; empty where hannun does not.
    pub(super) key: String,
}

impl Question {
    pub(super) fn new(query: &FirewallQuery, others: Vec<String>) -> Self {
        let (port, from) = (query.port.clone(), query.from.clone());
        Self { port, is_udp: query.protocol == "udp", from, others }
    }

    pub(super) fn is_asked(&self) -> bool {
        !self.port.is_empty()
    }
}

impl FirewallPage {
    /// Why no rule can be added or removed now: what is offered is not refused afterwards.
    fn why_no_rule(&self) -> Option<&Message> {
        let waits = || self.change.as_ref().and_then(|change| change.why_no_other.as_ref());
        self.why_not.as_ref().or_else(waits)
    }

    pub(super) fn fill(
        &mut self,
        firewall: Asked<ReadFirewall>,
        sockets: Asked<ListSockets>,
        role: Role,
    ) -> Result<()> {
        let rules = known::<ReadFirewall>(firewall.as_ref()).cloned();
        let hidden = self.hidden_loopback;
        self.sockets = Region::of(sockets, role, |list| rows(&list, rules.as_ref(), hidden))?;
        self.firewall = Region::of(firewall, role, |firewall| view(&firewall))?;
        Ok(())
    }
}

fn view(firewall: &Firewall) -> FirewallView {
    let (owner, dot) = words::owner(firewall);
    let places =
        firewall.shown().filter(|place| place.kind != "chain" || !place.rules.is_empty() || place.entry.is_some());
    let places = places.map(|place| {
        let rule = |(at, rule): (usize, &crate::commands::firewall::Rule)| RuleRow {
            kind: rule.kind,
            action: rule.action.label(),
            family: words::family(rule.family),
            detail: words::detail(rule),
            comment: rule.comment.clone(),
            kept: words::kept(rule.kept),
            text: rule.text.clone(),
            key: remove_at(firewall, place, at, rule).map(|_| key_of(place, rule)).unwrap_or_default(),
        };
        let more = place.interfaces.iter().chain(&place.sources).cloned().collect::<Vec<_>>().join(", ");
        PlaceView {
            name: place.name.clone(),
            held_by: place.held_by.name(),
            more,
            otherwise: place.otherwise.as_ref().map(crate::commands::firewall::Action::label),
            rules: place.rules.iter().enumerate().take(MOST_RULES).map(rule).collect(),
            left_out: place.rules.len().saturating_sub(MOST_RULES),
        }
    });
    FirewallView { owner, dot, unsupported: why_unchangeable(firewall), places: places.collect() }
}

impl Answered {
    pub(super) fn new(
        asked: &Ask,
        firewall: Option<&Result<Answer<Firewall>>>,
        sockets: Option<&Result<Answer<SocketList>>>,
        reachable: Reachable,
        role: Role,
    ) -> Self {
        let pair = (asked.protocol, asked.port);
        let listening = known::<ListSockets>(sockets).map(|list| question::listening(list, asked.protocol, asked.port));
        let rules = known::<ReadFirewall>(firewall);
        let verdicts =
            rules.map(|firewall| verdicts(firewall, pair, question::address_of(&asked.from, firewall), None));
        let open = question::sum(listening.as_ref(), verdicts.as_deref(), &reachable);
        let blocked = verdicts.iter().flatten().any(|(_, verdict)| matches!(verdict, Verdict::Blocked { .. }));
        let listens = matches!(listening, Some(Listening::Yes(_)));
        let sentence = match (open, listening.as_ref(), blocked) {
            (Some(true), ..) => Message::new("Port {port} is open to {from}"),
            (Some(false), Some(Listening::LoopbackOnly(_)), _) => {
                Message::new("What listens on port {port} takes connections from the server itself only")
            }
            (Some(false), Some(Listening::No), _) => Message::new("Nothing listens on port {port}"),
            (Some(false), _, true) => Message::new("The firewall of the server stops it before it reaches port {port}"),
            (Some(false), ..) => {
                Message::new("Port {port} cannot be reached from {from}: something on the way stops it")
            }
            (None, ..) => Message::new("What is known does not say whether port {port} is open to {from}"),
        };
        let word = match open {
            Some(true) => "Yes.",
            Some(false) => "No.",
            None => "Cannot tell.",
        };
        let checks = vec![
            listens_part(sockets, listening.as_ref(), role),
            rules_part(firewall, verdicts.as_deref(), role),
            reach_part(reachable, question::answered(listening.as_ref(), verdicts.as_deref()), role),
        ];
        let from = match &asked.from {
            Origin::Console => Message::new("this console"),
            Origin::Anywhere => Message::new("any address"),
            Origin::Server(other) => Message::heard(other.name()),
        };
        let sentence = sentence.with("port", asked.port).with_words("from", from);
        let fix = blocked && listens && rules.is_some_and(|firewall| why_unchangeable(firewall).is_none());
        Self { word, sentence, checks, fix, port: asked.port, protocol: asked.protocol.name() }
    }
}

fn failed<T>(answer: Option<&Result<Answer<T>>>, role: Role) -> (Option<EvidenceLine>, Option<Fail>) {
    match answer {
        Some(Ok(answer)) => (Some(answer.evidence.clone().into()), None),
        Some(Err(Error::Remote(error))) => (None, Some(Fail::new(error, role))),
        _ => (None, None),
    }
}

fn listens_part(sockets: Option<&Result<Answer<SocketList>>>, listening: Option<&Listening>, role: Role) -> Part {
    let (evidence, fail) = failed(sockets, role);
    let hidden = known::<ListSockets>(sockets).is_some_and(|list| list.hidden_owners);
    let who = |sockets: &[Socket]| {
        let said = sockets.iter().map(|socket| {
            let owners: Vec<String> =
                socket.owners.iter().map(|owner| format!("{} ({})", owner.name, owner.pid)).collect();
            let message = match (owners.is_empty(), hidden) {
                (false, _) => Message::new("{process} on {address}").with("process", owners.join(", ")),
                (true, true) => Message::new("A process that only root can name, on {address}"),
                (true, false) => Message::new("Something that the server does not name, on {address}"),
            };
            message.with("address", &socket.address)
        });
        said.collect::<Vec<_>>()
    };
    let (dot, word, lines) = match listening {
        Some(Listening::Yes(sockets)) => ("up", "Yes", who(sockets)),
        Some(Listening::LoopbackOnly(sockets)) => ("crit", "Loopback only", who(sockets)),
        Some(Listening::No) => ("crit", "No", Vec::new()),
        None => ("none", "Cannot tell", Vec::new()),
    };
    Part { question: "Is something listening?", dot, word, lines, evidence, fail }
}

fn rules_part(firewall: Option<&Result<Answer<Firewall>>>, verdicts: Option<&[(Family, Verdict)]>, role: Role) -> Part {
    let (evidence, fail) = failed(firewall, role);
    let rules = known::<ReadFirewall>(firewall);
    let all = verdicts.unwrap_or_default();
    let worst = all.iter().map(|(_, verdict)| verdict).max_by_key(|verdict| match verdict {
        Verdict::Allowed { .. } => 0,
        Verdict::FromSome { .. } => 1,
        Verdict::CannotTell { .. } => 2,
        Verdict::Blocked { .. } => 3,
    });
    let (dot, word) = match worst {
        Some(Verdict::Allowed { limited: true, .. }) => ("up", "Yes, limited"),
        Some(Verdict::Allowed { .. }) => ("up", "Yes"),
        Some(Verdict::Blocked { .. }) => ("crit", "No"),
        Some(Verdict::FromSome { .. }) => ("warn", "From some addresses"),
        Some(Verdict::CannotTell { .. }) | None => ("none", "Cannot tell"),
    };
    let line = |(family, verdict): &(Family, Verdict)| {
        let reason =
            rules.map_or_else(|| Message::new("The rules are not known"), |firewall| words::reason(firewall, verdict));
        if all.len() == 1 {
            reason
        } else {
            Message::new("{family}: {reason}").with("family", words::family(*family)).with_words("reason", reason)
        }
    };
    let mut lines: Vec<Message> = all.iter().map(line).collect();
    lines.extend(rules.filter(|firewall| firewall.silence.is_some()).map(|firewall| words::owner(firewall).0));
    Part { question: "Does the firewall of the server let it in?", dot, word, lines, evidence, fail }
}

fn reach_part(reachable: Reachable, answered: bool, role: Role) -> Part {
    use crate::commands::port_probe::Reached;
    let shape = |reached: &Reached| match reached {
        Reached::Open => ("up", "Yes"),
        Reached::NoTool => ("none", "Not tried"),
        _ => ("crit", "No"),
    };
    let mut part = Part {
        question: "Can it be reached?",
        dot: "none",
        word: "Not tried",
        lines: Vec::new(),
        evidence: None,
        fail: None,
    };
    match reachable {
        Reachable::FromConsole(Reach::Tried { address, reached, took, at }) => {
            (part.dot, part.word) = shape(&reached);
            part.lines.push(words::reached(&reached));
            part.evidence =
                Some(EvidenceLine { line: format!("connect {address}"), status: None, took, at, every: None });
        }
        Reachable::FromConsole(Reach::SshPort) => {
            if answered {
                (part.dot, part.word) = ("up", "Yes");
            }
            let why = "hannun signs in by this port. It is not tried with a bare connection, which servers count as an attack";
            part.lines.push(Message::new(why));
        }
        Reachable::FromConsole(Reach::ThroughJump(jump)) => {
            part.lines
                .push(Message::new("The server is reached through {jump}, not from this console").with("jump", jump));
        }
        Reachable::FromConsole(Reach::NoAddress) | Reachable::NoAddress => {
            part.lines.push(Message::new("The address of the server is not known"));
        }
        Reachable::FromServer(name, answer) => {
            (part.dot, part.word) = shape(&answer.value);
            part.lines.push(
                Message::new("From {server}: {what}")
                    .with("server", name)
                    .with_words("what", words::reached(&answer.value)),
            );
            part.evidence = Some(answer.evidence.into());
        }
        Reachable::Failed(error) => part.fail = Some(Fail::new(&error, role)),
        Reachable::NotTcp => part.lines.push(Message::new("UDP answers no knock: nobody can tell from outside")),
        Reachable::NotFromAnywhere => part.lines.push(Message::new("Nobody can try it from everywhere")),
    }
    part
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;
    use std::time::{Duration, Instant};

    use super::*;
    use crate::commands::Command;

    #[test]
    fn a_server_with_twenty_thousand_rules_is_shown_within_seconds() {
        let mut answer = "@firewall\n@root\n@iptables\n*filter\n:INPUT DROP [0:0]\n".to_owned();
        for chain in 0..200 {
            writeln!(answer, ":of-{chain} - [0:0]").unwrap();
        }
        for rule in 0..20_000 {
            writeln!(answer, "-A of-{} -s 10.{}.{}.1/32 -j ACCEPT", rule % 200, rule / 256, rule % 256).unwrap();
        }
        answer.push_str("COMMIT\n@ip6tables\n");
        let began = Instant::now();
        let shown = view(&ReadFirewall.parse("linux", answer.as_bytes()).unwrap());
        let rules: Vec<&RuleRow> = shown.places.iter().flat_map(|place| &place.rules).collect();
        assert!(rules.len() == 20_000 && rules.iter().all(|rule| !rule.key.is_empty()));
        // Where each rule looks for itself among all others, these are two hundred million looks.
        assert!(began.elapsed() < Duration::from_secs(20), "{:?}", began.elapsed());
    }
}
