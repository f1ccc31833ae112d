//! Which addresses are reached (O01, O02).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use super::kind::Kind;
use crate::config::{Allowed, is_metadata};

/// Which addresses are reached: public ones that are not our own, and what an administrator listed.
#[derive(Debug, Clone, Default)]
pub(super) struct Policy {
    allowed: Vec<Allowed>,
}

impl Policy {
    pub(super) fn new(allowed: Vec<Allowed>) -> Self {
        Self { allowed }
    }

    /// What `address` is, where it is not reached: in English, pages translate it.
    pub(super) fn refusal(&self, address: IpAddr, port: u16) -> Option<&'static str> {
        let address = meant(address);
        if is_metadata(address) {
            return Some("an address under which a cloud tells its machines secrets");
        }
        if self.lists(address, port) {
            return None;
        }
        match Kind::of(address) {
            Kind::Public if is_ours(address) => Some("this machine itself"),
            Kind::Public => None,
            Kind::Loopback | Kind::Unspecified => Some("this machine itself"),
            other => Some(other.label()),
        }
    }

    /// Whether an administrator listed it.
    pub(super) fn lists(&self, address: IpAddr, port: u16) -> bool {
        let address = meant(address);
        self.allowed.iter().any(|entry| entry.opens(address, port))
    }
}

/// The address that is reached through `address`: an IPv4 address in IPv6 clothes, or behind NAT64 (RFC 6052), is itself.
fn meant(address: IpAddr) -> IpAddr {
    let IpAddr::V6(six) = address else { return address };
    match six.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, high, low] => {
            let ([a, b], [c, d]) = (high.to_be_bytes(), low.to_be_bytes());
            IpAddr::V4(Ipv4Addr::new(a, b, c, d))
        }
        _ => address.to_canonical(),
    }
}

/// Whether `address` is one of this machine's own: only those can be bound. Where the machine lets anything be bound, an address
/// that nobody has can be bound as well, and then nothing is said.
fn is_ours(address: IpAddr) -> bool {
    let nobodys = match address {
        IpAddr::V4(_) => IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        IpAddr::V6(_) => IpAddr::V6(Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1)),
    };
    let can_bind = |address: IpAddr| UdpSocket::bind((address, 0)).is_ok();
    can_bind(address) && !can_bind(nobodys)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(policy: &Policy, address: &str, port: u16) -> Option<&'static str> {
        policy.refusal(address.parse().unwrap(), port)
    }

    #[test]
    fn sec_o01_only_public_addresses_are_reached() {
        let policy = Policy::default();
        for open in ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"] {
            assert_eq!(refusal(&policy, open, 443), None, "{open}");
        }
        for closed in [
            "127.0.0.1",
            "127.8.8.8",
            "0.0.0.0",
            "0.1.2.3",
            "10.0.0.1",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "169.254.1.1",
            "100.64.0.1",
            "100.100.100.200",
            "192.0.0.192",
            "192.0.2.1",
            "198.18.0.1",
            "198.51.100.1",
            "203.0.113.1",
            "224.0.0.1",
            "239.255.255.250",
            "240.0.0.1",
            "255.255.255.255",
            "168.63.129.16",
            "::",
            "::1",
            "::127.0.0.1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.0",
            "::ffff:169.254.169.254",
            "64:ff9b::7f00:1",
            "64:ff9b::a00:1",
            "64:ff9b::a9fe:a9fe",
            "64:ff9b:1::808:808",
            "2002:7f00:1::",
            "2002:a00:1::1",
            "2001:0:4136:e378:8000:63bf:3fff:fdd2",
            "fe80::1",
            "fec0::1",
            "fc00::1",
            "fd00:ec2::254",
            "ff02::1",
            "2001:db8::1",
            "100::1",
            "5f00::1",
            "3fff::1",
        ] {
            assert!(refusal(&policy, closed, 443).is_some(), "{closed}");
        }
    }

    #[test]
    fn sec_o02_what_is_listed_is_reached_and_nothing_beside_it() {
        let policy = Policy::new(vec!["192.168.0.120:443".parse().unwrap()]);
        assert_eq!(refusal(&policy, "192.168.0.120", 443), None);
        assert_eq!(refusal(&policy, "::ffff:192.168.0.120", 443), None, "it is the same address");
        assert_eq!(refusal(&policy, "192.168.0.121", 443), Some("private network"));
        assert_eq!(refusal(&policy, "192.168.0.120", 80), Some("private network"));
    }
}
