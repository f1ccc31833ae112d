//! The name of a service: letters, digits and a few signs, so that it is one word to every tool, and no pattern or path to any.

use std::fmt;

/// A name that an init system can have given.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ServiceName(String);

/// What systemd allows for the name of a unit.
const LONGEST: usize = 255;

/// What hannun may come through: to stop one of these may shut it out, whoever else can still sign in.
const WAYS_IN: &[&str] = &[
    "ssh",
    "sshd",
    "dropbear",
    "networking",
    "network",
    "net",
    "NetworkManager",
    "systemd-networkd",
    "wicked",
    "connman",
    "dhcpcd",
    "tailscaled",
    "zerotier-one",
    "openvpn",
    "strongswan",
    "wg-quick",
    "netbird",
    "cloudflared",
];

impl ServiceName {
    /// The name that `text` is, if it can be one. Matched as a whole (P03).
    pub fn read(text: &str) -> Option<Self> {
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '-' | '_' | '.' | '\\' | '@' | '+');
        let fits = !text.is_empty() && text.len() <= LONGEST && text.chars().all(is_plain);
        (fits && !matches!(text, "." | "..")).then(|| Self(text.to_owned()))
    }

    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether services of this name are what people, and hannun, come in through: sshd, the network, a tunnel.
    pub fn is_way_in(&self) -> bool {
        let plain = self.0.strip_suffix(".service").or_else(|| self.0.strip_suffix(".socket")).unwrap_or(&self.0);
        let base = plain.split('@').next().unwrap_or(plain);
        WAYS_IN.contains(&base)
    }
}

impl fmt::Display for ServiceName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_p03_a_name_is_matched_as_a_whole() {
        for name in ["ssh.service", "odd@a\\x20b\\x2dc.service", "-.mount", "-x.service", "a:b_c.timer", "hwclock.sh"] {
            assert_eq!(ServiceName::read(name).unwrap().as_str(), name);
        }
        let long = "a".repeat(256);
        for name in ["", "a b", "a\n;id", "a/b", "../x", "..", "ssh*", "a?", "[a]", "$(id)", "é", "a'b", "a\0", &long]
        {
            assert_eq!(ServiceName::read(name), None, "{name:?}");
        }
    }

    #[test]
    fn what_people_come_in_through_is_known_by_name() {
        let is_way_in = |name: &str| ServiceName::read(name).unwrap().is_way_in();
        assert!(
            ["sshd", "ssh.service", "ssh.socket", "sshd@7-x.service", "wg-quick@wg0.service"]
                .into_iter()
                .all(is_way_in)
        );
        assert!(!["nginx.service", "ssh-agent.service", "cron"].into_iter().any(is_way_in));
    }
}
