//! `sockstat -46l` and `-46c` of FreeBSD: `root sshd 256 4 tcp4 *:22 *:*`, `?` where it does not know whose it is.

use super::{Gathering, Kind, Protocol, Socket, SocketList, SocketOwner, address};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, integer32};

pub(super) fn parse(output: &[u8], kind: Kind) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering { as_root: output.starts_with(b"@root\n"), ..Gathering::default() };
    for (_, number, line) in text::sections(output, &["root", "sockets", "cut"]) {
        if line.starts_with(b"USER ") {
            continue;
        }
        let unreadable = || ParseError::at(number, "this is no line of sockstat", line);
        let socket = socket(line, kind).ok_or_else(unreadable)?;
        if let Some(socket) = socket {
            gathering.add(socket);
        }
    }
    Ok(gathering.finish())
}

/// A socket, if it has a port. The outer `None` is a line of another shape. Only the command may hold spaces.
#[expect(clippy::option_option, reason = "a line of another shape, and a socket without a port, are two things")]
fn socket(line: &[u8], kind: Kind) -> Option<Option<Socket>> {
    let words: Vec<&[u8]> = text::words(line).collect();
    let [user, command @ .., pid, _, protocol, local, remote] = words.as_slice() else { return None };
    let protocol = Protocol::of(protocol)?;
    if local.ends_with(b":*") {
        return Some(None);
    }
    let (address, port) = address::split(local)?;
    let address = match (&*address, protocol_family(&words)) {
        ("*", Some(b'4')) => "0.0.0.0".to_owned(),
        ("*", Some(b'6')) => "::".to_owned(),
        _ => address,
    };
    let owners = match integer32(pid) {
        Some(pid) => vec![SocketOwner { pid, name: text::shown(&command.join(&b' '), SHORT) }],
        None if *pid == b"?" => Vec::new(),
        None => return None,
    };
    let user = (*user != b"?").then(|| text::shown(user, SHORT));
    let peer = address::peer(remote)?;
    let state = match (kind, protocol) {
        (Kind::Connected, _) if peer.is_none() => return Some(None),
        (Kind::Connected, _) => "ESTABLISHED",
        (Kind::Listening, Protocol::Tcp) => "LISTEN",
        (Kind::Listening, Protocol::Udp) => "UNCONN",
    };
    Some(Some(Socket { protocol, address, port, peer, state: state.to_owned(), owners, uid: None, user }))
}

/// The last character of `tcp4`, `udp6`; `tcp46` is both.
fn protocol_family(words: &[&[u8]]) -> Option<u8> {
    let protocol = words.len().checked_sub(3).and_then(|at| words.get(at))?;
    if protocol.ends_with(b"46") { None } else { protocol.last().copied() }
}
