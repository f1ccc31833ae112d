//! Rules that are easily misread: whatever hannun does not understand of them, it does not say "allowed".

use std::net::IpAddr;

use hannun::commands::firewall::{Asked, Family, Firewall, Owner, Verdict};
use hannun::commands::sockets::Protocol;
use hannun::commands::{Command, ReadFirewall};
use hannun::firewalls::verdicts;
use serde_json::{Value, json};

const CONSOLE: &str = "198.18.0.1";
const ADDRESSES: &str = "\
2: eth0    inet 198.18.0.2/24 scope global eth0
3: wg0    inet 10.9.0.1/24 scope global wg0
";

/// What Linux answered, of these parts.
fn read(parts: &str) -> Firewall {
    let all = format!("@firewall\n@root\n@connection\n{CONSOLE} 5 198.18.0.2 22\n@addresses\n{ADDRESSES}{parts}");
    ReadFirewall.parse("linux", all.as_bytes()).unwrap()
}

fn ruleset(objects: &[Value]) -> String {
    format!("@nft\n{}\n", json!({ "nftables": objects }))
}

/// A chain that the kernel asks by itself: `inet filter input`, its hook and its policy.
fn chain(name: &str, hook: &str, policy: &str) -> Value {
    let [family, table, chain] = name.split(' ').collect::<Vec<_>>()[..] else { panic!("{name}") };
    json!({"chain": {"family": family, "table": table, "name": chain, "type": "filter", "hook": hook, "policy": policy}})
}

fn rule(name: &str, expressions: &Value) -> Value {
    let [family, table, chain] = name.split(' ').collect::<Vec<_>>()[..] else { panic!("{name}") };
    json!({"rule": {"family": family, "table": table, "chain": chain, "handle": 7, "expr": expressions}})
}

fn asks(header: &str, field: &str, operator: &str, right: &Value) -> Value {
    let left = json!({"payload": {"protocol": header, "field": field}});
    json!({"match": {"op": operator, "left": left, "right": right}})
}

/// `allowed`, `blocked`, `some`, `?` for a port from an address.
fn judged(firewall: &Firewall, protocol: Protocol, port: u16, from: &str) -> &'static str {
    let from: IpAddr = from.parse().unwrap();
    let interface = Some("eth0".to_owned());
    word(&firewall.verdict(&Asked { protocol, port, family: Family::of(from), from: Some(from), to: None, interface }))
}

fn word(verdict: &Verdict) -> &'static str {
    match verdict {
        Verdict::Allowed { .. } => "allowed",
        Verdict::Blocked { .. } => "blocked",
        Verdict::FromSome { .. } => "some",
        Verdict::CannotTell { .. } => "?",
    }
}

use Protocol::{Tcp, Udp};

#[test]
fn sec_x03_what_a_target_of_iptables_does_that_nft_does_not_tell_is_not_known() {
    for target in [json!({"xt": {"type": "target", "name": "DROP"}}), json!({"xt": null}), json!({"newer": {}})] {
        let expressions = json!([asks("tcp", "dport", "==", &json!(80)), {"counter": {"packets": 1}}, target]);
        let firewall =
            read(&ruleset(&[chain("inet mine input", "input", "accept"), rule("inet mine input", &expressions)]));
        assert_eq!(judged(&firewall, Tcp, 80, CONSOLE), "?");
        assert_eq!(judged(&firewall, Tcp, 81, CONSOLE), "allowed");
    }
}

#[test]
fn only_chains_that_iptables_told_itself_are_left_out_of_what_nft_tells() {
    let native = ruleset(&[chain("ip filter input", "input", "drop"), chain("inet docker-x input", "input", "accept")]);
    for (version, told) in [
        ("(legacy)", "*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n"),
        ("(nf_tables)", "# Table `filter' is incompatible, use 'nft' tool.\n"),
        ("(nf_tables)", ""),
    ] {
        let versions = format!("@iptables-version\niptables v1.8.9 {version}\nip6tables v1.8.9 {version}\n");
        let firewall = read(&format!("@iptables\n{told}@ip6tables\n{versions}{native}"));
        assert_eq!(judged(&firewall, Tcp, 80, CONSOLE), "blocked", "{version} {told}");
    }
    // The rules of the kernel's two systems both count, even where their chains have one name.
    for (of_iptables, of_nft) in [("ACCEPT", "drop"), ("DROP", "accept")] {
        let own = format!(
            "@iptables\n*filter\n:INPUT ACCEPT [0:0]\n:X - [0:0]\n-A INPUT -j X\n-A X -j {of_iptables}\nCOMMIT\n@ip6tables\n"
        );
        let nft = [
            chain("ip filter INPUT", "input", "accept"),
            json!({"chain": {"family": "ip", "table": "filter", "name": "X"}}),
            rule("ip filter INPUT", &json!([{"jump": {"target": "X"}}])),
            rule("ip filter X", &json!([{of_nft: null}])),
        ];
        let judged = |kind: &str| {
            let versions = format!("@iptables-version\niptables v1.8.9 ({kind})\nip6tables v1.8.9 ({kind})\n");
            judged(&read(&format!("{own}{versions}{}", ruleset(&nft))), Tcp, 80, CONSOLE)
        };
        assert_eq!(judged("legacy"), "blocked", "{of_iptables} {of_nft}");
        assert_eq!(judged("nf_tables"), if of_iptables == "ACCEPT" { "allowed" } else { "blocked" });
    }
}

#[test]
fn any_address_is_judged_by_every_interface_that_it_may_come_by() {
    let by_wg0 = json!({"match": {"op": "==", "left": {"meta": {"key": "iifname"}}, "right": "wg0"}});
    let firewall = read(&ruleset(&[
        chain("inet mine input", "input", "drop"),
        rule("inet mine input", &json!([by_wg0, {"accept": null}])),
    ]));
    let judged = |from: Option<&str>| {
        let all = verdicts(&firewall, (Tcp, 80), from.map(|from| from.parse().unwrap()), None);
        all.iter().map(|(_, verdict)| word(verdict)).collect::<Vec<_>>()
    };
    assert_eq!(judged(None), ["some"]);
    assert_eq!(judged(Some(CONSOLE)), ["blocked"], "it comes by eth0");
    assert_eq!(judged(Some("203.0.113.9")), ["?"], "nobody knows by which it comes");
    let Some((_, Verdict::FromSome { allowed, .. })) = verdicts(&firewall, (Tcp, 80), None, None).pop() else {
        panic!("from some")
    };
    assert!(allowed[0].starts_with("wg0: "), "{allowed:?}");
}

#[test]
fn what_a_rule_turns_round_is_not_of_which_packets_it_asks() {
    let firewall = read(&ruleset(&[
        chain("inet mine input", "input", "drop"),
        rule("inet mine input", &json!([asks("tcp", "dport", "!=", &json!(22)), {"accept": null}])),
        rule(
            "inet mine input",
            &json!([asks("udp", "dport", "==", &json!(53)), asks("ip", "saddr", "!=", &json!("192.0.2.1")), {"accept": null}]),
        ),
    ]));
    for (protocol, port, from, expected) in [
        (Tcp, 80, CONSOLE, "allowed"),
        (Tcp, 22, CONSOLE, "blocked"),
        (Udp, 80, CONSOLE, "blocked"),
        (Udp, 53, CONSOLE, "allowed"),
        (Udp, 53, "192.0.2.1", "blocked"),
        (Udp, 53, "2001:db8::1", "blocked"),
    ] {
        assert_eq!(judged(&firewall, protocol, port, from), expected, "{port} from {from}");
    }
}

#[test]
fn what_is_asked_of_the_sender_s_address_is_not_asked_of_the_server_s() {
    let left = json!({"fib": {"result": "type", "flags": ["saddr"]}});
    let foreign = json!({"match": {"op": "!=", "left": left, "right": "local"}});
    let firewall = read(&ruleset(&[
        chain("inet mine input", "input", "drop"),
        rule("inet mine input", &json!([foreign, {"accept": null}])),
    ]));
    assert_eq!(judged(&firewall, Tcp, 80, CONSOLE), "?");
}

#[test]
fn chains_about_other_packets_do_not_decide_about_these() {
    for (name, hook, extra, expected) in [
        ("arp filter input", "input", Value::Null, "allowed"),
        ("bridge filter input", "input", Value::Null, "?"),
        ("netdev filter in", "ingress", json!("wg0"), "allowed"),
        ("netdev filter in", "ingress", json!(["wg0", "eth0"]), "blocked"),
    ] {
        let mut stops = chain(name, hook, "drop");
        stops["chain"]["dev"] = extra;
        let firewall = read(&ruleset(&[chain("inet mine input", "input", "accept"), stops]));
        assert_eq!(judged(&firewall, Tcp, 80, CONSOLE), expected, "{name}");
    }
}

const FIREWALLD: &str = "@firewalld\nrunning\n@default-zone\npublic\n@zones\n";

fn zones(public: &str) -> String {
    format!(
        "{FIREWALLD}public (active)\n  target: default\n  interfaces: eth0\n  ports: 80/tcp\n  rich rules: \n{public}"
    )
}

#[test]
fn where_nft_failed_beside_firewalld_nothing_is_said_to_be_let_in() {
    let empty = ruleset(&[]);
    for (nft, expected) in [(empty.as_str(), "allowed"), ("@nft\n@failed\n", "?")] {
        let firewall = read(&format!("{}{nft}", zones("")));
        assert_eq!((firewall.owner, judged(&firewall, Tcp, 80, CONSOLE)), (Owner::Firewalld, expected));
        assert_eq!(judged(&firewall, Tcp, 81, CONSOLE), "blocked", "its own rules are enough to stop it");
    }
}

#[test]
fn the_words_of_a_rich_rule_are_read_as_firewalld_reads_them() {
    for (rich, port, expected) in [
        (r#"rule port port="81" protocol="tcp" log prefix="drop it" limit value="1/m" accept"#, 81, "allowed"),
        (r#"rule port port="81" protocol="tcp" log prefix="we accept no" drop"#, 81, "blocked"),
        (r#"rule family="ipv4" destination NOT address="198.18.0.2" port port="81" protocol="tcp" accept"#, 81, "?"),
        (r#"rule family="ipv4" source NOT address="198.18.0.0/24" drop"#, 80, "allowed"),
        (r#"rule family="ipv4" source ipset="banned" drop"#, 80, "?"),
        (r#"rule newer port port="81" protocol="tcp" accept"#, 81, "?"),
    ] {
        let firewall = read(&format!("{}\t{rich}\n{}", zones(""), ruleset(&[])));
        assert_eq!(judged(&firewall, Tcp, port, CONSOLE), expected, "{rich}");
    }
}

#[test]
fn nobody_guesses_which_of_two_zones_an_address_is_in() {
    let zone = |name: &str, sources: &str, target: &str, more: &str| {
        format!("\n{name} (active)\n  target: {target}\n  sources: {sources}\n{more}")
    };
    let wide = zone("office", "198.18.0.0/16 192.0.2.0/24", "ACCEPT", "");
    let firewall = read(&format!("{}{wide}{}{}", zones(""), zone("lab", "198.18.0.0/24", "DROP", ""), ruleset(&[])));
    assert_eq!(judged(&firewall, Tcp, 81, CONSOLE), "?");
    assert_eq!(judged(&firewall, Tcp, 81, "198.18.7.1"), "allowed");
    let chosen = zone("lab", "203.0.113.0/24", "DROP", "  ingress-priority: -10\n");
    let firewall = read(&format!("{}{wide}{chosen}{}", zones(""), ruleset(&[])));
    assert_eq!(judged(&firewall, Tcp, 81, "192.0.2.7"), "?", "a zone is chosen before the others");
}

#[test]
fn tables_and_chains_of_other_programs_are_shown_and_not_changed() {
    let firewall = read(&ruleset(&[
        chain("ip filter INPUT", "input", "accept"),
        json!({"chain": {"family": "ip", "table": "filter", "name": "DOCKER"}}),
        rule("ip filter DOCKER", &json!([{"accept": null}])),
        chain("ip docker-bridges input", "input", "accept"),
        rule("ip docker-bridges input", &json!([{"accept": null}])),
        chain("inet f2b-table input", "input", "accept"),
        rule("inet f2b-table input", &json!([{"accept": null}])),
        chain("inet mine input", "input", "accept"),
        rule("inet mine input", &json!([{"accept": null}])),
    ]));
    assert_eq!(firewall.owner, Owner::Nft);
    let held = firewall.places.iter().filter(|place| place.held_by == Owner::Iptables).map(|place| place.name.as_str());
    assert_eq!(held.collect::<Vec<_>>(), ["ip filter INPUT", "ip filter DOCKER"]);
    let offered = hannun::firewalls::places_for_rules(&firewall);
    assert_eq!(offered.iter().map(|place| place.name.as_str()).collect::<Vec<_>>(), ["inet mine input"]);
    let removable = firewall.places.iter().filter(|place| {
        let key = place.rules.first().map(|rule| hannun::firewalls::key_of(place, rule));
        key.is_some_and(|key| hannun::firewalls::remove(&firewall, &key).is_ok())
    });
    assert_eq!(removable.map(|place| place.name.as_str()).collect::<Vec<_>>(), ["inet mine input"]);
}

#[test]
fn where_nobody_could_be_told_to_change_rules_the_reason_says_what_would_make_it_work() {
    let by_iptables = ruleset(&[chain("ip filter INPUT", "input", "drop")]);
    let of_others = ruleset(&[chain("inet f2b-table input", "input", "drop")]);
    for (parts, way_out) in [
        (by_iptables.as_str(), "Install it"),
        (of_others.as_str(), "Make one of your own"),
        ("@no-tool\n", "Install firewalld"),
        ("@nft\n@failed\n", "program failed"),
        (ruleset(&[]).as_str(), "Enable firewalld or ufw"),
    ] {
        let firewall = read(parts);
        let why = hannun::firewalls::why_unchangeable(&firewall).expect("it cannot be changed");
        let said = why.in_language(hannun::language::Language::En);
        assert!(said.contains(way_out), "{parts}: {said}");
        let entered = hannun::firewalls::Entered {
            action: "allow".into(),
            protocol: "tcp".into(),
            port: "80".into(),
            ..Default::default()
        };
        let refused = hannun::firewalls::add(&firewall, &hannun::firewalls::NewRule::read(&entered).unwrap());
        assert_eq!(refused.unwrap_err().message().in_language(hannun::language::Language::En), said);
    }
}
