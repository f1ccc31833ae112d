//! The `table` format: who owns the firewall, its chains, and their rules in order.

use super::{Action, Condition, Entry, Family, Firewall, Owner, Place, Ports, Rule, Source};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{LONG, SHORT, shown};

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::word(
        "owner",
        &[needed("name", "firewalld, ufw, nft, iptables, pf, ipfw, ipfilter, none or cannot_tell", "pf")],
    ),
    Shape::word(
        "chain",
        &[
            needed("name", "What it is called", "incoming"),
            optional("default", "What happens to what fits no rule: accept, drop or reject", "drop"),
            optional("family", "4 or 6; both where it is empty", "4"),
        ],
    ),
    Shape::word(
        "rule",
        &[
            needed("chain", "The chain it belongs to", "incoming"),
            needed("action", "accept, drop, reject or limit; another word is shown, and not understood", "accept"),
            optional("protocol", "tcp, udp, …", "tcp"),
            optional("ports", "22, 80,443 or 8000:8010", "443"),
            optional("source", "An address or a network", "10.0.0.0/8"),
            optional("interface", "By which it comes in", "em0"),
            optional("comment", "What people wrote about it", "the web"),
            optional("text", "The rule as its owner shows it", "pass in proto tcp to port 443"),
        ],
    ),
];

pub(super) fn parse(output: &[u8]) -> Result<Firewall, ParseError> {
    let mut firewall = Firewall::default();
    let mut any = false;
    for row in table::rows(output, 9) {
        let row = row?;
        any = true;
        match row.column(0) {
            Some(b"owner") => {
                let owner = row.read(1, "owner", Owner::from_name)?;
                firewall.owner = owner.ok_or_else(|| row.error("the column name is missing"))?;
            }
            Some(b"chain") => {
                let place = chain(&row)?;
                firewall.places.push(place);
            }
            Some(b"rule") => {
                let (name, rule) = rule(&row)?;
                if !firewall.places.iter().any(|place| place.name == name) {
                    firewall.places.push(begin(&name));
                }
                if let Some(place) = firewall.places.iter_mut().find(|place| place.name == name) {
                    place.rules.push(rule);
                }
            }
            _ => return Err(row.error("a row begins with owner, chain or rule")),
        }
    }
    if any { Ok(firewall) } else { Err(ParseError::new("nothing was said", output)) }
}

fn begin(name: &str) -> Place {
    Place { entry: Some(Entry::Input), ..Place::new(name, Owner::CannotTell, "chain") }
}

fn chain(row: &Row<'_>) -> Result<Place, ParseError> {
    let otherwise = row.read(2, "default", |word| match word {
        b"accept" => Some(Action::Accept),
        b"drop" => Some(Action::Drop),
        b"reject" => Some(Action::Reject),
        _ => None,
    })?;
    let family = row.read(3, "family", |word| match word {
        b"4" => Some(Family::V4),
        b"6" => Some(Family::V6),
        _ => None,
    })?;
    let place = begin(&row.text(1, "name", SHORT)?);
    Ok(Place { otherwise, family: family.unwrap_or_default(), ..place })
}

fn rule(row: &Row<'_>) -> Result<(String, Rule), ParseError> {
    let text = |at: usize| row.column(at).map(|value| shown(value, LONG));
    let name = row.text(1, "chain", SHORT)?;
    let action = row.text(2, "action", SHORT)?;
    let read = |value: &[u8]| std::str::from_utf8(value).ok().map(str::to_owned);
    let mut conditions = Vec::new();
    conditions.extend(text(3).map(Condition::Protocol));
    conditions.extend(row.read(4, "list of ports", |word| Ports::read_list(&read(word)?).map(Condition::Ports))?);
    conditions.extend(row.read(5, "address", |word| Source::read(&read(word)?).map(|one| Condition::From(vec![one])))?);
    conditions.extend(text(6).map(|name| Condition::Interface(vec![name])));
    let action = match action.as_str() {
        "accept" => Action::Accept,
        "drop" => Action::Drop,
        "reject" => Action::Reject,
        "limit" => Action::Limit,
        _ => Action::Unknown,
    };
    let shown = text(8).unwrap_or_else(|| shown_columns(row));
    Ok((name, Rule { comment: text(7).unwrap_or_default(), ..Rule::new(conditions, action, shown) }))
}

fn shown_columns(row: &Row<'_>) -> String {
    (2..7).filter_map(|at| row.column(at)).map(|value| shown(value, SHORT)).collect::<Vec<_>>().join(" ")
}
