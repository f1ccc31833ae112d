//! What names and addresses may look like, said as problems of a form's field. Matched whole, never per line (P03, H09).

use std::collections::BTreeMap;

use crate::language::Message;

/// Names of servers that mean something else in an address.
pub const RESERVED: [&str; 3] = ["all", "new", "options"];
/// The longest name, in bytes.
pub const LONGEST_NAME: usize = 63;
/// Labels of one server.
pub const MOST_LABELS: usize = 64;

/// What is wrong with the name of a server, group or credential.
pub fn name_problem(name: &str) -> Option<Message> {
    slug_problem(
        name,
        "-.",
        "Use lower-case letters, digits, dots and hyphens, at most 63, beginning with a letter or a digit",
    )
}

/// What is wrong with the name of a server.
pub fn server_name_problem(name: &str) -> Option<Message> {
    if RESERVED.contains(&name) {
        return Some(Message::new("{name} has another meaning; choose another name").with("name", name));
    }
    name_problem(name)
}

/// What is wrong with the name of a person.
pub fn user_name_problem(name: &str) -> Option<Message> {
    slug_problem(
        name,
        "-._",
        "Use lower-case letters, digits, dots, hyphens and underscores, at most 63, beginning with a letter or a digit",
    )
}

/// What is wrong with the address of a server: a host name, an IPv4 or an IPv6 address (with a zone).
pub fn address_problem(address: &str) -> Option<Message> {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':');
    let (host, zone) = address.split_once('%').unwrap_or((address, "0"));
    let ip: Option<std::net::IpAddr> = host.parse().ok();
    let good = !host.is_empty()
        && address.len() <= 255
        && host.chars().all(plain)
        && host.starts_with(|c: char| c.is_ascii_alphanumeric() || c == ':')
        && (ip.is_some() || !host.contains(':'))
        && !zone.is_empty()
        && zone.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_'))
        && (!address.contains('%') || matches!(ip, Some(std::net::IpAddr::V6(_))));
    (!good).then(|| Message::new("Write a host name or an IP address, without scheme and port"))
}

/// What is wrong with the user name on a server.
pub fn remote_user_problem(user: &str) -> Option<Message> {
    // Windows domains and realms: `CORP\anna`, `anna@corp.example`; a trailing `$` is a machine account.
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '@' | '\\' | '$' | '+');
    let good = !user.is_empty() && user.len() <= 255 && !user.starts_with('-') && user.chars().all(plain);
    (!good).then(|| Message::new("Write the user name as the server knows it, without spaces"))
}

/// What is wrong with the labels of a server.
pub fn labels_problem(labels: &BTreeMap<String, String>) -> Option<Message> {
    let good = |text: &str, most: usize| text.chars().count() <= most && !text.chars().any(char::is_control);
    let all_good = labels.len() <= MOST_LABELS
        && labels.iter().all(|(key, value)| !key.is_empty() && good(key, 63) && good(value, 255));
    (!all_good).then(|| Message::new("At most 64 labels, keys of at most 63 and values of at most 255 characters"))
}

/// What is wrong with what people wrote about something.
pub fn note_problem(note: &str) -> Option<Message> {
    let good = !note.contains('\0') && note.chars().count() <= 10_000;
    (!good).then(|| Message::new("At most 10,000 characters"))
}

/// `original` in lower-case letters, digits, dots and hyphens; `None` where nothing of it is left.
pub fn slug(original: &str) -> Option<String> {
    let mut name = String::with_capacity(original.len());
    for character in original.trim().chars() {
        match character.to_ascii_lowercase() {
            plain @ ('a'..='z' | '0'..='9' | '.') => name.push(plain),
            _ if name.ends_with('-') => {}
            _ => name.push('-'),
        }
        if name.len() > LONGEST_NAME {
            break;
        }
    }
    let name: String = name.trim_start_matches(['-', '.']).chars().take(LONGEST_NAME).collect();
    let name = name.trim_end_matches(['-', '.']).to_owned();
    name_problem(&name).is_none().then_some(name)
}

fn slug_problem(name: &str, further: &str, problem: &'static str) -> Option<Message> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit();
    let good =
        name.len() <= LONGEST_NAME && name.starts_with(plain) && name.chars().all(|c| plain(c) || further.contains(c));
    (!good).then(|| Message::new(problem))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stays_as_close_to_its_original_as_the_rules_allow() {
        for (original, name) in [
            ("web-1", "web-1"),
            ("Web_Server 01", "web-server-01"),
            ("db.prod.example.com", "db.prod.example.com"),
            ("_gateway_", "gateway"),
            ("2001:db8::1", "2001-db8-1"),
            ("a--b", "a-b"),
            (" db (old) ", "db-old"),
            ("서버 1", "1"),
        ] {
            assert_eq!(slug(original).as_deref(), Some(name), "{original}");
        }
        assert_eq!(slug("---"), None);
        assert_eq!(slug(&"a".repeat(100)).map(|name| name.len()), Some(63));
    }

    #[test]
    fn a_name_is_what_the_database_allows() {
        for good in ["web-1", "a", "0.x", &"a".repeat(63)] {
            assert_eq!(name_problem(good), None, "{good}");
        }
        for bad in ["", "-a", ".a", "A", "a b", "a\n", "a_b", "é", &"a".repeat(64)] {
            assert!(name_problem(bad).is_some(), "{bad}");
        }
        assert!(server_name_problem("all").is_some());
        assert_eq!(user_name_problem("anna_b"), None);
    }

    #[test]
    fn sec_h09_an_address_cannot_be_an_option_or_hold_a_second_line() {
        for good in ["web-1.example.com", "10.0.0.5", "::1", "fe80::1%eth0", "2001:db8::5", "my_host"] {
            assert_eq!(address_problem(good), None, "{good}");
        }
        for bad in [
            "",
            "-oProxyCommand=x",
            "a b",
            "a\nb",
            "a\0",
            "host:22",
            "10.0.0.5%eth0",
            "fe80::1%",
            "https://x",
            "fe80::1%a;b",
        ] {
            assert!(address_problem(bad).is_some(), "{bad:?}");
        }
    }

    #[test]
    fn sec_h09_a_user_name_cannot_be_an_option() {
        for good in ["root", "anna@corp.example", "CORP\\anna", "pc$"] {
            assert_eq!(remote_user_problem(good), None, "{good}");
        }
        for bad in ["", "-l", "a b", "a\nb", "a\0", "a;b"] {
            assert!(remote_user_problem(bad).is_some(), "{bad:?}");
        }
    }
}
