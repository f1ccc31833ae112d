//! What Linux says about its firewall, by whatever programs it has: one answer in parts, of which each may have failed.

use std::collections::{BTreeMap, HashSet};
use std::net::IpAddr;

use super::firewalld::{self, Sections};
use super::{Action, Entry, Family, Firewall, InterfaceAddress, Owner, Place, Rule, Silence, iptables, nft, ufw};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, shown};

const PARTS: &[&str] = &[
    "firewall",
    "root",
    "connection",
    "addresses",
    "firewalld",
    "default-zone",
    "zones",
    "permanent",
    "policies",
    "services",
    "ufw",
    "iptables",
    "ip6tables",
    "iptables-version",
    "nft",
    "no-tool",
];

/// What a part says when its program did not work.
const FAILED: &[u8] = b"@failed";

type Lines<'a> = Vec<(usize, &'a [u8])>;

struct Parts<'a>(BTreeMap<&'static str, Lines<'a>>);

impl<'a> Parts<'a> {
    fn read(output: &'a [u8]) -> Result<Self, ParseError> {
        if !output.starts_with(b"@firewall\n") {
            return Err(ParseError::new("the answer does not begin as it should", output));
        }
        let mut parts: BTreeMap<&'static str, Lines<'a>> = BTreeMap::new();
        for name in PARTS {
            // A part without a line is there all the same.
            let marker = format!("@{name}");
            if text::lines(output).any(|(_, line)| line == marker.as_bytes()) {
                parts.insert(name, Vec::new());
            }
        }
        for (part, number, line) in text::sections(output, PARTS) {
            parts.entry(part).or_default().push((number, line));
        }
        Ok(Self(parts))
    }

    /// The lines of a part that worked.
    fn of(&self, name: &str) -> Option<&[(usize, &'a [u8])]> {
        let lines = self.0.get(name)?;
        (!lines.iter().any(|(_, line)| *line == FAILED)).then_some(lines.as_slice())
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    fn first(&self, name: &str) -> String {
        self.of(name).and_then(<[_]>::first).map(|(_, line)| shown(line.trim_ascii(), SHORT)).unwrap_or_default()
    }

    /// Whether a part was asked for and did not work.
    fn failed(&self, name: &str) -> bool {
        self.has(name) && self.of(name).is_none()
    }
}

pub(super) fn parse(output: &[u8]) -> Result<Firewall, ParseError> {
    let parts = Parts::read(output)?;
    let mut firewall = Firewall {
        addresses: parts.of("addresses").unwrap_or_default().iter().filter_map(|(_, line)| address(line)).collect(),
        seen: connection(&parts.first("connection")),
        ..Firewall::default()
    };
    let silent =
        |firewall: Firewall, silence| Firewall { owner: Owner::CannotTell, silence: Some(silence), ..firewall };
    let failure = if parts.has("root") { Silence::Failed } else { Silence::NeedsRoot };
    if parts.has("no-tool") {
        return Ok(silent(firewall, Silence::NoTool));
    }
    let told = ["iptables", "ip6tables", "nft"];
    let mut places = told_by_iptables(&parts)?;
    let known = in_the_words_of_nft(&parts, &places);
    if let Some(lines) = parts.of("nft").filter(|lines| !lines.is_empty()) {
        let mut told = nft::parse(lines, &known)?;
        // Where both of the kernel's systems have a chain of one name, they are told apart by who keeps them.
        let names: HashSet<&str> = places.iter().map(|place| place.name.as_str()).collect();
        if told.iter().any(|place| names.contains(place.name.as_str())) {
            for place in &mut told {
                place.held_by = Owner::Nft;
            }
        }
        places.extend(told);
    } else if parts.failed("nft") {
        places.push(unseen());
    }
    let runs = parts.first("firewalld") == "running";
    let own = if runs {
        firewall.owner = Owner::Firewalld;
        firewall.default_zone = parts.first("default-zone");
        if ["zones", "default-zone"].iter().any(|name| parts.of(name).is_none()) {
            return Ok(silent(firewall, failure));
        }
        let of = |name| parts.of(name).unwrap_or_default();
        let sections = Sections {
            zones: of("zones"),
            permanent: of("permanent"),
            policies: of("policies"),
            services: of("services"),
        };
        firewalld::parse(&sections, &firewall.default_zone)?
    } else if parts.failed("ufw") || told.iter().any(|name| parts.failed(name)) {
        return Ok(silent(firewall, failure));
    } else if let Some(lists) = parts.of("ufw").map(ufw::parse).transpose()?.flatten() {
        firewall.owner = Owner::Ufw;
        lists
    } else {
        Vec::new()
    };
    hide(&mut places, firewall.owner);
    if own.is_empty() {
        firewall.owner = owner_of(&places);
        firewall.without_program = firewall.owner == Owner::Iptables && parts.of("iptables").is_none();
    }
    firewall.places = own;
    firewall.places.extend(places);
    Ok(firewall)
}

fn told_by_iptables(parts: &Parts<'_>) -> Result<Vec<Place>, ParseError> {
    let mut places: Vec<Place> = Vec::new();
    for (name, family) in [("iptables", Family::V4), ("ip6tables", Family::V6)] {
        if let Some(lines) = parts.of(name) {
            places.extend(iptables::parse(lines, family)?);
        }
    }
    Ok(places)
}

/// The chains of `iptables` that nft tells once more. Where `iptables` keeps them by itself (legacy), those of nft are others.
fn in_the_words_of_nft(parts: &Parts<'_>, places: &[Place]) -> HashSet<String> {
    let keeps_in_nft = |tool: &str| {
        let mut versions = parts.of("iptables-version").unwrap_or_default().iter();
        versions.any(|(_, line)| line.starts_with(format!("{tool} ").as_bytes()) && line.ends_with(b"(nf_tables)"))
    };
    let (four, six) = (keeps_in_nft("iptables"), keeps_in_nft("ip6tables"));
    let same = places.iter().filter(|place| if place.family == Family::V6 { six } else { four });
    same.map(|place| place.name.clone()).collect()
}

/// What nft did not tell may stand in the way, whoever owns the rules that were told.
fn unseen() -> Place {
    let text = "nft -j list ruleset".to_owned();
    let place = Place::new(text.clone(), Owner::Nft, "chain");
    let rules = vec![Rule::unread(text)];
    Place { entry: Some(Entry::Input), otherwise: Some(Action::Accept), rules, behind: true, ..place }
}

/// What stands behind the owner's own words is not shown again.
fn hide(places: &mut [Place], owner: Owner) {
    for place in places {
        let chain = place.name.rsplit(' ').next().unwrap_or_default();
        let by_ufw = |text: &str| text.contains("ufw-") || text.contains("ufw6-");
        match owner {
            Owner::Ufw => {
                place.behind |= by_ufw(chain) || place.rules.iter().all(|rule| by_ufw(&rule.text));
            }
            // Its zones are asked instead.
            Owner::Firewalld if place.is_firewalld() => place.entry = None,
            _ => {}
        }
    }
}

/// Who gave the rules that stand there.
fn owner_of(places: &[Place]) -> Owner {
    let matters = |place: &&Place| {
        let begins = matches!(place.entry, Some(Entry::Early | Entry::Input | Entry::Bridge));
        begins && (!place.rules.is_empty() || place.otherwise != Some(Action::Accept))
    };
    let mut owners = places.iter().filter(matters).map(|place| place.held_by);
    let first = owners.next();
    match first {
        Some(Owner::Nft) => Owner::Nft,
        Some(_) if owners.any(|owner| owner == Owner::Nft) => Owner::Nft,
        Some(owner) => owner,
        None => Owner::None,
    }
}

/// `2: eth0    inet 198.18.0.2/24 scope global eth0`
fn address(line: &[u8]) -> Option<InterfaceAddress> {
    let text = shown(line, SHORT);
    let mut words = text.split_whitespace().skip(1);
    let interface = words.next()?.split('@').next()?.trim_end_matches(':').to_owned();
    let kind = words.next()?;
    let address = words.next()?.split('/').next()?.parse().ok()?;
    matches!(kind, "inet" | "inet6").then_some(InterfaceAddress { interface, address })
}

/// `198.18.0.1 51234 198.18.0.2 22`: whose connection this is, and to where.
fn connection(text: &str) -> Option<(IpAddr, IpAddr)> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let [client, _, server, _] = words.as_slice() else { return None };
    let plain = |word: &str| word.split('%').next()?.parse::<IpAddr>().ok().map(|address| address.to_canonical());
    Some((plain(client)?, plain(server)?))
}
