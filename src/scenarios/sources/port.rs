//! Whether a port of a server is open, in the three parts that the firewall page has: somebody listens, the rules let in, it was reached.

use futures_util::FutureExt;
use serde_json::{Value, json};

use super::{Asked, Found, Source, found, none};
use crate::commands::firewall::{Family, Verdict};
use crate::commands::port_probe::Reached;
use crate::commands::sockets::{Protocol, Socket};
use crate::commands::{ListSockets, ReadFirewall};
use crate::error::{Error, Result};
use crate::firewalls::question::{self, Listening, Origin, Reachable};
use crate::firewalls::verdicts;
use crate::remote::host::Answer;
use crate::remote::reach::Reach;
use crate::scenarios::fields::{Default, Field, Takes, number, text};

/// Whether a port is open.
pub(super) const OPEN: Source = Source {
    kind: "port_open",
    label: "Port open",
    icon: "link",
    fields: &[
        Field {
            name: "port",
            label: "Port",
            hint: "443",
            takes: Takes::Number { least: 1, most: 65_535 },
            default: Default::Required,
        },
        Field {
            name: "protocol",
            label: "Protocol",
            hint: "",
            takes: Takes::Choice(&[("tcp", "TCP"), ("udp", "UDP")]),
            default: Default::Text("tcp"),
        },
        Field {
            name: "from",
            label: "For whom",
            hint: "",
            takes: Takes::Choice(&[
                ("console", "For hannun, which tries it"),
                ("anywhere", "For anybody, as far as the rules tell"),
                ("itself", "For the server itself: whether somebody listens"),
            ]),
            default: Default::Text("console"),
        },
    ],
    gives: &[
        ("port.open", "1"),
        ("port.listens", "1"),
        ("port.address", "0.0.0.0"),
        ("port.program", "nginx"),
        ("port.firewall", "allowed"),
        ("port.reached", "open"),
        ("command", "ss -Htulpne"),
    ],
    asks_server: true,
    acts: false,
    problems: none,
    read: |asked| read(asked).boxed(),
};

async fn read(asked: Asked<'_>) -> Result<Found> {
    let port = u16::try_from(number(asked.settings, "port")).map_err(Error::internal)?;
    let protocol = if text(asked.settings, "protocol") == "udp" { Protocol::Udp } else { Protocol::Tcp };
    let sockets = asked.host.read(ListSockets).await?;
    let listening = question::listening(&sockets.value, protocol, port);
    let (listens, held) = match &listening {
        Listening::Yes(held) => (true, held.as_slice()),
        Listening::LoopbackOnly(held) => (text(asked.settings, "from") == "itself", held.as_slice()),
        Listening::No => (false, &[][..]),
    };
    let (open, firewall, reached) = match text(asked.settings, "from") {
        "itself" => (Some(listens), Value::Null, Value::Null),
        word => {
            let from = if word == "anywhere" { Origin::Anywhere } else { Origin::Console };
            seen_from(asked, (protocol, port), &listening, &from).await?
        }
    };
    Ok(found(json!({
        "port": {
            "open": open.map(u8::from),
            "listens": u8::from(listens),
            "address": held.first().map(|socket| &socket.address),
            "program": held.iter().find_map(program),
            "firewall": firewall,
            "reached": reached,
        },
        "command": sockets.evidence.line,
    })))
}

/// Whether it is open to somebody who comes from there, what the rules say to that, and what came of trying.
async fn seen_from(
    asked: Asked<'_>,
    (protocol, port): (Protocol, u16),
    listening: &Listening,
    from: &Origin,
) -> Result<(Option<bool>, Value, Value)> {
    // Rules that nobody may read say nothing; what was tried says enough.
    let firewall = asked.host.read(ReadFirewall).await.ok();
    let said = firewall.map(|Answer { value, .. }| {
        let address = question::address_of(from, &value);
        verdicts(&value, (protocol, port), address, None)
    });
    let reachable = question::reach(asked.host, (protocol, port), from).await?;
    let open = question::sum(Some(listening), said.as_deref(), &reachable);
    Ok((open, said.as_deref().map_or(Value::Null, rules), tried(&reachable)))
}

fn program(socket: &Socket) -> Option<&str> {
    socket.owners.first().map(|owner| owner.name.as_str())
}

/// One word for all families; `mixed` where they differ.
fn rules(said: &[(Family, Verdict)]) -> Value {
    let word = |verdict: &Verdict| match verdict {
        Verdict::Allowed { .. } => "allowed",
        Verdict::Blocked { .. } => "blocked",
        Verdict::FromSome { .. } => "from_some",
        Verdict::CannotTell { .. } => "unknown",
    };
    let mut words = said.iter().map(|(_, verdict)| word(verdict));
    match words.next() {
        Some(first) if words.all(|other| other == first) => first.into(),
        Some(_) => "mixed".into(),
        None => Value::Null,
    }
}

fn tried(reachable: &Reachable) -> Value {
    let reached = match reachable {
        Reachable::FromConsole(Reach::Tried { reached, .. }) => reached,
        Reachable::FromConsole(Reach::SshPort) => return "open".into(),
        _ => return Value::Null,
    };
    match reached {
        Reached::Open => "open".into(),
        Reached::Refused => "refused".into(),
        Reached::TimedOut => "timed_out".into(),
        Reached::Unreachable(_) => "unreachable".into(),
        Reached::NoTool => Value::Null,
    }
}
