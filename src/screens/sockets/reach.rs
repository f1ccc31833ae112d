//! From where a socket can be reached, in words. What a firewall makes of it is another question. Pure.

use core::net::IpAddr;

use crate::commands::sockets::is_loopback;

/// From where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Every address of the server, of either family.
    Every,
    /// Every IPv4 address.
    EveryFour,
    /// Every IPv6 address.
    EverySix,
    /// One address.
    One,
    /// One network link.
    Link,
    /// From the server itself only.
    Loopback,
}

impl Reach {
    /// Of an address, as a server tells it: `*`, `0.0.0.0`, `::`, `127.0.0.53%lo`, `fe80::1%eth0`.
    pub fn of(address: &str) -> Self {
        if is_loopback(address) {
            return Self::Loopback;
        }
        let plain = address.split('%').next().unwrap_or_default();
        match plain.parse::<IpAddr>() {
            Ok(IpAddr::V4(four)) if four.is_unspecified() => Self::EveryFour,
            Ok(IpAddr::V6(six)) if six.is_unspecified() => Self::EverySix,
            Ok(IpAddr::V6(six)) if six.is_unicast_link_local() => Self::Link,
            Ok(IpAddr::V4(four)) if four.is_link_local() => Self::Link,
            Err(_) if plain == "*" => Self::Every,
            _ => Self::One,
        }
    }

    /// The words, in English.
    pub fn words(self) -> &'static str {
        match self {
            Self::Every => "every address",
            Self::EveryFour => "every IPv4 address",
            Self::EverySix => "every IPv6 address",
            Self::One => "this address only",
            Self::Link => "this network link only",
            Self::Loopback => "this server only",
        }
    }

    /// Whether anybody but the server itself can reach it.
    pub fn is_open(self) -> bool {
        self != Self::Loopback
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_who_can_reach_it() {
        for (address, reach) in [
            ("*", Reach::Every),
            ("0.0.0.0", Reach::EveryFour),
            ("::", Reach::EverySix),
            ("127.0.0.53%lo", Reach::Loopback),
            ("::1", Reach::Loopback),
            ("::ffff:127.0.0.1", Reach::Loopback),
            ("fe80::1%eth0", Reach::Link),
            ("10.0.0.1", Reach::One),
            ("2001:db8::1", Reach::One),
            ("<img>", Reach::One),
        ] {
            assert_eq!(Reach::of(address), reach, "{address}");
        }
    }
}
