//! Texts that want to take for ever, or to break the reader (F11, X03).

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use hannun::inventory::import::known_hosts::KnownHosts;
use hannun::inventory::import::{Entry, Files, Found, NoFiles, Owner, Source, ansible, ssh_config};
use hannun::language::Message;
use proptest::prelude::*;

/// Far more than any of these needs; without its bound each would take minutes, or for ever.
const LONG: Duration = Duration::from_mins(1);

fn of_ssh(text: &str) -> Found {
    let known = KnownHosts::read(Source { name: "known_hosts", text });
    ssh_config::read(Source { name: "config", text }, &NoFiles, &Owner::default(), Some(&known))
}

fn of_ansible(name: &str, text: &str) -> Found {
    let known = KnownHosts::read(Source { name: "known_hosts", text });
    ansible::read(Source { name, text }, &NoFiles, &Owner::default(), Some(&known))
}

fn soon<T>(what: &str, work: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let done = work();
    assert!(begun.elapsed() < LONG, "{what} took {:?}", begun.elapsed());
    done
}

#[test]
fn sec_f11_a_line_of_ten_mebibytes_is_refused_at_once() {
    let line = "a".repeat(10 << 20);
    for found in [of_ssh(&line), of_ansible("hosts", &line), of_ansible("hosts.yml", &line)] {
        assert!(found.servers.is_empty());
        assert!(found.skipped[0].why.to_string().contains("1024 KiB"), "{}", found.skipped[0].why);
    }
}

#[test]
fn sec_f11_a_text_of_patterns_only_ends() {
    let hosts = |line: fn(usize) -> String| (0..50_000).map(line).collect::<String>();
    soon("a host a line", || of_ssh(&hosts(|n| format!("Host h{n}\n"))));
    let found = soon("a host and a pattern a line", || of_ssh(&hosts(|n| format!("Host h{n} *{n}\n"))));
    assert!(found.skipped.iter().any(|skipped| skipped.why.to_string().contains("too many patterns")));
    soon("stars", || of_ssh(&format!("Host {}b {}\n", "a*".repeat(200_000), "a".repeat(200_000))));
    soon("many names on one line", || {
        of_ssh(&format!(
            "Host{}\n",
            (0..90_000).fold(String::new(), |mut text, n| {
                write!(text, " h{n}").unwrap();
                text
            })
        ))
    });
    soon("jumps", || {
        of_ssh(&hosts(|n| format!("Host h{n}\nProxyJump h{}\n", n + 1)).chars().take(900_000).collect::<String>())
    });
}

#[test]
fn sec_f11_a_fleet_of_groups_ends() {
    let chain: String = (0..10_000).fold(String::new(), |mut text, n| {
        writeln!(text, "[g{n}:children]\ng{}", n + 1).unwrap();
        text
    });
    let found = soon("nested groups", || of_ansible("hosts", &format!("{chain}[g10000]\nweb\n")));
    assert!(found.skipped.iter().any(|skipped| skipped.why.to_string().contains("groups")));
    let all: String = (0..1_900).fold(String::new(), |mut text, n| {
        writeln!(text, "[g{n}]\nh[0:4900]\n[g{n}:children]\ng{}", (n * 7) % 1_900).unwrap();
        text
    });
    soon("every host in every group", || of_ansible("hosts", &all));
    let found = soon("a range", || of_ansible("hosts", "web[0:999999999]\nok\n"));
    assert_eq!((found.servers.len(), found.skipped[0].what.as_str()), (1, "web[0:999999999]"));
    let deep = (1..1_400).fold(
        "a:
"
        .to_owned(),
        |mut text, n| {
            writeln!(text, "{}children:", " ".repeat(n)).unwrap();
            text
        },
    );
    soon("nested YAML", || of_ansible("hosts.yml", &deep));
}

/// What is kept of what was found, in bytes.
fn size(found: &Found) -> usize {
    format!("{found:?}").len()
}

#[test]
fn sec_f11_one_long_word_is_not_kept_for_thousands_of_servers() {
    let long = "a".repeat(900_000);
    let hosts = (0..5_000).map(|n| format!("Host h{n}\n")).collect::<Vec<_>>().concat();
    let group = |n| format!("[g{n}{}]\nh[0:4999]\n", "a".repeat(10_000));
    let groups = (0..90).map(group).collect::<Vec<_>>().concat();
    for (what, found) in [
        ("a long name", of_ansible("hosts", &format!("{long}[0:4999]\n"))),
        ("leading zeros", of_ansible("hosts", &format!("h[{}1:{}9]\n", "0".repeat(400_000), "0".repeat(400_000)))),
        ("a variable of a host", of_ansible("hosts", &format!("h[0:4999] ansible_user={long}\n"))),
        ("a variable of a group", of_ansible("hosts", &format!("h[0:4999]\n[all:vars]\nansible_host={long}\n"))),
        (
            "a name within a name",
            of_ansible("hosts", &format!("h[0:4999] ansible_host={}\n", "{{inventory_hostname}}".repeat(180))),
        ),
        ("names of groups", of_ansible("hosts", &groups)),
        (
            "a variable in YAML",
            of_ansible("hosts.yml", &format!("all:\n  hosts:\n    h[0:4999]: {{ansible_user: {long}}}\n")),
        ),
        ("a user", of_ssh(&format!("{hosts}Host *\nUser {long}\n"))),
        ("an address of tokens", of_ssh(&format!("{hosts}Host *\nHostName {}\n", "%h".repeat(400_000)))),
        ("a key file of tokens", of_ssh(&format!("{hosts}Host *\nIdentityFile {}\n", "%h".repeat(2_000)))),
        ("a way", of_ssh(&format!("{hosts}Host *\nProxyJump {}j\n", "j,".repeat(400_000)))),
    ] {
        assert!(size(&found) < 64 << 20, "{what}: {} bytes", size(&found));
    }
}

#[test]
fn sec_f11_a_name_that_comes_again_and_again_is_not_read_for_ever() {
    let found = soon("ranges", || of_ansible("hosts", &"h[0:4999]\n".repeat(100_000)));
    assert_eq!(found.servers.len(), 5_000);
    let said = found.skipped.iter().filter(|skipped| skipped.why.to_string().contains("more than 500000 names"));
    assert_eq!(said.count(), 1);
    let found = soon("lines that say nothing", || of_ansible("hosts", &"a b\n".repeat(250_000)));
    assert_eq!(found.skipped.len(), 1_001);
}

#[test]
fn sec_f11_hashed_names_are_tried_within_a_budget() {
    let key = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";
    let line = format!("|1|aJ1DvVmPJRjoeK2xMwAtcAjvMBc=|2hOnGZ6Wr2xQWsdA8eJg8uVJpZE= {key}\n");
    let text = line.repeat(7_000);
    let known = KnownHosts::read(Source { name: "known_hosts", text: &text });
    let source = Source { name: "hosts", text: "h[1:2000]" };
    let found = soon("hashed names", || ansible::read(source, &NoFiles, &Owner::default(), Some(&known)));
    assert!(found.skipped.iter().any(|skipped| skipped.why.to_string().contains("too many hashed names")));
}

/// A file that includes itself, and folders without end.
struct Endless;

impl Files for Endless {
    fn read(&self, _: &str) -> Result<Option<String>, Message> {
        Ok(Some("Include */x\nInclude self\nHost a\n".to_owned()))
    }

    fn list(&self, _: &str) -> Result<Vec<Entry>, Message> {
        Ok((0..300).map(|n| Entry { name: format!("f{n}"), is_folder: n % 2 == 0 }).collect())
    }
}

#[test]
fn sec_f11_files_that_include_themselves_end() {
    let source = Source { name: "config", text: "Include x\n" };
    let found = soon("includes", || ssh_config::read(source, &Endless, &Owner::default(), None));
    assert!(!found.skipped.is_empty());
    soon("folders", || ansible::read_folder(&Endless, &Owner::default(), None));
}

proptest! {
    #[test]
    fn sec_x03_no_text_breaks_a_reader(text in "(?s).{0,400}") {
        of_ssh(&text);
        of_ansible("hosts", &text);
        of_ansible("hosts.yml", &text);
    }

    #[test]
    fn sec_x03_no_text_that_looks_like_one_breaks_a_reader(
        words in prop::collection::vec(
            prop::sample::select(vec![
                "Host", "Match", "host", "user", "all", "!", "Include", "ProxyJump", "ProxyCommand", "ssh", "-W", "%h:%p",
                "none", "HostName", "Port", "22", "=", "\"", "'", "#", "\n", "\n  ", "  ", "*", "?", ",", "@", "[", "]",
                ":", "web", "[web]", "[web:children]", "[a:vars]", "ansible_host=", "ansible_ssh_common_args=", "-J", "-o",
                "{{ x }}", "all:", "hosts:", "children:", "vars:", "!vault |", "$ANSIBLE_VAULT", "[1:3]", "|1|", "\\",
                "@revoked", "서버", "\u{0}", "\r\n", "\t", "192.0.2.1", "2001:db8::1",
            ]),
            0..60,
        ),
        glue in prop::sample::select(vec!["", " "]),
    ) {
        let text = words.join(glue);
        for server in of_ssh(&text).servers.iter().chain(&of_ansible("hosts", &text).servers) {
            prop_assert_eq!(hannun::models::names::server_name_problem(&server.name), None);
            prop_assert_eq!(hannun::models::names::address_problem(&server.address), None);
        }
        of_ansible("hosts.yml", &text);
    }
}
