//! `/proc/net/{tcp,tcp6,udp,udp6}`: what listens, without any tool. It tells users, but no processes.
//!
//! `0: 0100007F:0016 00000000:0000 0A … uid timeout inode`: addresses are little-endian words, ports are not (facts 5.5).

use core::net::{Ipv4Addr, Ipv6Addr};

use super::{Gathering, Protocol, Socket, SocketList};
use crate::commands::text::{self, integer32};
use crate::commands::{ParseError, users};

const PARTS: &[&str] = &["tcp", "udp", "users"];

pub(super) fn parse(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering::default();
    for (part, number, line) in text::sections(output, PARTS) {
        let protocol = match part {
            "tcp" => Protocol::Tcp,
            "udp" => Protocol::Udp,
            "users" => {
                gathering.names.extend(users::account(line));
                continue;
            }
            _ => return Err(ParseError::at(number, "no part of the answer was expected here", line)),
        };
        if text::words(line).next() == Some(b"sl") {
            continue;
        }
        match entry(line, protocol) {
            Some(socket) => gathering.sockets.extend(socket),
            None => return Err(ParseError::at(number, "this is no line of /proc/net", line)),
        }
    }
    Ok(gathering.finish())
}

/// A socket, if it listens. The outer `None` is a line of another shape.
#[expect(clippy::option_option, reason = "a line of another shape, and a socket that does not listen, are two things")]
fn entry(line: &[u8], protocol: Protocol) -> Option<Option<Socket>> {
    let ([_, local, remote, state, _, _, _, uid], _) = text::first_words(line)?;
    let (address, port) = endpoint(local)?;
    let (_, remote_port) = endpoint(remote)?;
    let uid = integer32(uid)?;
    let state = match (protocol, state) {
        (Protocol::Tcp, b"0A") => "LISTEN",
        (Protocol::Udp, b"07") if remote_port == 0 => "UNCONN",
        _ => return Some(None),
    };
    let state = state.to_owned();
    Some(Some(Socket { protocol, address, port, state, owners: Vec::new(), uid: Some(uid), user: None }))
}

fn endpoint(word: &[u8]) -> Option<(String, u16)> {
    let text = std::str::from_utf8(word).ok()?;
    let (address, port) = text.split_once(':')?;
    let port = u16::from_str_radix(port, 16).ok()?;
    let address = match address.len() {
        8 => Ipv4Addr::from(u32::from_str_radix(address, 16).ok()?.swap_bytes()).to_string(),
        32 => {
            let mut bytes = u128::from_str_radix(address, 16).ok()?.to_be_bytes();
            bytes.chunks_exact_mut(4).for_each(<[u8]>::reverse);
            Ipv6Addr::from(bytes).to_string()
        }
        _ => return None,
    };
    Some((address, port))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_little_endian_words() {
        assert_eq!(endpoint(b"0100007F:0016"), Some(("127.0.0.1".to_owned(), 22)));
        assert_eq!(
            endpoint(b"000080FE00000000FF005450AABBCCFE:1F90"),
            Some(("fe80::5054:ff:fecc:bbaa".to_owned(), 8080))
        );
        for word in ["0100007F", "7F:0016", "+100007F:0016", "0100007F:10000", "\u{ff10}100007F:1"] {
            assert!(endpoint(word.as_bytes()).is_none_or(|(_, port)| port == 22), "{word}");
        }
    }
}
