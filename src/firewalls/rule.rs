//! A new rule: from what somebody entered to what the owner of the firewall is told. Pure.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::commands::firewall::{Action, Entry, Family, Firewall, Owner, Place, Ports, Silence};
use crate::commands::firewall_change::{ChangeFirewall, Deed, Spot, Wish};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;

/// The longest comment, in characters; iptables takes 255 bytes.
const LONGEST_COMMENT: usize = 80;

/// A rule as it was entered.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Entered {
    /// `allow`, `deny`, `reject`, `limit`.
    pub action: String,
    /// `tcp`, `udp`.
    pub protocol: String,
    /// `8080`, `8000:8010`.
    pub port: String,
    /// An address or a network; empty for any.
    pub source: String,
    /// What people write about it.
    pub comment: String,
    /// The zone or the chain; empty for the first there is.
    pub place: String,
}

/// A rule that can be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewRule {
    wish: Wish,
    protocol: &'static str,
    ports: Ports,
    source: Option<IpNet>,
    comment: String,
    place: String,
}

impl NewRule {
    /// Checks every field.
    pub fn read(entered: &Entered) -> Result<Self, FieldErrors> {
        let mut problems = FieldErrors::default();
        let wish = Wish::from_name(&entered.action);
        if wish.is_none() {
            problems.add("action", "This choice is not known");
        }
        let protocol = ["tcp", "udp"].into_iter().find(|known| *known == entered.protocol);
        if protocol.is_none() {
            problems.add("protocol", "This choice is not known");
        }
        let ports = Ports::read(entered.port.trim()).filter(|ports| ports.first > 0);
        if ports.is_none() {
            problems.add("port", "A port is a number from 1 to 65535, or two of them with a colon between");
        }
        let source = match entered.source.trim() {
            "" => Some(None),
            text => network(text).map(Some),
        };
        if source.is_none() {
            problems.add("source", "This is no address and no network, such as 192.0.2.7 or 10.0.0.0/8");
        }
        let comment = entered.comment.trim();
        let plain = |c: char| c.is_alphanumeric() || " .,:_/()+@-".contains(c);
        if comment.chars().count() > LONGEST_COMMENT || !comment.chars().all(plain) {
            problems.add("comment", "A comment has at most 80 letters, digits, spaces and . , : _ / ( ) + @ -");
        }
        match (wish, protocol, ports, source) {
            (Some(wish), Some(protocol), Some(ports), Some(source)) if problems.is_empty() => {
                Ok(Self { wish, protocol, ports, source, comment: comment.to_owned(), place: entered.place.clone() })
            }
            _ => Err(problems),
        }
    }

    /// Whether it could shut out whoever comes in by `port` from an address; from any, where theirs is not known.
    pub fn stops(&self, port: u16, from: Option<IpAddr>) -> bool {
        let is_for_them = match (self.source, from) {
            (Some(source), Some(from)) => source.contains(&from.to_canonical()),
            _ => true,
        };
        self.wish != Wish::Allow && self.protocol == "tcp" && self.ports.include(port) && is_for_them
    }
}

fn network(text: &str) -> Option<IpNet> {
    let read = text.parse::<IpNet>().ok().or_else(|| text.parse::<IpAddr>().ok().map(IpNet::from))?;
    // 10.0.0.1/8 is what somebody mistyped: nobody knows which half is right.
    (read.trunc() == read).then_some(read)
}

fn shown(source: Option<IpNet>) -> String {
    source
        .map(|one| if one.prefix_len() == one.max_prefix_len() { one.addr().to_string() } else { one.to_string() })
        .unwrap_or_default()
}

/// The zones or chains that a rule can be put into; empty where its owner has one list.
pub fn places_for_rules(firewall: &Firewall) -> Vec<&Place> {
    let fits = |place: &&Place| match firewall.owner {
        Owner::Firewalld => place.kind == "zone",
        Owner::Nft => place.held_by == Owner::Nft && place.entry == Some(Entry::Input) && !place.is_of_a_program(),
        Owner::Iptables => place.held_by == Owner::Iptables && place.name.ends_with(" filter INPUT"),
        _ => false,
    };
    firewall.shown().filter(fits).collect()
}

/// Why no rule of this firewall can be added, and what would make it work; none where one can.
pub fn why_unchangeable(firewall: &Firewall) -> Option<Message> {
    let why = match (firewall.owner, firewall.silence) {
        (Owner::Iptables, _) if firewall.without_program => {
            "These rules were made with iptables, which is not installed there. Install it, and rules can be changed here"
        }
        (Owner::Nft, _) if places_for_rules(firewall).is_empty() => {
            "All chains of input there belong to other programs. Make one of your own with nft, and rules can be added here"
        }
        (Owner::Firewalld | Owner::Ufw | Owner::Nft | Owner::Iptables, _) => return None,
        (Owner::None, _) => {
            "No firewall stands in the way of this server, and hannun does not set one up. Enable firewalld or ufw there, or make a chain of input with nft, and rules can be added here"
        }
        (Owner::Pf | Owner::Ipfw | Owner::Ipfilter, _) => "hannun reads this kind of firewall and does not change it",
        (Owner::CannotTell, Some(Silence::NeedsRoot)) => {
            "Who owns the firewall is told to root alone. Let the credential of this server use sudo, or sign in as root"
        }
        (Owner::CannotTell, Some(Silence::NoTool)) => {
            "No program that shows or changes a firewall is installed there. Install firewalld, ufw, nftables or iptables"
        }
        (Owner::CannotTell, _) => {
            "Who owns the firewall is not known, because its program failed. Look at it on the server"
        }
    };
    Some(Message::new(why))
}

/// What the owner is told for a new rule; why it cannot be told, where that is so.
pub fn add(firewall: &Firewall, rule: &NewRule) -> Result<ChangeFirewall> {
    if let Some(why) = why_unchangeable(firewall) {
        return Err(Error::Conflict(why));
    }
    let mut change = ChangeFirewall {
        id: String::new(),
        seconds: 0,
        owner: firewall.owner,
        deed: Deed::Add,
        wish: rule.wish,
        protocol: rule.protocol.to_owned(),
        ports: rule.ports.to_string(),
        source: shown(rule.source),
        comment: rule.comment.clone(),
        interface: String::new(),
        place: Spot::default(),
        first: rule.wish != Wish::Allow,
    };
    if rule.wish == Wish::Limit && firewall.owner != Owner::Ufw {
        return Err(Error::field("action", "ufw alone limits how often somebody connects"));
    }
    if !rule.comment.is_empty() && !keeps_comments(firewall) {
        return Err(Error::field("comment", "firewalld keeps no comments. Leave it empty"));
    }
    match firewall.owner {
        // The others were refused before.
        Owner::Ufw | Owner::None | Owner::Pf | Owner::Ipfw | Owner::Ipfilter | Owner::CannotTell => {}
        Owner::Firewalld => change.place = in_zone(chosen(firewall, rule)?, rule),
        Owner::Nft => {
            let place = chosen(firewall, rule)?;
            (change.place, change.first) = (in_chain(place)?, change.first || ends_by_itself(place));
            change.place.item = nft_rule(rule);
        }
        Owner::Iptables => {
            let family = match rule.source {
                Some(IpNet::V4(_)) => "ip4",
                Some(IpNet::V6(_)) => "ip6",
                None => "both",
            };
            let ends = places_for_rules(firewall).into_iter().any(ends_by_itself);
            change.first = change.first || ends;
            change.place = Spot {
                family: family.to_owned(),
                table: "filter".to_owned(),
                chain: "INPUT".to_owned(),
                ..Spot::default()
            };
        }
    }
    Ok(change)
}

/// Whether what people write about a rule stays with it.
pub fn keeps_comments(firewall: &Firewall) -> bool {
    firewall.owner != Owner::Firewalld
}

fn chosen<'a>(firewall: &'a Firewall, rule: &NewRule) -> Result<&'a Place> {
    let places = places_for_rules(firewall);
    let wanted = match (rule.place.as_str(), firewall.owner) {
        ("", Owner::Firewalld) => places.iter().find(|place| place.name == firewall.default_zone),
        ("", _) => places.first(),
        (name, _) => places.iter().find(|place| place.name == name),
    };
    let missing = || Error::field("place", "There is no such zone or chain to put a rule into");
    wanted.copied().ok_or_else(missing)
}

/// Whether what would be put at its end is never asked.
fn ends_by_itself(place: &Place) -> bool {
    let ends = |action: &Action| matches!(action, Action::Accept | Action::Drop | Action::Reject | Action::Return);
    place.rules.last().is_some_and(|rule| rule.conditions.is_empty() && ends(&rule.action))
}

/// `inet filter input`, as nft is told it.
pub(super) fn in_chain(place: &Place) -> Result<Spot> {
    let words: Vec<&str> = place.name.split(' ').collect();
    let plain = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
    match words.as_slice() {
        [family, table, chain] if plain(family) && plain(table) && plain(chain) => Ok(Spot {
            family: (*family).to_owned(),
            table: (*table).to_owned(),
            chain: (*chain).to_owned(),
            ..Spot::default()
        }),
        _ => Err(Error::Conflict(Message::new("hannun does not edit a chain of this name"))),
    }
}

fn in_zone(zone: &Place, rule: &NewRule) -> Spot {
    let (kind, item) = if rule.wish == Wish::Allow && rule.source.is_none() {
        ("port", format!("{}/{}", rule.ports.to_string().replace(':', "-"), rule.protocol))
    } else {
        ("rich-rule", rich_rule(rule))
    };
    Spot { zone: zone.name.clone(), kind, item, ..Spot::default() }
}

fn rich_rule(rule: &NewRule) -> String {
    let mut words = vec!["rule".to_owned()];
    if let Some(source) = rule.source {
        let family = if matches!(source, IpNet::V4(_)) { "ipv4" } else { "ipv6" };
        words.push(format!("family=\"{family}\" source address=\"{}\"", shown(Some(source))));
    }
    let ports = rule.ports.to_string().replace(':', "-");
    words.push(format!("port port=\"{ports}\" protocol=\"{}\"", rule.protocol));
    words.push(match rule.wish {
        Wish::Allow | Wish::Limit => "accept".to_owned(),
        Wish::Deny => "drop".to_owned(),
        Wish::Reject => "reject".to_owned(),
    });
    words.join(" ")
}

fn nft_rule(rule: &NewRule) -> String {
    let mut words = Vec::new();
    if let Some(source) = rule.source {
        let family = if Family::of(source.addr()) == Family::V4 { "ip" } else { "ip6" };
        words.push(format!("{family} saddr {}", shown(Some(source))));
    }
    words.push(format!("{} dport {} counter", rule.protocol, rule.ports.to_string().replace(':', "-")));
    words.push(match rule.wish {
        Wish::Allow | Wish::Limit => "accept".to_owned(),
        Wish::Deny => "drop".to_owned(),
        Wish::Reject => "reject".to_owned(),
    });
    if !rule.comment.is_empty() {
        words.push(format!("comment \"{}\"", rule.comment));
    }
    words.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entered(port: &str, source: &str, comment: &str) -> Entered {
        Entered {
            action: "allow".into(),
            protocol: "tcp".into(),
            port: port.into(),
            source: source.into(),
            comment: comment.into(),
            place: String::new(),
        }
    }

    #[test]
    fn sec_p03_what_is_no_port_no_address_and_no_comment_is_refused() {
        for port in ["70000", "0", "", "-1", "22;id", "22 23", "$(id)", "ssh", "9:8"] {
            assert!(NewRule::read(&entered(port, "", "")).unwrap_err().of("port").is_some(), "{port}");
        }
        for source in ["10.0.0.1/8", "-j", "example.com", "1.2.3.4;id", "any", "10.0.0.0/33"] {
            assert!(NewRule::read(&entered("1", source, "")).unwrap_err().of("source").is_some(), "{source}");
        }
        for comment in ["a\"b", "a'b", "a\nb", "a#b", "a\\b", "$(id)", "<img onerror>", "`id`"] {
            assert!(NewRule::read(&entered("1", "", comment)).unwrap_err().of("comment").is_some(), "{comment}");
        }
        assert!(NewRule::read(&entered("8000:8010", "2001:db8::/32", "한글 OK")).is_ok());
    }

    #[test]
    fn a_rule_about_somebody_else_s_address_shuts_nobody_else_out() {
        let stops = |source: &str, port, from: Option<&str>| {
            let rule = NewRule::read(&Entered { action: "deny".into(), ..entered("22", source, "") }).unwrap();
            rule.stops(port, from.map(|from| from.parse().unwrap()))
        };
        for (source, from) in [
            ("", Some("192.0.2.7")),
            ("192.0.2.0/24", Some("192.0.2.7")),
            ("192.0.2.7", Some("::ffff:192.0.2.7")),
            ("2001:db8::/32", Some("2001:db8::1")),
            ("198.51.100.1", None),
        ] {
            assert!(stops(source, 22, from), "{source} {from:?}");
        }
        for (source, from) in [("198.51.100.1", "192.0.2.7"), ("0.0.0.0/0", "2001:db8::1"), ("10.0.0.0/8", "11.0.0.1")]
        {
            assert!(!stops(source, 22, Some(from)), "{source} {from}");
        }
        assert!(!stops("", 80, Some("192.0.2.7")));
    }

    #[test]
    fn each_owner_is_told_in_its_own_words() {
        let mut firewall = Firewall { owner: Owner::Ufw, default_zone: "public".into(), ..Firewall::default() };
        let line = |firewall: &Firewall, entered: &Entered| {
            add(firewall, &NewRule::read(entered).unwrap())
                .map(|change| change.line())
                .map_err(|error| error.to_string())
        };
        let rule = entered("8080", "10.0.0.0/8", "the app");
        assert_eq!(
            line(&firewall, &rule).unwrap(),
            "ufw allow proto tcp from 10.0.0.0/8 to any port 8080 comment 'the app'"
        );
        firewall.owner = Owner::Iptables;
        assert_eq!(
            line(&firewall, &Entered { action: "deny".into(), ..rule.clone() }).unwrap(),
            "iptables -t filter -I INPUT -s 10.0.0.0/8 -p tcp --dport 8080 -m comment --comment 'the app' -j DROP"
        );
        for owner in [Owner::None, Owner::CannotTell, Owner::Pf, Owner::Firewalld, Owner::Nft] {
            firewall.owner = owner;
            assert!(line(&firewall, &rule).is_err(), "{owner:?}: nothing to put it into");
        }
    }
}
