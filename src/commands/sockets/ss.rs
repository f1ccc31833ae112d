//! `ss -Htulpne` and `ss -Htunpe` of iproute2: `tcp LISTEN 0 128 [::]:22 [::]:* users:(("sshd",pid=256,fd=4)) uid:33 ino:12 sk:1`
//!
//! Before the sockets the part `@root`, if we are root; after them `@users`, which is `/etc/passwd`.

use super::{Gathering, Protocol, Socket, SocketList, SocketOwner, address};
use crate::commands::text::{self, SHORT, integer32};
use crate::commands::{ParseError, users};

const PARTS: &[&str] = &["root", "sockets", "cut", "users"];

pub(super) fn parse(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering { as_root: output.starts_with(b"@root\n"), ..Gathering::default() };
    for (part, number, line) in text::sections(output, PARTS) {
        if part == "users" {
            gathering.names.extend(users::account(line));
        } else {
            let unreadable = || ParseError::at(number, "this is no line of ss", line);
            gathering.add(socket(line).ok_or_else(unreadable)?);
        }
    }
    Ok(gathering.finish())
}

fn socket(line: &[u8]) -> Option<Socket> {
    let ([protocol, state, _, _, local, remote], mut rest) = text::first_words(line)?;
    let (address, port) = address::split(local)?;
    let peer = address::peer(remote)?;
    let mut owners = Vec::new();
    if let Some(inside) = rest.strip_prefix(b"users:(") {
        (owners, rest) = holders(inside)?;
    }
    let details = |name: &[u8]| text::words(rest).find_map(|word| word.strip_prefix(name));
    let uid = match (details(b"uid:"), details(b"ino:")) {
        (Some(uid), _) => Some(integer32(uid)?),
        // With details asked for, it leaves out root's number.
        (None, Some(_)) => Some(0),
        (None, None) => None,
    };
    let protocol = Protocol::of(protocol)?;
    Some(Socket { protocol, address, port, peer, state: text::shown(state, SHORT), owners, uid, user: None })
}

/// `("nginx",pid=7,fd=6),("nginx",pid=8,fd=6))` and what follows it.
///
/// A process may be called `x",pid=1,fd=3`: a name ends only where the whole of `",pid=…,fd=…)` does, and then comes the
/// next `,("` or the end. Fifteen bytes of a name cannot fake both.
fn holders(text: &[u8]) -> Option<(Vec<SocketOwner>, &[u8])> {
    let mut owners = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.strip_prefix(b"(\"")?;
        let (owner, after) = (0..rest.len()).find_map(|end| holder(rest, end))?;
        owners.push(owner);
        match after {
            [b',', next @ ..] => rest = next,
            [b')', after @ ..] => return Some((owners, after)),
            _ => return None,
        }
    }
}

/// The holder whose name ends at `end`, if one does, and what follows it.
fn holder(text: &[u8], end: usize) -> Option<(SocketOwner, &[u8])> {
    let (name, rest) = text.split_at_checked(end)?;
    let (pid, rest) = digits(rest.strip_prefix(b"\",pid=")?);
    let (fd, rest) = digits(rest.strip_prefix(b",fd=")?);
    let rest = rest.strip_prefix(b")")?;
    let ends = rest.starts_with(b")") || rest.starts_with(b",(\"");
    let owner = SocketOwner { pid: integer32(pid)?, name: text::shown(name, SHORT) };
    (ends && !fd.is_empty()).then_some((owner, rest))
}

fn digits(text: &[u8]) -> (&[u8], &[u8]) {
    let end = text.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, b""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_x06_a_process_name_cannot_name_another_pid() {
        for name in ["x\",pid=1,fd=3", "\",pid=1,fd=3)", "a uid:0", "a b", "(", "\"", ""] {
            let line = format!("tcp LISTEN 0 1 *:80 *:* users:((\"{name}\",pid=4321,fd=4)) uid:33 ino:7 sk:1");
            let socket = socket(line.as_bytes()).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(socket.owners, [SocketOwner { pid: 4321, name: name.to_owned() }]);
            assert_eq!(socket.uid, Some(33));
        }
    }

    #[test]
    fn sockets_that_several_processes_hold_are_one() {
        let line =
            "tcp LISTEN 0 511 0.0.0.0:80 0.0.0.0:* users:((\"nginx\",pid=7,fd=6),(\"nginx\",pid=8,fd=6)) ino:9 sk:2";
        let list = parse(format!("@sockets\n{line}\n{line}\n").as_bytes()).unwrap();
        assert_eq!(list.sockets.len(), 1);
        assert_eq!(list.sockets[0].owners.iter().map(|owner| owner.pid).collect::<Vec<_>>(), [7, 8]);
        assert_eq!(list.sockets[0].uid, Some(0));
    }

    #[test]
    fn without_root_the_owners_of_others_sockets_are_hidden() {
        let line = "udp UNCONN 0 0 127.0.0.53%lo:53 0.0.0.0:*";
        assert!(parse(format!("@sockets\n{line}\n").as_bytes()).unwrap().hidden_owners);
        assert!(!parse(format!("@root\n@sockets\n{line}\n").as_bytes()).unwrap().hidden_owners, "the kernel's own");
        assert!(!parse(b"@sockets\n").unwrap().hidden_owners);
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_is_refused() {
        for line in
            ["tcp LISTEN", "sctp LISTEN 0 0 *:1 *:*", "tcp LISTEN 0 0 *:x *:*", "tcp LISTEN 0 0 *:1 *:* users:((\"a"]
        {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}
