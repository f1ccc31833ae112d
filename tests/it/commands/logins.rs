//! A name can be anything, and is never taken for anything else (X06).

use std::net::IpAddr;

use hannun::commands::logins::line::of_file;
use hannun::commands::logins::message::{Origin, Told, told};
use hannun::commands::logins::when::{Times, Zone};
use proptest::prelude::*;

/// Pieces with which somebody would lie, and what stands in any name. sshd itself cuts a name at a colon, and writes what is no text by numbers.
const PIECES: &[&str] = &[
    " from 192.0.2.1 port 22 ssh2",
    " from 192.0.2.1 port 22",
    " from 192.0.2.1",
    "from",
    " 192.0.2.1 port 22",
    " port 22",
    " port",
    " ssh2",
    "ssh2",
    " [preauth]",
    "invalid user ",
    "authenticating user ",
    "user ",
    " for ",
    "Accepted password for root from 192.0.2.1 port 22 ssh2",
    "Failed password for root",
    " not allowed because not listed in AllowUsers",
    "message repeated 2 times",
    "192.0.2.1",
    "2001-db8",
    " ",
    "  ",
    "\\033[2J",
    "<img src=x>",
    "root",
    "한글",
    "\u{202e}",
    "]",
    "[",
    "'\"`$(id)",
    "",
];

fn a_name() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => proptest::sample::select(PIECES).prop_map(str::to_owned),
        1 => "[^:\\p{C}]{0,12}",
    ];
    // sshd writes a hundred bytes of a name at most.
    proptest::collection::vec(piece, 0..5).prop_map(|pieces| {
        let mut name = pieces.concat();
        while name.len() > 100 {
            name.pop();
        }
        name
    })
}

fn an_origin() -> impl Strategy<Value = (IpAddr, u16)> {
    let address = prop_oneof![any::<[u8; 4]>().prop_map(IpAddr::from), any::<[u8; 16]>().prop_map(IpAddr::from)];
    (address.prop_map(|address| address.to_canonical()), 1_u16..)
}

fn is_of(origin: &Origin, address: IpAddr, port: u16) -> bool {
    origin.address == Some(address) && origin.port == Some(port) && origin.host.is_empty()
}

/// What sshd writes where a connection came to nothing.
fn turned(name: &str, address: IpAddr, port: u16) -> [String; 5] {
    [
        format!("Invalid user {name} from {address} port {port}"),
        format!("Connection closed by invalid user {name} {address} port {port} [preauth]"),
        format!("Connection reset by invalid user {name} {address} port {port} [preauth]"),
        format!("Disconnected from invalid user {name} {address} port {port} [preauth]"),
        format!(
            "error: maximum authentication attempts exceeded for invalid user {name} from {address} port {port} ssh2 [preauth]"
        ),
    ]
}

#[test]
fn each_way_in_which_a_connection_comes_to_nothing_is_understood() {
    let address = IpAddr::from([203, 0, 113, 5]);
    for name in ["admin", "two words"] {
        for message in turned(name, address, 51_234) {
            let Some(Told::Turned { user, is_unknown: true, origin }) = told(message.as_bytes()) else {
                panic!("not understood: {message}");
            };
            assert!(user == name && is_of(&origin, address, 51_234), "{message}: {user} {origin:?}");
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn sec_x06_no_name_becomes_an_address_a_port_or_a_method((name, (address, port)) in (a_name(), an_origin())) {
        let failed = format!("Failed password for invalid user {name} from {address} port {port} ssh2");
        match told(failed.as_bytes()) {
            Some(Told::Failed { is_unknown: true, origin, method, .. }) => {
                prop_assert!(is_of(&origin, address, port) && method == "password", "{failed}: {origin:?} {method}");
            }
            other => prop_assert!(false, "{failed}: {other:?}"),
        }
        for message in turned(&name, address, port) {
            match told(message.as_bytes()) {
                Some(Told::Turned { is_unknown: true, origin, .. }) => {
                    prop_assert!(is_of(&origin, address, port), "{message}: {origin:?}");
                }
                // What is not understood is left out; nobody else is blamed for it.
                None => {}
                other => prop_assert!(false, "{message}: {other:?}"),
            }
        }
    }

    #[test]
    fn sec_x03_no_line_of_a_log_makes_a_reader_fall_over(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let latest = "2026-11-22T12:00:00Z".parse().unwrap();
        let zone = Zone::of("Europe/Berlin", "+0100").unwrap();
        if let Some(line) = of_file(&bytes, &mut Times::new(zone, latest)) {
            told(&line.message);
        }
        told(&bytes);
    }
}

#[test]
fn the_months_of_another_language_are_no_time_and_the_lines_of_english_ones_around_them_are_read() {
    let latest = "2027-01-01T00:10:00Z".parse().unwrap();
    let mut times = Times::new(Zone::of("Etc/UTC", "+0000").unwrap(), latest);
    let log = [
        "12월 31 23:59:57 web sshd[1]: Failed password for root from 203.0.113.5 port 1 ssh2",
        "Dez 31 23:59:58 web sshd[1]: Failed password for root from 203.0.113.5 port 2 ssh2",
        "Dec 31 23:59:59 web sshd[1]: Failed password for root from 203.0.113.5 port 3 ssh2",
        "Jan  1 00:00:01 web sshd[1]: Failed password for root from 203.0.113.5 port 4 ssh2",
        "2027-01-01T00:00:02.5+00:00 web sshd[1]: Failed password for root from 203.0.113.5 port 5 ssh2",
    ];
    let read: Vec<String> =
        log.iter().filter_map(|line| of_file(line.as_bytes(), &mut times)).map(|line| line.at.to_rfc3339()).collect();
    assert_eq!(read, ["2026-12-31T23:59:59+00:00", "2027-01-01T00:00:01+00:00", "2027-01-01T00:00:02.500+00:00"]);
}
