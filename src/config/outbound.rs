//! What hannun may reach by HTTP outside, and how an entry that opens an address of the inside is written (O02).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use ipnet::IpNet;

use crate::secret::SecretText;

/// What hannun asks of others by HTTP, and within which limits.
#[derive(Debug, Clone)]
pub struct OutboundConfig {
    /// Addresses that are reached although they are not public.
    pub allowed: Vec<Allowed>,
    /// Certificates that are believed besides those that everybody believes, as PEM.
    pub ca_file: Option<PathBuf>,
    /// The URL of a service that knows whose addresses are, with `{address}` in it; it may hold a token.
    pub ip_service: Option<SecretText>,
    /// Whether the names of addresses are asked of the system's name servers.
    pub reverse_names: bool,
    /// How long looking a name up may take.
    pub name_timeout: Duration,
    /// How long connecting may take, with the name and TLS.
    pub connect_timeout: Duration,
    /// How long everything may take, with redirects.
    pub total_timeout: Duration,
    /// How long giving a letter to a server of mail may take, with everything that is said before: they like to think.
    pub mail_timeout: Duration,
    /// Bytes of an answer that are read at most.
    pub answer_limit: usize,
}

impl Default for OutboundConfig {
    fn default() -> Self {
        Self {
            allowed: Vec::new(),
            ca_file: None,
            ip_service: None,
            reverse_names: true,
            name_timeout: Duration::from_secs(2),
            connect_timeout: Duration::from_secs(5),
            total_timeout: Duration::from_secs(10),
            mail_timeout: Duration::from_secs(30),
            answer_limit: 64 << 10,
        }
    }
}

/// One network and one port that are reached although they are not public: `10.0.0.0/24:8443`, `[fd00::5]:443`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowed {
    /// Which addresses.
    pub network: IpNet,
    /// Which port of theirs.
    pub port: u16,
}

/// Addresses under which machines of a cloud are told their own secrets, and the networks around them.
const METADATA: &[IpNet] = &[
    IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(169, 254, 0, 0)), 16),
    IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)), 32),
    IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)), 32),
    IpNet::new_assert(IpAddr::V4(Ipv4Addr::new(168, 63, 129, 16)), 32),
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0)), 10),
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)), 128),
    IpNet::new_assert(IpAddr::V6(Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254)), 128),
];

/// Whether `address` is one under which a cloud tells its machines their secrets: those are never reached.
pub fn is_metadata(address: IpAddr) -> bool {
    METADATA.iter().any(|network| network.contains(&address))
}

impl Allowed {
    /// Whether this entry opens `address` and `port`.
    pub fn opens(&self, address: IpAddr, port: u16) -> bool {
        self.port == port && self.network.contains(&address)
    }
}

impl FromStr for Allowed {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (network, port) = text.rsplit_once(':').ok_or(())?;
        let (network, is_bare) = match network.strip_prefix('[') {
            Some(inside) => (inside.strip_suffix(']').ok_or(())?, false),
            None => (network, true),
        };
        let network = if network.contains('/') {
            network.parse::<IpNet>().map_err(drop)?
        } else {
            IpNet::from(network.parse::<IpAddr>().map_err(drop)?)
        };
        let port = port.parse().ok().filter(|port| *port != 0).ok_or(())?;
        // Without brackets nobody can say where an IPv6 address ends.
        let is_unclear = is_bare && matches!(network, IpNet::V6(_));
        // An IPv4 address in IPv6 clothes is compared as IPv4, so such an entry would open nothing.
        let is_mapped = matches!(network, IpNet::V6(six) if six.addr().to_ipv4_mapped().is_some());
        let is_forbidden = METADATA.iter().any(|one| one.contains(&network) || network.contains(one));
        if is_unclear || is_mapped || is_forbidden { Err(()) } else { Ok(Self { network: network.trunc(), port }) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(text: &str) -> Option<Allowed> {
        text.parse().ok()
    }

    fn opens(text: &str, address: &str, port: u16) -> bool {
        entry(text).unwrap().opens(address.parse().unwrap(), port)
    }

    #[test]
    fn sec_o02_an_entry_opens_its_own_addresses_on_its_own_port() {
        assert!(opens("192.168.0.120:443", "192.168.0.120", 443));
        assert!(!opens("192.168.0.120:443", "192.168.0.121", 443) && !opens("192.168.0.120:443", "192.168.0.120", 80));
        assert!(opens("10.1.2.3/8:8443", "10.200.0.1", 8443));
        assert!(opens("[fd00::5]:443", "fd00::5", 443) && !opens("[fd00::5]:443", "fd00::6", 443));
        assert!(opens("[fd12::/16]:443", "fd12:1::6", 443));
    }

    #[test]
    fn sec_o02_what_a_cloud_tells_its_machines_cannot_be_listed() {
        for forbidden in [
            "169.254.169.254:80",
            "169.254.0.0/16:80",
            "169.254.170.2/32:80",
            "0.0.0.0/0:80",
            "100.64.0.0/10:80",
            "168.63.129.16:80",
            "[fd00:ec2::254]:80",
            "[fe80::1]:80",
            "[::/0]:80",
            "[::ffff:169.254.169.254]:80",
            "[::ffff:a00:1]:80",
        ] {
            assert_eq!(entry(forbidden), None, "{forbidden}");
        }
    }

    #[test]
    fn what_is_no_entry_is_refused() {
        for odd in
            ["", "10.0.0.1", "10.0.0.1:0", "10.0.0.1:70000", "fd00::5:443", "[10.0.0.1:80", "10.0.0.0/33:80", "x:80"]
        {
            assert_eq!(entry(odd), None, "{odd}");
        }
    }
}
