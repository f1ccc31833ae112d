//! Verdicts over the rules of real systems, and over rules that chance makes: never a guess.

use std::net::IpAddr;

use hannun::commands::firewall::{
    Action, Asked, Condition, Entry, Family, Firewall, Owner, Place, Ports, Rule, Silence, Source, Verdict,
};
use hannun::commands::sockets::Protocol;
use hannun::commands::{Command, CommandType, ReadFirewall};
use proptest::prelude::*;

use super::fixtures::fixture;

fn firewall(name: &str) -> Firewall {
    ReadFirewall.parse("linux", &fixture(CommandType::ReadFirewall, name)).unwrap()
}

fn asked(protocol: Protocol, port: u16, from: &str) -> Asked {
    let from: Option<IpAddr> = from.parse().ok();
    Asked {
        protocol,
        port,
        family: from.map_or(Family::V4, Family::of),
        from,
        to: None,
        interface: Some("eth0".to_owned()),
    }
}

/// `allowed`, `dropped`, `rejected`, `some`, `?`
fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed { limited: false, .. } => "allowed",
        Verdict::Allowed { limited: true, .. } => "limited",
        Verdict::Blocked { answered: false, .. } => "dropped",
        Verdict::Blocked { answered: true, .. } => "rejected",
        Verdict::FromSome { .. } => "some",
        Verdict::CannotTell { .. } => "?",
    }
}

fn check(name: &str, cases: &[(Protocol, u16, &str, &str)]) {
    let firewall = firewall(name);
    for (protocol, port, from, expected) in cases {
        let verdict = firewall.verdict(&asked(*protocol, *port, from));
        assert_eq!(word(&verdict), *expected, "{name}: {port}/{} from {from:?}: {verdict:?}", protocol.name());
    }
}

use Protocol::{Tcp, Udp};

#[test]
fn a_port_of_a_ufw_system_is_judged_as_its_kernel_does() {
    check(
        "debian-12-ufw",
        &[
            (Tcp, 22, "", "allowed"),
            (Tcp, 22, "198.18.0.1", "allowed"),
            (Tcp, 22, "2001:db8::1", "allowed"),
            (Tcp, 22, "192.0.2.9", "allowed"),
            (Tcp, 23, "198.18.0.1", "dropped"),
            (Tcp, 2222, "198.18.0.1", "limited"),
            (Udp, 8005, "", "allowed"),
            (Udp, 8005, "198.18.0.1", "allowed"),
            (Tcp, 8005, "198.18.0.1", "dropped"),
            (Tcp, 8005, "192.0.2.9", "allowed"),
            (Tcp, 9999, "198.18.0.1", "allowed"),
            (Tcp, 3306, "198.18.0.1", "allowed"),
            (Tcp, 4444, "198.18.0.1", "dropped"),
            (Tcp, 4444, "", "some"),
            (Tcp, 4444, "2001:db8::1", "dropped"),
        ],
    );
}

#[test]
fn the_reason_is_said_in_the_words_of_the_owner() {
    let verdict = firewall("debian-12-ufw").verdict(&asked(Tcp, 22, "198.18.0.1"));
    assert_eq!(verdict, Verdict::Allowed { by: "22/tcp ALLOW IN Anywhere".to_owned(), limited: false });
    let verdict = firewall("el9-standin-firewalld").verdict(&asked(Tcp, 81, "198.18.0.1"));
    assert_eq!(verdict, Verdict::Blocked { by: "public".to_owned(), answered: true });
}

#[test]
fn a_port_of_an_nft_system_is_judged_through_sets_maps_and_chains() {
    check(
        "debian-12-nft",
        &[
            (Tcp, 22, "198.18.0.1", "allowed"),
            (Tcp, 22, "203.0.113.9", "dropped"),
            (Tcp, 22, "198.51.100.7", "dropped"),
            (Tcp, 22, "", "some"),
            (Udp, 22, "198.18.0.1", "rejected"),
            (Tcp, 5432, "10.1.2.3", "allowed"),
            (Tcp, 5432, "198.18.0.1", "rejected"),
            (Tcp, 8005, "198.18.0.1", "limited"),
            (Udp, 53, "192.0.2.1", "allowed"),
            (Udp, 53, "198.18.0.1", "rejected"),
            // Who the packet is for decides there, which nobody knows.
            (Tcp, 9999, "198.18.0.1", "?"),
            // It goes on to another machine.
            (Tcp, 8888, "198.18.0.1", "?"),
            (Tcp, 1, "2001:db8::1", "rejected"),
        ],
    );
}

#[test]
fn a_port_of_an_iptables_system_is_judged_through_its_chains() {
    check(
        "debian-12-iptables",
        &[
            (Tcp, 22, "198.18.0.1", "allowed"),
            (Tcp, 22, "203.0.113.9", "rejected"),
            (Tcp, 22, "", "some"),
            (Tcp, 80, "198.18.0.1", "allowed"),
            (Tcp, 5432, "10.9.9.9", "allowed"),
            (Tcp, 5432, "198.18.0.1", "dropped"),
            (Tcp, 8888, "198.18.0.1", "?"),
            (Tcp, 1, "2001:db8::1", "allowed"),
        ],
    );
}

#[test]
fn a_port_of_a_firewalld_system_is_judged_by_zone_and_service() {
    check(
        "el9-standin-firewalld",
        &[
            (Tcp, 22, "198.18.0.1", "allowed"),
            (Tcp, 22, "203.0.113.5", "dropped"),
            (Udp, 53, "198.18.0.1", "allowed"),
            (Tcp, 443, "198.18.0.1", "rejected"),
            (Tcp, 5432, "10.1.2.3", "allowed"),
            (Tcp, 5432, "198.18.0.1", "rejected"),
            (Tcp, 1, "10.99.0.7", "allowed"),
            (Tcp, 22, "", "some"),
        ],
    );
}

#[test]
fn what_is_not_known_is_said_to_be_unknown() {
    for name in ["debian-12-not-root", "busybox-standin-no-tool"] {
        check(name, &[(Tcp, 22, "198.18.0.1", "?"), (Udp, 1, "", "?")]);
    }
    check("debian-12-none", &[(Tcp, 1, "198.18.0.1", "allowed")]);
}

#[test]
fn a_firewall_of_freebsd_or_macos_is_never_said_to_be_none() {
    let read = |answer: &[u8]| ReadFirewall.parse("pf", answer).unwrap();
    for (name, owner) in [
        ("freebsd-documented", Owner::Pf),
        ("freebsd-documented-ipfilter", Owner::Ipfilter),
        ("macos-documented", Owner::Pf),
        ("macos-documented-block-all", Owner::Pf),
    ] {
        let firewall = read(&fixture(CommandType::ReadFirewall, name));
        assert_eq!(firewall.owner, owner, "{name}");
        assert_eq!(word(&firewall.verdict(&asked(Tcp, 22, "198.18.0.1"))), "?", "{name}");
    }
    let failed = read(b"@firewall\n@root\n@pf\nStatus: Disabled\n@pf-rules\n@application\n@failed\n");
    assert_eq!((failed.owner, failed.silence), (Owner::CannotTell, Some(Silence::Failed)));
    let none =
        read(b"@firewall\n@root\n@pf\nStatus: Disabled\n@pf-rules\n@application\nFirewall is disabled. (State = 0)\n");
    assert_eq!(none.owner, Owner::None);
}

fn condition() -> impl Strategy<Value = Condition> {
    prop_oneof![
        Just(Condition::Protocol("tcp".to_owned())),
        Just(Condition::Protocol("udp".to_owned())),
        (0_u16..4, 0_u16..4).prop_map(|(first, more)| Condition::Ports(vec![Ports { first, last: first + more }])),
        Just(Condition::From(vec![Source::read("10.0.0.0/8").unwrap()])),
        Just(Condition::Interface(vec!["eth0".to_owned()])),
        any::<bool>().prop_map(|new| Condition::State { new }),
        Just(Condition::Not(Box::new(Condition::From(vec![Source::read("10.0.0.0/9").unwrap()])))),
    ]
}

fn rule() -> impl Strategy<Value = Rule> {
    let action = prop_oneof![
        Just(Action::Accept),
        Just(Action::Drop),
        Just(Action::Reject),
        Just(Action::Continue),
        Just(Action::Return),
        Just(Action::Jump("chain".to_owned())),
        Just(Action::Goto("chain".to_owned())),
    ];
    (proptest::collection::vec(condition(), 0..3), action).prop_map(|(conditions, action)| Rule {
        family: Family::Both,
        conditions,
        action,
        comment: String::new(),
        kind: "",
        text: "a rule".to_owned(),
        kept: hannun::commands::firewall::Kept::Always,
        handle: None,
    })
}

fn place(name: &str, entry: Option<Entry>, otherwise: Option<Action>, rules: Vec<Rule>) -> Place {
    Place {
        name: name.to_owned(),
        held_by: Owner::Nft,
        kind: "chain",
        family: Family::Both,
        direction: hannun::commands::firewall::Direction::In,
        entry,
        otherwise,
        interfaces: Vec::new(),
        sources: Vec::new(),
        rules,
        behind: false,
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    /// Whoever hides a condition from us makes us less sure, never sure of something else.
    #[test]
    fn sec_x03_what_is_not_understood_never_turns_a_verdict_into_another_one(
        rules in proptest::collection::vec(rule(), 0..6),
        inner in proptest::collection::vec(rule(), 0..4),
        accepts in any::<bool>(),
        hidden in any::<prop::sample::Index>(),
        port in 0_u16..5,
        from in prop_oneof![Just(""), Just("10.1.2.3"), Just("10.200.0.1"), Just("192.0.2.1")],
    ) {
        // A chain that calls itself is no ruleset that a kernel takes.
        let inner: Vec<Rule> = inner
            .into_iter()
            .filter(|rule| !matches!(rule.action, Action::Jump(_) | Action::Goto(_)))
            .collect();
        let policy = if accepts { Action::Accept } else { Action::Drop };
        let make = |rules: Vec<Rule>| Firewall {
            owner: Owner::Nft,
            places: vec![place("input", Some(Entry::Input), Some(policy.clone()), rules), place("chain", None, None, inner.clone())],
            ..Firewall::default()
        };
        let question = asked(Tcp, port, from);
        let sure = make(rules.clone()).verdict(&question);
        let mut less = rules;
        if !less.is_empty() {
            let at = hidden.index(less.len());
            less[at].conditions.push(Condition::Other("something".to_owned()));
        }
        let unsure = make(less).verdict(&question);
        let (sure, unsure) = (word(&sure), word(&unsure));
        let blocked = |word: &str| word == "dropped" || word == "rejected";
        if from.is_empty() {
            prop_assert!(!(sure == "allowed" && blocked(unsure) || blocked(sure) && unsure == "allowed"), "{sure} {unsure}");
        } else {
            prop_assert!(sure != "some", "somebody who is known is let in or not");
            // What may not fit may leave the packet to the rules below it: the rule that was hidden no longer decides alone.
            prop_assert!(sure == unsure || unsure == "?" || blocked(sure) == blocked(unsure), "{sure} became {unsure}");
        }
    }
}
