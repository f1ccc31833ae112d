//! What kind of address one is, by the registries of special addresses (RFC 6890 and what followed it). Pure: `outbound` refuses
//! by it, and pages tell it.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// What an address is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Anybody on the internet may have it.
    Public,
    /// A network of one's own.
    Private,
    /// The server itself.
    Loopback,
    /// The next cable.
    LinkLocal,
    /// Many customers of one provider share it.
    SharedByProvider,
    /// Written in manuals, and nowhere else.
    Documentation,
    /// Tests of networks.
    Benchmarking,
    /// Many receivers at once.
    Multicast,
    /// No address at all.
    Unspecified,
    /// Kept for later, or for one protocol.
    Reserved,
}

impl Kind {
    /// The kind of `address`.
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => of_v4(address),
            IpAddr::V6(address) => of_v6(address),
        }
    }

    /// In English; pages translate it.
    pub fn label(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Private => "private network",
            Self::Loopback => "the server itself",
            Self::LinkLocal => "the next cable",
            Self::SharedByProvider => "shared by a provider (CGNAT)",
            Self::Documentation => "for documentation",
            Self::Benchmarking => "for benchmarks",
            Self::Multicast => "multicast",
            Self::Unspecified => "no address",
            Self::Reserved => "reserved",
        }
    }

    /// Whether anybody outside could know something of it: no other is ever asked about elsewhere (O08).
    pub fn is_public(self) -> bool {
        self == Self::Public
    }
}

fn of_v4(address: Ipv4Addr) -> Kind {
    let [a, b, c, _] = address.octets();
    match (a, b, c) {
        _ if address.is_unspecified() => Kind::Unspecified,
        (0 | 240..=255, ..) | (192, 0, 0) | (192, 88, 99) => Kind::Reserved,
        (10, ..) | (172, 16..=31, _) | (192, 168, _) => Kind::Private,
        (100, 64..=127, _) => Kind::SharedByProvider,
        (127, ..) => Kind::Loopback,
        (169, 254, _) => Kind::LinkLocal,
        (192, 0, 2) | (198, 51, 100) | (203, 0, 113) => Kind::Documentation,
        (198, 18..=19, _) => Kind::Benchmarking,
        (224..=239, ..) => Kind::Multicast,
        _ => Kind::Public,
    }
}

fn of_v6(address: Ipv6Addr) -> Kind {
    let [a, b, c, ..] = address.segments();
    match (a, b, c) {
        _ if address.is_unspecified() => Kind::Unspecified,
        _ if address.is_loopback() => Kind::Loopback,
        (0xff00..=0xffff, ..) => Kind::Multicast,
        (0xfe80..=0xfebf, ..) => Kind::LinkLocal,
        (0xfc00..=0xfdff, ..) => Kind::Private,
        (0x2001, 0xdb8, _) | (0x3fff, 0..=0x0fff, _) => Kind::Documentation,
        (0x2001, 2, 0) => Kind::Benchmarking,
        // What carries an IPv4 address inside, or is for one protocol.
        (0x2001, 0..=0x1ff, _) | (0x2002, ..) => Kind::Reserved,
        (0x2000..=0x3fff, ..) => Kind::Public,
        _ => Kind::Reserved,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_addresses_are_known_at_their_edges() {
        for (address, kind) in [
            ("8.8.8.8", Kind::Public),
            ("9.255.255.255", Kind::Public),
            ("10.0.0.0", Kind::Private),
            ("172.15.255.255", Kind::Public),
            ("172.16.0.1", Kind::Private),
            ("172.31.255.255", Kind::Private),
            ("172.32.0.0", Kind::Public),
            ("192.168.0.1", Kind::Private),
            ("100.63.255.255", Kind::Public),
            ("100.64.0.0", Kind::SharedByProvider),
            ("100.127.255.255", Kind::SharedByProvider),
            ("100.128.0.0", Kind::Public),
            ("127.255.0.1", Kind::Loopback),
            ("169.254.169.254", Kind::LinkLocal),
            ("192.0.2.1", Kind::Documentation),
            ("203.0.113.9", Kind::Documentation),
            ("198.19.255.255", Kind::Benchmarking),
            ("224.0.0.1", Kind::Multicast),
            ("255.255.255.255", Kind::Reserved),
            ("0.0.0.0", Kind::Unspecified),
            ("::ffff:10.1.2.3", Kind::Private),
            ("::1", Kind::Loopback),
            ("::", Kind::Unspecified),
            ("fe80::1", Kind::LinkLocal),
            ("fd00::1", Kind::Private),
            ("2001:db8::1", Kind::Documentation),
            ("2606:4700::1111", Kind::Public),
            ("2002:a00:1::1", Kind::Reserved),
            ("64:ff9b::a00:1", Kind::Reserved),
            ("ff02::1", Kind::Multicast),
        ] {
            assert_eq!(Kind::of(address.parse().unwrap()), kind, "{address}");
        }
    }
}
