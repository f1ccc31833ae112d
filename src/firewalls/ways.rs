//! By which ways somebody comes to a server, and what the rules say to all of them together. Pure.

use std::net::IpAddr;

use crate::commands::firewall::{Asked, Family, Firewall, Verdict};
use crate::commands::sockets::Protocol;

/// Ways that are looked at one by one; a server may have thousands of addresses.
const MOST: usize = 8;

/// To which address of the server somebody comes, and by which interface; none where that is not known.
type Way = (Option<IpAddr>, Option<String>);

/// What the rules say to a connection `from` an address, or from any; one verdict per family that the server can be reached by.
pub fn verdicts(
    firewall: &Firewall,
    (protocol, port): (Protocol, u16),
    from: Option<IpAddr>,
    to: Option<IpAddr>,
) -> Vec<(Family, Verdict)> {
    let families = match from.or(to) {
        Some(address) => vec![Family::of(address)],
        None => families_of(firewall),
    };
    let of = |family: Family| {
        let by = |(to, interface): Way| {
            let by = interface.clone().unwrap_or_default();
            (by, firewall.verdict(&Asked { protocol, port, family, from, to, interface }))
        };
        let said = ways(firewall, family, from, to).into_iter().map(by).collect();
        (family, of_all_ways(said, from.is_none()))
    };
    families.into_iter().map(of).collect()
}

/// The families that somebody from elsewhere can come by.
fn families_of(firewall: &Firewall) -> Vec<Family> {
    let has = |family| firewall.addresses.iter().any(|known| is_for_others(known.address, family));
    match (has(Family::V4), has(Family::V6)) {
        (false, true) => vec![Family::V6],
        (true, true) => vec![Family::V4, Family::V6],
        _ => vec![Family::V4],
    }
}

fn is_for_others(address: IpAddr, family: Family) -> bool {
    let here_alone = match address {
        IpAddr::V4(four) => four.is_loopback(),
        IpAddr::V6(six) => six.is_loopback() || six.is_unicast_link_local(),
    };
    !here_alone && Family::of(address) == family
}

/// The ways that `from` may take: our own as the server sees it; else each of the server's own.
fn ways(firewall: &Firewall, family: Family, from: Option<IpAddr>, to: Option<IpAddr>) -> Vec<Way> {
    let interface_of = |address: IpAddr| firewall.interface_of(address).map(str::to_owned);
    let seen = firewall.seen.filter(|(_, server)| Family::of(*server) == family);
    if let Some((_, server)) = seen.filter(|(client, _)| Some(*client) == from) {
        return vec![(to.or(Some(server)), interface_of(server))];
    }
    let mut ways: Vec<Way> = Vec::new();
    for known in firewall.addresses.iter().filter(|known| is_for_others(known.address, family)) {
        let way = (to.or(Some(known.address)), Some(known.interface.clone()));
        if ways.contains(&way) {
            continue;
        }
        if ways.len() == MOST {
            ways.push((to, None));
            break;
        }
        ways.push(way);
    }
    if ways.is_empty() {
        let server = to.or(seen.map(|(_, server)| server));
        ways.push((server, server.and_then(interface_of)));
    }
    ways
}

/// One verdict of many. Where they differ, somebody who may come from anywhere comes in by some of them, and of an address
/// nobody knows by which it comes.
fn of_all_ways(said: Vec<(String, Verdict)>, from_anywhere: bool) -> Verdict {
    let unknown = |(_, verdict): &&(String, Verdict)| matches!(verdict, Verdict::CannotTell { .. });
    if let Some((_, verdict)) = said.iter().find(unknown) {
        return verdict.clone();
    }
    let is_same = said.windows(2).all(|pair| match pair {
        [(_, one), (_, other)] => std::mem::discriminant(one) == std::mem::discriminant(other),
        _ => true,
    });
    let limited = said.iter().any(|(_, verdict)| matches!(verdict, Verdict::Allowed { limited: true, .. }));
    if is_same {
        return match said.into_iter().next() {
            Some((_, Verdict::Allowed { by, .. })) => Verdict::Allowed { by, limited },
            Some((_, verdict)) => verdict,
            None => Verdict::CannotTell { why: String::new() },
        };
    }
    let (mut lets_in, mut stops) = (Vec::new(), Vec::new());
    for (interface, verdict) in said {
        let named = |by: String| if by.is_empty() { interface.clone() } else { format!("{interface}: {by}") };
        match verdict {
            Verdict::Allowed { by, .. } => lets_in.push(named(by)),
            Verdict::Blocked { by, .. } => stops.push(named(by)),
            Verdict::FromSome { allowed, blocked, .. } => {
                lets_in.extend(allowed.into_iter().map(named));
                stops.extend(blocked.into_iter().map(named));
            }
            Verdict::CannotTell { .. } => {}
        }
    }
    if from_anywhere {
        return Verdict::FromSome { allowed: lets_in, blocked: stops, others_allowed: false };
    }
    Verdict::CannotTell { why: stops.into_iter().next().unwrap_or_default() }
}
