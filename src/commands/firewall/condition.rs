//! What must be true of a packet for a rule, and whether it is true of one that is asked about: yes, no, or nobody knows.

use super::verdict::{Asked, Tri};
use super::{Family, Ports, Source};

/// One thing that must be true of a packet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    /// It is of this protocol: `tcp`, `udp`, `icmp`, `gre`, …
    Protocol(String),
    /// It goes to one of these ports.
    Ports(Vec<Ports>),
    /// It comes from one of these addresses.
    From(Vec<Source>),
    /// It goes to one of these addresses of ours.
    To(Vec<Source>),
    /// It comes in by one of these interfaces; a `*` or `+` at the end stands for any more.
    Interface(Vec<String>),
    /// It is of this family.
    Family(Family),
    /// It begins a connection, or belongs to one: whichever of these states it may have.
    State {
        /// What begins a connection fits.
        new: bool,
    },
    /// It comes as seldom as a limit allows, or more often than that.
    Rate {
        /// Below the limit.
        below: bool,
    },
    /// It is for an address of the server.
    Local(bool),
    /// All of one of these groups.
    Any(Vec<Vec<Self>>),
    /// The opposite.
    Not(Box<Self>),
    /// Something that is not understood.
    Other(String),
}

impl Condition {
    /// Whether it is true of what is asked about.
    pub(super) fn holds(&self, asked: &Asked) -> Tri {
        match self {
            Self::Protocol(name) => match name.as_str() {
                "all" | "ip" => Tri::Yes,
                name => Tri::from(name == asked.protocol.name()),
            },
            Self::Ports(ports) => Tri::from(ports.iter().any(|ports| ports.include(asked.port))),
            Self::From(sources) => match asked.from {
                Some(address) => Tri::from(sources.iter().any(|source| source.includes(address))),
                None if sources.iter().any(|source| source.is_everything() && of_family(source, asked.family)) => {
                    Tri::Yes
                }
                None if sources.iter().all(|source| !of_family(source, asked.family)) => Tri::No,
                None => Tri::Maybe,
            },
            Self::To(targets) => match asked.to {
                Some(address) => Tri::from(targets.iter().any(|target| target.includes(address))),
                None if targets.iter().all(|target| !of_family(target, asked.family)) => Tri::No,
                None if targets.iter().any(super::ports::Source::is_everything) => Tri::Yes,
                None => Tri::Maybe,
            },
            Self::Interface(names) => match &asked.interface {
                Some(name) => Tri::from(names.iter().any(|pattern| fits(pattern, name))),
                // Whoever asks from elsewhere does not come by the loopback interface.
                None if names.iter().all(|name| name == "lo") => Tri::No,
                None => Tri::Maybe,
            },
            Self::Family(family) => Tri::from(family.includes(asked.family)),
            Self::State { new } => Tri::from(*new),
            Self::Local(is_local) => Tri::from(*is_local),
            Self::Any(groups) => groups.iter().fold(Tri::No, |any, group| {
                any.or(group.iter().fold(Tri::Yes, |all, condition| all.and(condition.holds(asked))))
            }),
            Self::Not(inner) => inner.holds(asked).not(),
            // A first connection does not come too often; the verdict says that there is a limit.
            Self::Rate { below } => Tri::from(*below),
            Self::Other(_) => Tri::Maybe,
        }
    }

    /// Whether it asks for nothing but where a packet comes from.
    pub(super) fn is_about_source(&self) -> bool {
        match self {
            Self::From(_) => true,
            Self::Not(inner) => inner.is_about_source(),
            _ => false,
        }
    }

    /// Whether it is understood.
    pub fn is_known(&self) -> bool {
        match self {
            Self::Other(_) => false,
            Self::Not(inner) => inner.is_known(),
            Self::Any(groups) => groups.iter().flatten().all(Self::is_known),
            _ => true,
        }
    }
}

fn of_family(source: &Source, family: Family) -> bool {
    let own = match source {
        Source::Network(network) => Family::of(network.addr()),
        Source::Range(first, _) => Family::of(*first),
    };
    own.includes(family)
}

fn fits(pattern: &str, name: &str) -> bool {
    match pattern.strip_suffix(['*', '+']) {
        Some(beginning) => name.starts_with(beginning),
        None => pattern == name,
    }
}
