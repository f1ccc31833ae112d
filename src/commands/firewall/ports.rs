//! Ports and addresses as rules have them. Pure.

use std::fmt;
use std::net::IpAddr;

use ipnet::IpNet;

/// A port, or all from one to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ports {
    /// The first.
    pub first: u16,
    /// The last; the same for one port.
    pub last: u16,
}

impl Ports {
    /// `22`, `8000:8010`, `8000-8010`.
    pub fn read(text: &str) -> Option<Self> {
        let (first, last) = text.split_once([':', '-']).unwrap_or((text, text));
        let number = |word: &str| {
            let plain = !word.is_empty() && word.len() <= 5 && word.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| word.parse::<u16>().ok())?
        };
        let ports = Self { first: number(first)?, last: number(last)? };
        (ports.first <= ports.last).then_some(ports)
    }

    /// A list that commas divide.
    pub fn read_list(text: &str) -> Option<Vec<Self>> {
        text.split(',').map(|part| Self::read(part.trim())).collect()
    }

    /// Whether a port is among them.
    pub fn include(self, port: u16) -> bool {
        (self.first..=self.last).contains(&port)
    }
}

impl fmt::Display for Ports {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            write!(out, "{}", self.first)
        } else {
            write!(out, "{}:{}", self.first, self.last)
        }
    }
}

/// Addresses that a rule names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// A network, or one address.
    Network(IpNet),
    /// All from one address to another.
    Range(IpAddr, IpAddr),
}

impl Source {
    /// `10.0.0.0/8`, `192.0.2.7`, `2001:db8::/32`, `192.0.2.1-192.0.2.9`.
    pub fn read(text: &str) -> Option<Self> {
        if let Some((first, last)) = text.split_once('-') {
            let (first, last): (IpAddr, IpAddr) = (first.parse().ok()?, last.parse().ok()?);
            return (first.is_ipv4() == last.is_ipv4() && first <= last).then_some(Self::Range(first, last));
        }
        if let Ok(address) = text.parse::<IpAddr>() {
            return Some(Self::Network(IpNet::from(address)));
        }
        if let Ok(network) = text.parse::<IpNet>() {
            return Some(Self::Network(network.trunc()));
        }
        // `10.0.0.0/255.0.0.0`, as older tools say it.
        let (address, mask) = text.split_once('/')?;
        IpNet::with_netmask(address.parse().ok()?, mask.parse().ok()?)
            .ok()
            .map(|network| Self::Network(network.trunc()))
    }

    /// Whether an address is among them.
    pub fn includes(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        match self {
            Self::Network(network) => network.contains(&address),
            Self::Range(first, last) => first.is_ipv4() == address.is_ipv4() && (*first..=*last).contains(&address),
        }
    }

    /// Whether it is every address of its family.
    pub fn is_everything(&self) -> bool {
        matches!(self, Self::Network(network) if network.prefix_len() == 0)
    }
}

impl fmt::Display for Source {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Network(network) if network.prefix_len() == network.max_prefix_len() => network.addr().fmt(out),
            Self::Network(network) => network.fmt(out),
            Self::Range(first, last) => write!(out, "{first}-{last}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_is_a_number_that_fits() {
        assert_eq!(Ports::read("8000:8010"), Some(Ports { first: 8000, last: 8010 }));
        assert_eq!(Ports::read_list("80,443").unwrap().len(), 2);
        for text in ["", "70000", "-1", "1-", "9:8", "0x16", "+22", "22,", " 22"] {
            assert_eq!(Ports::read(text), None, "{text}");
        }
    }

    #[test]
    fn addresses_are_read_in_every_notation_of_the_tools() {
        let one: IpAddr = "192.0.2.7".parse().unwrap();
        for text in ["192.0.2.7", "192.0.2.0/24", "192.0.2.0/255.255.255.0", "192.0.2.1-192.0.2.9", "0.0.0.0/0"] {
            assert!(Source::read(text).unwrap().includes(one), "{text}");
        }
        assert!(Source::read("192.0.2.9-192.0.2.1").is_none() && Source::read("example.com").is_none());
        assert!(Source::read("::ffff:0:0/96").is_some_and(|range| !range.includes(one)), "families stay apart");
    }
}
