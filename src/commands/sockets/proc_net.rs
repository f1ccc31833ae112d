//! `/proc/net/{tcp,tcp6,udp,udp6}`: what listens or is connected, without any tool. It tells users, but no processes.
//!
//! `0: 0100007F:0016 00000000:0000 0A … uid timeout inode`: addresses are little-endian words, ports are not (facts 5.5).

use core::net::{Ipv4Addr, Ipv6Addr};

use super::{Gathering, Kind, Peer, Protocol, Socket, SocketList};
use crate::commands::text::{self, integer32};
use crate::commands::{ParseError, users};

const PARTS: &[&str] = &["tcp", "udp", "cut", "users"];

pub(super) fn parse(output: &[u8], kind: Kind) -> Result<SocketList, ParseError> {
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
        let socket = socket(line, protocol);
        let socket = socket.ok_or_else(|| ParseError::at(number, "this is no line of /proc/net", line))?;
        let listens = matches!(socket.state.as_str(), "LISTEN" | "UNCONN");
        if listens == (kind == Kind::Listening) && (listens || socket.peer.is_some()) {
            gathering.sockets.push(socket);
        }
    }
    Ok(gathering.finish())
}

/// One line, in whatever state.
pub(in crate::commands) fn socket(line: &[u8], protocol: Protocol) -> Option<Socket> {
    let ([_, local, remote, state, _, _, _, uid], _) = text::first_words(line)?;
    let (address, port) = endpoint(local)?;
    let (peer_address, peer_port) = endpoint(remote)?;
    let peer = (peer_port != 0).then_some(Peer { address: peer_address, port: peer_port });
    let state = state_name(protocol, state, peer.is_some())?.to_owned();
    Some(Socket { protocol, address, port, peer, state, owners: Vec::new(), uid: Some(integer32(uid)?), user: None })
}

/// The kernel's number of a state (`include/net/tcp_states.h`) in the words of netstat.
fn state_name(protocol: Protocol, number: &[u8], is_connected: bool) -> Option<&'static str> {
    Some(match (protocol, number) {
        (Protocol::Udp, b"07") if !is_connected => "UNCONN",
        (Protocol::Udp, b"01" | b"07") | (Protocol::Tcp, b"01") => "ESTABLISHED",
        (Protocol::Tcp, b"02") => "SYN_SENT",
        (Protocol::Tcp, b"03" | b"0C") => "SYN_RECV",
        (Protocol::Tcp, b"04") => "FIN_WAIT1",
        (Protocol::Tcp, b"05") => "FIN_WAIT2",
        (Protocol::Tcp, b"06") => "TIME_WAIT",
        (Protocol::Tcp, b"07") => "CLOSE",
        (Protocol::Tcp, b"08") => "CLOSE_WAIT",
        (Protocol::Tcp, b"09") => "LAST_ACK",
        (Protocol::Tcp, b"0A") => "LISTEN",
        (Protocol::Tcp, b"0B") => "CLOSING",
        _ => return None,
    })
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
