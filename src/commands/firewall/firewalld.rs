//! `firewall-cmd --list-all-zones` and `--list-all-policies`, with what is permanent and what its services are made of.

use std::collections::{BTreeMap, BTreeSet};

use super::{Action, Condition, Entry, Kept, Owner, Place, Ports, Rule, Source, rich};
use crate::commands::ParseError;
use crate::commands::text::{LONG, shown};

/// The policy that comes with it; it is about ICMP alone.
const OF_ICMP: &str = "allow-host-ipv6";
/// How deep services may include one another.
const DEEPEST: usize = 4;

/// What stands behind the names of services.
#[derive(Debug, Default)]
pub(super) struct Services(BTreeMap<String, Vec<Part>>);

#[derive(Debug)]
enum Part {
    Port(String, Ports),
    Protocol(String),
    Include(String),
    To(Vec<Source>),
    Unclear,
}

impl Services {
    /// `grep -r` over the folders of services: `/usr/lib/firewalld/services/ssh.xml:  <port protocol="tcp" port="22"/>`
    pub(super) fn read(lines: &[(usize, &[u8])]) -> Self {
        let mut found: BTreeMap<String, (String, Vec<Part>)> = BTreeMap::new();
        for (_, line) in lines {
            let text = shown(line, LONG);
            let Some((path, element)) = text.split_once(".xml:") else { continue };
            let Some((folder, name)) = path.rsplit_once('/') else { continue };
            let entry = found.entry(name.to_owned()).or_default();
            // The administrator's file stands for the one that came with firewalld.
            if entry.0 != folder && !entry.0.is_empty() {
                if entry.0.starts_with("/etc") {
                    continue;
                }
                entry.1.clear();
            }
            folder.clone_into(&mut entry.0);
            let value = |name: &str| {
                let (_, rest) = element.split_once(&format!("{name}=\""))?;
                rest.split_once('"').map(|(value, _)| value)
            };
            let element = element.trim_start();
            if element.starts_with("<port ") {
                let part = value(" protocol").zip(value(" port")).map(|(protocol, port)| match port {
                    "" => Part::Protocol(protocol.to_owned()),
                    port => Ports::read(port).map_or(Part::Unclear, |ports| Part::Port(protocol.to_owned(), ports)),
                });
                entry.1.push(part.unwrap_or(Part::Unclear));
            } else if element.starts_with("<protocol ") {
                entry.1.push(value(" value").map_or(Part::Unclear, |name| Part::Protocol(name.to_owned())));
            } else if element.starts_with("<include ") {
                entry.1.push(value(" service").map_or(Part::Unclear, |name| Part::Include(name.to_owned())));
            } else if element.starts_with("<destination ") {
                let named: Vec<&str> = [" ipv4", " ipv6"].into_iter().filter_map(value).collect();
                let read: Option<Vec<Source>> = named.into_iter().map(Source::read).collect();
                entry.1.push(read.filter(|targets| !targets.is_empty()).map_or(Part::Unclear, Part::To));
            } else if element.starts_with("<source-port ") {
                entry.1.push(Part::Unclear);
            }
        }
        Self(found.into_iter().map(|(name, (_, parts))| (name, parts)).collect())
    }

    /// What a service lets in; its name alone, where that is not known.
    pub(super) fn as_condition(&self, name: &str) -> Condition {
        let mut groups = Vec::new();
        match self.gather(name, &mut groups, 0) {
            Some(()) if !groups.is_empty() => Condition::Any(groups),
            _ => Condition::Other(name.to_owned()),
        }
    }

    fn gather(&self, name: &str, groups: &mut Vec<Vec<Condition>>, depth: usize) -> Option<()> {
        let begin = groups.len();
        let parts = self.0.get(name).filter(|_| depth < DEEPEST)?;
        for part in parts {
            match part {
                Part::Port(protocol, range) => {
                    groups.push(vec![Condition::Protocol(protocol.clone()), Condition::Ports(vec![*range])]);
                }
                Part::Protocol(protocol) => groups.push(vec![Condition::Protocol(protocol.clone())]),
                Part::Include(other) => self.gather(other, groups, depth + 1)?,
                Part::To(_) => {}
                Part::Unclear => return None,
            }
        }
        for targets in parts.iter().filter_map(|part| if let Part::To(targets) = part { Some(targets) } else { None }) {
            for group in groups.iter_mut().skip(begin) {
                group.push(Condition::To(targets.clone()));
            }
        }
        Some(())
    }
}

/// One zone or policy as it is listed: its lines by name, and its rich rules.
#[derive(Debug, Default)]
struct Block {
    name: String,
    is_active: bool,
    fields: BTreeMap<String, String>,
    rich: Vec<String>,
    forward: Vec<String>,
}

fn blocks(lines: &[(usize, &[u8])]) -> Result<Vec<Block>, ParseError> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut field = String::new();
    for &(number, line) in lines {
        let text = shown(line, LONG);
        let unreadable = || ParseError::at(number, "this is no line of firewall-cmd", line);
        if text.trim().is_empty() {
            continue;
        }
        if !text.starts_with([' ', '\t']) {
            let (name, more) = text.split_once(' ').unwrap_or((&text, ""));
            blocks.push(Block { name: name.to_owned(), is_active: more.contains("active"), ..Block::default() });
            continue;
        }
        let block = blocks.last_mut().ok_or_else(unreadable)?;
        if text.starts_with('\t') {
            match field.as_str() {
                "rich rules" => block.rich.push(text.trim().to_owned()),
                "forward-ports" => block.forward.push(text.trim().to_owned()),
                _ => return Err(unreadable()),
            }
            continue;
        }
        let (name, value) = text.split_once(':').ok_or_else(unreadable)?;
        name.trim().clone_into(&mut field);
        // Older versions list them in one line.
        if field == "forward-ports" {
            block.forward.extend(value.split_whitespace().map(str::to_owned));
        }
        block.fields.insert(field.clone(), value.trim().to_owned());
    }
    Ok(blocks)
}

impl Block {
    fn words(&self, field: &str) -> impl Iterator<Item = &str> {
        self.fields.get(field).into_iter().flat_map(|text| text.split_whitespace())
    }

    /// Everything that it holds, with what it is called: as (kind, text).
    fn items(&self) -> Vec<(&'static str, String)> {
        let simple =
            [("service", "services"), ("port", "ports"), ("protocol", "protocols"), ("source port", "source-ports")];
        let simple =
            simple.into_iter().flat_map(|(kind, field)| self.words(field).map(move |word| (kind, word.to_owned())));
        let rich = self.rich.iter().map(|text| ("rich rule", text.clone()));
        let forward = self.forward.iter().map(|text| ("forward", text.clone()));
        forward.chain(simple).chain(rich).collect()
    }
}

/// What its sections hold.
pub(super) struct Sections<'a> {
    pub(super) zones: &'a [(usize, &'a [u8])],
    pub(super) permanent: &'a [(usize, &'a [u8])],
    pub(super) policies: &'a [(usize, &'a [u8])],
    pub(super) services: &'a [(usize, &'a [u8])],
}

/// Its policies that are in force, and its zones: those in use, and those that hold rules of somebody's own.
pub(super) fn parse(sections: &Sections<'_>, default_zone: &str) -> Result<Vec<Place>, ParseError> {
    let services = Services::read(sections.services);
    let permanent: BTreeMap<String, Block> =
        blocks(sections.permanent)?.into_iter().map(|block| (block.name.clone(), block)).collect();
    let mut places = Vec::new();
    for block in blocks(sections.policies)? {
        let goes_here = block.words("egress-zones").any(|zone| zone == "HOST");
        if goes_here && block.is_active && block.name != OF_ICMP {
            places.push(policy(&block, &services));
        }
    }
    let zones = blocks(sections.zones)?;
    // Newer versions choose by it before they choose by address.
    let chooses = |block: &&Block| block.fields.get("ingress-priority").is_some_and(|number| number != "0");
    let chosen = zones.iter().find(chooses).map(|block| Rule::unread(format!("ingress-priority of {}", block.name)));
    for block in zones {
        if block.name == default_zone || block.is_active || !block.rich.is_empty() {
            let mut place = zone(&block, permanent.get(&block.name), &services);
            if let Some(rule) = &chosen {
                place.rules.insert(0, rule.clone());
            }
            places.push(place);
        }
    }
    Ok(places)
}

fn policy(block: &Block, services: &Services) -> Place {
    let mut place = Place::new(block.name.clone(), Owner::Firewalld, "policy");
    place.entry = Some(Entry::Elsewhere);
    place.rules = ordered(block.items(), services).into_iter().map(|(_, rule)| rule).collect();
    let before_zones = block.fields.get("priority").is_some_and(|priority| priority.starts_with('-'));
    let from_anywhere = block.words("ingress-zones").any(|zone| zone == "ANY");
    if !before_zones || !from_anywhere {
        // When it applies depends on more than we read.
        place.rules.insert(0, Rule::unread(block.name.clone()));
    }
    place.otherwise = match block.fields.get("target").map(String::as_str) {
        Some("CONTINUE") | None => None,
        Some(target) => Some(target_of(target)),
    };
    place
}

fn zone(block: &Block, permanent: Option<&Block>, services: &Services) -> Place {
    let mut place = Place::new(block.name.clone(), Owner::Firewalld, "zone");
    place.interfaces = block.words("interfaces").map(str::to_owned).collect();
    place.sources = block.words("sources").map(str::to_owned).collect();
    place.otherwise = block.fields.get("target").map(|target| target_of(target));
    let now: Vec<_> = block.items();
    let later: BTreeSet<_> = permanent.map(Block::items).unwrap_or_default().into_iter().collect();
    let before: BTreeSet<_> = now.iter().collect();
    let only_later: Vec<_> = later.iter().filter(|item| !before.contains(item)).cloned().collect();
    for (item, rule) in ordered(now, services) {
        let kept = if later.contains(&item) || permanent.is_none() { Kept::Always } else { Kept::UntilReload };
        place.rules.push(Rule { kept, ..rule });
    }
    let coming = ordered(only_later, services).into_iter();
    place.rules.extend(coming.map(|(_, rule)| Rule { kept: Kept::AfterReload, ..rule }));
    place
}

fn target_of(target: &str) -> Action {
    match target {
        "ACCEPT" => Action::Accept,
        "DROP" => Action::Drop,
        "default" | "%%REJECT%%" | "REJECT" => Action::Reject,
        _ => Action::Unknown,
    }
}

/// The order in which firewalld asks them: rich rules before all others by their priority, what refuses, what lets in, and
/// the rich rules that come after all.
fn ordered(items: Vec<(&'static str, String)>, services: &Services) -> Vec<((&'static str, String), Rule)> {
    let mut rules: Vec<(i32, u8, (&'static str, String), Rule)> = Vec::new();
    for item in items {
        let (priority, rule) = match item.0 {
            "rich rule" => rich::rule(&item.1, services),
            kind => (0, simple(kind, &item.1, services)),
        };
        let order = match rule.action {
            Action::Continue => 0,
            Action::Drop | Action::Reject => 1,
            Action::Redirect => 2,
            _ => 3,
        };
        rules.push((priority, order, item, rule));
    }
    rules.sort_by_key(|(priority, order, ..)| (*priority, *order));
    rules.into_iter().map(|(_, _, item, rule)| (item, rule)).collect()
}

fn simple(kind: &'static str, text: &str, services: &Services) -> Rule {
    let other = || vec![Condition::Other(text.to_owned())];
    let (conditions, action) = match kind {
        "service" => (vec![services.as_condition(text)], Action::Accept),
        "protocol" => (vec![Condition::Protocol(text.to_owned())], Action::Accept),
        "port" => {
            let read = text.split_once('/').and_then(|(ports, protocol)| Some((Ports::read(ports)?, protocol)));
            let conditions = read
                .map(|(ports, protocol)| vec![Condition::Protocol(protocol.to_owned()), Condition::Ports(vec![ports])]);
            (conditions.unwrap_or_else(other), Action::Accept)
        }
        "forward" => (forwarded(text).unwrap_or_else(other), Action::Redirect),
        _ => (other(), Action::Accept),
    };
    Rule { kind, ..Rule::new(conditions, action, text.to_owned()) }
}

/// `port=80:proto=tcp:toport=8080:toaddr=`
fn forwarded(text: &str) -> Option<Vec<Condition>> {
    let value = |name: &str| text.split(':').find_map(|part| part.strip_prefix(name)?.strip_prefix('='));
    Some(vec![Condition::Protocol(value("proto")?.to_owned()), Condition::Ports(vec![Ports::read(value("port")?)?])])
}
