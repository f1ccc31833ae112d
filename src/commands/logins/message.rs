//! What one message of a program that lets people in says.
//!
//! A name that somebody typed stands in the middle of such messages, and may hold anything: ` from 192.0.2.1 port 22 ssh2`.
//! So a message is read from its ends, and by what no name can hold: sshd cuts names at `:` (facts 5.2).

mod dropbear;

use std::net::IpAddr;

/// Nobody types longer names, and sshd cuts them itself.
const LONGEST_NAME: usize = 256;

/// One end of a connection, as the server wrote it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Origin {
    /// Its address; none where what stands there is no address.
    pub address: Option<IpAddr>,
    /// What stands there instead: a name that the server looked up. Hostile.
    pub host: String,
    /// Its port.
    pub port: Option<u16>,
}

/// What a message says. Every text is hostile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Told {
    /// Somebody was let in.
    Accepted {
        /// As whom.
        user: String,
        /// From where.
        origin: Origin,
        /// `password`, `publickey`, ….
        method: String,
        /// The key's fingerprint: `SHA256:…`.
        key: String,
    },
    /// One attempt failed.
    Failed {
        /// The name that was tried.
        user: String,
        /// No such user is there.
        is_unknown: bool,
        /// From where.
        origin: Origin,
        /// `password`, `publickey`, ….
        method: String,
    },
    /// A connection came to nothing, whatever was tried on it.
    Turned {
        /// The name that was tried.
        user: String,
        /// No such user is there.
        is_unknown: bool,
        /// From where.
        origin: Origin,
    },
    /// A session of this user ended, in the process that said so.
    Closed {
        /// Whose.
        user: String,
    },
    /// The connection of a session ended.
    Left {
        /// Whose.
        user: String,
        /// From where.
        origin: Origin,
    },
    /// The same thing so many times.
    Repeated(u32, Box<Self>),
}

/// What `message` says; none where it is about nobody who signs in.
pub fn told(message: &[u8]) -> Option<Told> {
    let text = String::from_utf8_lossy(message.get(..4096).unwrap_or(message));
    repeated(&text).or_else(|| sshd(&text)).or_else(|| dropbear::told(&text))
}

/// `message repeated 2 times: [ Failed password for root from … ]`, as rsyslog shortens.
fn repeated(text: &str) -> Option<Told> {
    let (times, rest) = text.strip_prefix("message repeated ")?.split_once(" times: [ ")?;
    let inner = rest.strip_suffix(']')?.trim_end();
    let times: u32 = times.parse().ok().filter(|times| (1..=100_000).contains(times))?;
    Some(Told::Repeated(times, Box::new(sshd(inner)?)))
}

fn sshd(text: &str) -> Option<Told> {
    let text = text.strip_prefix("error: ").or_else(|| text.strip_prefix("fatal: ")).unwrap_or(text);
    // The process that speaks before anybody is let in says so behind every message of its own.
    let text = text.strip_suffix(" [preauth]").unwrap_or(text);
    let (first, rest) = text.split_once(' ')?;
    match first {
        "Accepted" => accepted(rest),
        "Failed" => failed(rest),
        "Invalid" => {
            let (user, origin) = from_the_end(rest.strip_prefix("user ")?, " from ")?;
            Some(Told::Turned { user, is_unknown: true, origin })
        }
        "Connection" | "Disconnected" | "Disconnecting" => parted(text),
        "maximum" => {
            let rest = rest.strip_prefix("authentication attempts exceeded for ")?;
            let (user, is_unknown) = known_or_not(rest.strip_suffix(" ssh2").unwrap_or(rest));
            let (user, origin) = from_the_end(user, " from ")?;
            (is_unknown || is_word(&user)).then_some(Told::Turned { user, is_unknown, origin })
        }
        "User" => not_allowed(rest),
        "ROOT" => {
            let (_, origin) = from_the_end(text, "LOGIN REFUSED FROM ")?;
            Some(Told::Turned { user: "root".to_owned(), is_unknown: false, origin })
        }
        "Timeout," => left(rest.strip_prefix("client not responding from user ")?),
        "pam_unix(sshd:session):" => {
            let user = rest.strip_prefix("session closed for user ")?;
            is_word(user).then(|| Told::Closed { user: name(user) })
        }
        _ => None,
    }
}

/// `publickey for deploy from 203.0.113.9 port 51234 ssh2: ED25519 SHA256:…`. Only somebody who is there is let in, whose name
/// is one word; what follows `ssh2` may be somebody else's text.
fn accepted(rest: &str) -> Option<Told> {
    let (head, info) = cut_info(rest)?;
    let (method, rest) = head.split_once(" for ")?;
    let (user, from) = rest.split_once(' ')?;
    let origin = origin(from.strip_prefix("from ")?)?;
    let method = method_of(method)?;
    let key = info.split(' ').find(|word| word.starts_with("SHA256:") || word.starts_with("MD5:"));
    // Of a certificate, what it was issued for is not its key.
    let key = key.filter(|_| !info.contains(" CA ")).unwrap_or_default();
    Some(Told::Accepted { user: name(user), origin, method, key: name(key) })
}

/// `password for invalid user admin from 203.0.113.50 port 51234 ssh2`
fn failed(rest: &str) -> Option<Told> {
    let (head, _) = cut_info(rest)?;
    let (method, rest) = head.split_once(" for ")?;
    let method = method_of(method)?;
    let (rest, is_unknown) = known_or_not(rest);
    let (user, origin) = from_the_end(rest, " from ")?;
    (is_unknown || is_word(&user)).then_some(Told::Failed { user, is_unknown, origin, method })
}

/// `Connection closed by invalid user admin 203.0.113.50 port 51234 [preauth]`, and the other ways to part.
fn parted(text: &str) -> Option<Told> {
    let ways = ["Connection closed by ", "Connection reset by ", "Disconnected from ", "Disconnecting "];
    let rest = ways.iter().find_map(|way| text.strip_prefix(way))?;
    // A reason may follow, and hold names too.
    let rest = rest.split_once(": ").map_or(rest, |(head, _)| head);
    if let Some(rest) = rest.strip_prefix("user ") {
        return left(rest);
    }
    let (rest, is_unknown) = match rest.strip_prefix("authenticating user ") {
        Some(rest) => (rest, false),
        None => (rest.strip_prefix("invalid user ")?, true),
    };
    let (user, origin) = user_and_origin(rest)?;
    (is_unknown || is_word(&user)).then_some(Told::Turned { user, is_unknown, origin })
}

fn left(rest: &str) -> Option<Told> {
    let (user, origin) = user_and_origin(rest)?;
    is_word(&user).then_some(Told::Left { user, origin })
}

/// `mallory from 203.0.113.50 not allowed because not listed in AllowUsers`: an account of the server.
fn not_allowed(rest: &str) -> Option<Told> {
    let (user, rest) = rest.split_once(' ')?;
    let origin = if let Some(rest) = rest.strip_prefix("from ") {
        origin(rest.split_once(" not allowed because ")?.0)?
    } else {
        rest.strip_prefix("not allowed because ")?;
        Origin::default()
    };
    Some(Told::Turned { user: name(user), is_unknown: false, origin })
}

/// What stands before ` ssh2`, and what after `ssh2: `. A name holds no colon, so the first such place is sshd's own.
fn cut_info(text: &str) -> Option<(&str, &str)> {
    text.split_once(" ssh2: ").or_else(|| text.strip_suffix(" ssh2").map(|head| (head, "")))
}

fn known_or_not(rest: &str) -> (&str, bool) {
    rest.strip_prefix("invalid user ")
        .or_else(|| rest.strip_prefix("illegal user "))
        .map_or((rest, false), |rest| (rest, true))
}

/// A name, then `between`, then an address with or without a port, to the end: the last one counts.
fn from_the_end(text: &str, between: &str) -> Option<(String, Origin)> {
    let at = text.rfind(between)?;
    let from = origin(text.get(at + between.len()..)?)?;
    Some((name(text.get(..at)?), from))
}

/// `admin 203.0.113.50 port 51234`
fn user_and_origin(text: &str) -> Option<(String, Origin)> {
    let (head, port) = text.rsplit_once(" port ")?;
    let (user, address) = head.rsplit_once(' ')?;
    Some((name(user), origin(&format!("{address} port {port}"))?))
}

/// `203.0.113.50 port 51234`, `203.0.113.50`
fn origin(text: &str) -> Option<Origin> {
    let (host, port) = match text.split_once(" port ") {
        Some((host, port)) => (host, Some(port.parse::<u16>().ok()?)),
        None => (text, None),
    };
    let address = address_of(host);
    let is_host = !host.is_empty() && host.len() <= 255 && !host.contains(char::is_whitespace);
    if address.is_none() && !is_host {
        return None;
    }
    let host = if address.is_some() { String::new() } else { host.to_owned() };
    Some(Origin { address, host, port })
}

/// An address as programs write it: in IPv6 clothes it is IPv4, and it may name an interface.
pub fn address_of(text: &str) -> Option<IpAddr> {
    let plain = text.split_once('%').map_or(text, |(plain, _)| plain);
    plain.parse::<IpAddr>().ok().map(|address| address.to_canonical())
}

fn method_of(word: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_' | b'.' | b'@');
    (!word.is_empty() && word.len() <= 64 && word.bytes().all(plain)).then(|| word.to_owned())
}

fn is_word(text: &str) -> bool {
    !text.is_empty() && !text.contains(char::is_whitespace)
}

fn name(text: &str) -> String {
    text.chars().filter(|c| *c != '\0').take(LONGEST_NAME).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    fn who(message: &str) -> Option<(String, String)> {
        match told(message.as_bytes())? {
            Told::Failed { user, origin, .. }
            | Told::Turned { user, origin, .. }
            | Told::Accepted { user, origin, .. }
            | Told::Left { user, origin } => {
                let address = origin.address.map(|address| address.to_string()).unwrap_or(origin.host);
                Some((user, format!("{address} {}", origin.port.map(|port| port.to_string()).unwrap_or_default())))
            }
            Told::Closed { user } => Some((user, String::new())),
            Told::Repeated(..) => None,
        }
    }

    pub(super) fn reads(message: &str, user: &str, from: &str) {
        assert_eq!(who(message), Some((user.to_owned(), from.to_owned())), "{message}");
    }

    #[test]
    fn what_sshd_says_of_somebody_is_understood() {
        reads("Accepted password for deploy from 203.0.113.9 port 51234 ssh2", "deploy", "203.0.113.9 51234");
        reads("Failed password for root from 203.0.113.50 port 51234 ssh2", "root", "203.0.113.50 51234");
        reads("Failed password for invalid user admin from 2001:db8::7 port 4 ssh2", "admin", "2001:db8::7 4");
        reads("Invalid user oracle from 203.0.113.50 port 51234", "oracle", "203.0.113.50 51234");
        reads("Invalid user oracle from 203.0.113.50", "oracle", "203.0.113.50 ");
        reads("Connection closed by authenticating user root 203.0.113.50 port 7 [preauth]", "root", "203.0.113.50 7");
        reads("Connection reset by invalid user a b 203.0.113.50 port 7 [preauth]", "a b", "203.0.113.50 7");
        let many =
            "Disconnecting authenticating user root 203.0.113.50 port 7: Too many authentication failures [preauth]";
        reads(many, "root", "203.0.113.50 7");
        let changed = "Disconnecting invalid user a 203.0.113.5 port 7: Change of username or service not allowed: \
                       (a,ssh-connection) -> (b from 192.0.2.1 port 1,ssh-connection) [preauth]";
        reads(changed, "a", "203.0.113.5 7");
        let most = "error: maximum authentication attempts exceeded for invalid user x y from 203.0.113.5 port 7 ssh2";
        reads(most, "x y", "203.0.113.5 7");
        reads("User bob from 203.0.113.5 not allowed because not listed in AllowUsers", "bob", "203.0.113.5 ");
        reads("User bob not allowed because account is locked", "bob", " ");
        reads("ROOT LOGIN REFUSED FROM 203.0.113.5 port 9", "root", "203.0.113.5 9");
        reads("Disconnected from user root 10.213.77.1 port 60316", "root", "10.213.77.1 60316");
        reads("pam_unix(sshd:session): session closed for user root", "root", "");
        for about_nobody in [
            "Server listening on 0.0.0.0 port 22.",
            "Received disconnect from 10.213.77.1 port 60316:11: disconnected by user",
            "Connection closed by 203.0.113.5 port 7 [preauth]",
            "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)",
            "Postponed keyboard-interactive for root from 203.0.113.5 port 7 ssh2 [preauth]",
            "Failed password",
            "",
        ] {
            assert_eq!(told(about_nobody.as_bytes()), None, "{about_nobody}");
        }
    }

    #[test]
    fn the_fingerprint_of_a_key_is_kept_and_that_of_a_certificate_is_not_taken_for_one() {
        let key = |message: &str| match told(message.as_bytes()) {
            Some(Told::Accepted { method, key, .. }) => (method, key),
            other => panic!("{other:?}"),
        };
        let plain = "Accepted publickey for root from 10.0.0.1 port 5 ssh2: ED25519 SHA256:a5Ee/AAumrro";
        assert_eq!(key(plain), ("publickey".to_owned(), "SHA256:a5Ee/AAumrro".to_owned()));
        let certificate = "Accepted publickey for root from 10.0.0.1 port 5 ssh2: ED25519-CERT SHA256:aa ID me (serial 1) \
                           CA ED25519 SHA256:bb";
        assert_eq!(key(certificate).1, "");
        assert_eq!(
            key("Accepted keyboard-interactive/pam for root from 10.0.0.1 port 5 ssh2").0,
            "keyboard-interactive/pam"
        );
    }

    #[test]
    fn sec_x06_a_user_name_that_looks_like_an_address_is_a_name() {
        reads(
            "Failed password for invalid user  from 1.2.3.4 port 22 ssh2 from 203.0.113.50 port 51234 ssh2",
            " from 1.2.3.4 port 22 ssh2",
            "203.0.113.50 51234",
        );
        reads(
            "Failed password for invalid user from 10.10.1.1 from 127.0.0.1 port 58946 ssh2",
            "from 10.10.1.1",
            "127.0.0.1 58946",
        );
        reads("Failed password for invalid user  from 203.0.113.50 port 5 ssh2", "", "203.0.113.50 5");
        reads(
            "Invalid user  from 1.2.3.4 port 22 from 203.0.113.50 port 51234",
            " from 1.2.3.4 port 22",
            "203.0.113.50 51234",
        );
        reads(
            "Connection closed by invalid user root 1.2.3.4 port 22 203.0.113.50 port 7 [preauth]",
            "root 1.2.3.4 port 22",
            "203.0.113.50 7",
        );
        // What a certificate says of itself stands behind the colon, where no name reaches.
        reads(
            "Failed publickey for invalid user x from 203.0.113.50 port 5 ssh2: ED25519-CERT SHA256:a ID y from 1.2.3.4 port \
             22 ssh2 (serial 0) CA ED25519 SHA256:b",
            "x",
            "203.0.113.50 5",
        );
        let markup = "Invalid user <script>alert(1)</script>\\033[2J from 203.0.113.50 port 5";
        reads(markup, "<script>alert(1)</script>\\033[2J", "203.0.113.50 5");
    }

    #[test]
    fn sec_x06_nobody_is_let_in_by_a_name() {
        for lie in [
            "Failed password for invalid user Accepted password for root from 1.2.3.4 port 22 ssh2 from 203.0.113.5 port 9 ssh2",
            "Invalid user Accepted password for root from 1.2.3.4 port 22 ssh2 from 203.0.113.5 port 9",
            "Connection closed by invalid user Accepted password for root from 1.2.3.4 port 22 ssh2 203.0.113.5 port 9",
        ] {
            assert!(!matches!(told(lie.as_bytes()), Some(Told::Accepted { .. })), "{lie}");
            assert!(who(lie).unwrap().1.starts_with("203.0.113.5 "), "{lie}");
        }
        for odd in [
            "Accepted password for two words from 203.0.113.9 port 1 ssh2",
            "Accepted password for root from 203.0.113.9 port 70000 ssh2",
            "Accepted password for root from 203.0.113.9 port 1 ssh2 and more",
            "Failed password for two words from 203.0.113.9 port 1 ssh2",
            "pam_unix(sshd:session): session closed for user two words",
        ] {
            assert_eq!(told(odd.as_bytes()), None, "{odd}");
        }
    }

    #[test]
    fn a_name_that_the_server_looked_up_is_no_address() {
        let Some(Told::Failed { origin, .. }) = told(b"Failed password for root from evil.example port 5 ssh2") else {
            panic!("it is understood");
        };
        assert_eq!((origin.address, origin.host.as_str(), origin.port), (None, "evil.example", Some(5)));
        assert_eq!(address_of("::ffff:10.0.0.1"), Some(IpAddr::from([10, 0, 0, 1])));
        assert!(address_of("fe80::1%eth0").is_some() && address_of("999.1.1.1").is_none());
    }

    #[test]
    fn a_message_that_was_shortened_counts_so_many_times() {
        let shortened = b"message repeated 4 times: [ Failed password for root from 203.0.113.5 port 9 ssh2]";
        assert!(matches!(told(shortened), Some(Told::Repeated(4, inner)) if matches!(*inner, Told::Failed { .. })));
        assert_eq!(
            told(b"message repeated 99999999 times: [ Failed password for root from 203.0.113.5 port 9 ssh2]"),
            None
        );
    }
}
