//! `netstat -tulpn` and `-tunp` of net-tools (with `-e` also user and inode) and of BusyBox.
//!
//! `tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN [33 1234] 256/sshd`; UDP has no state, a hidden owner is `-`.

use super::{Gathering, Protocol, Socket, SocketList, SocketOwner, address};
use crate::commands::text::{self, SHORT, integer32};
use crate::commands::{ParseError, users};

const PARTS: &[&str] = &["root", "sockets", "cut", "users"];

pub(super) fn parse(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering { as_root: output.starts_with(b"@root\n"), ..Gathering::default() };
    let mut owned = false;
    for (part, number, line) in text::sections(output, PARTS) {
        match part {
            "users" => gathering.names.extend(users::account(line)),
            // A process's name is printed as it is: what follows a line end in it is no socket.
            _ if owned && !(line.starts_with(b"tcp") || line.starts_with(b"udp")) => {}
            _ if line.starts_with(b"Active ") || line.starts_with(b"Proto ") => {}
            _ => {
                let socket = socket(line).ok_or_else(|| ParseError::at(number, "this is no line of netstat", line))?;
                owned = !socket.owners.is_empty();
                gathering.add(socket);
            }
        }
    }
    Ok(gathering.finish())
}

fn socket(line: &[u8]) -> Option<Socket> {
    let ([protocol, _, _, local, remote], rest) = text::first_words(line)?;
    let protocol = Protocol::of(protocol)?;
    let (address, port) = address::split(local)?;
    let peer = address::peer(remote)?;
    let (state, rest) = match text::first_word(rest) {
        Some((state, rest)) if is_state(state) => (state, rest),
        _ => (&b"UNCONN"[..], rest),
    };
    let (uid, rest) = match text::first_words(rest) {
        Some(([uid, inode], rest)) if integer32(uid).is_some() && text::integer(inode).is_some() => {
            (integer32(uid), rest)
        }
        _ => (None, rest),
    };
    let owners = owner(rest.trim_ascii())?.into_iter().collect();
    Some(Socket { protocol, address, port, peer, state: text::shown(state, SHORT), owners, uid, user: None })
}

/// `LISTEN`, `FIN_WAIT1`
fn is_state(word: &[u8]) -> bool {
    word.first().is_some_and(u8::is_ascii_uppercase)
        && word.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_')
}

/// `256/sshd: /usr/sbin`, or `-`, or nothing where it was not asked for.
#[expect(clippy::option_option, reason = "a line of another shape, and an owner who is hidden, are two things")]
fn owner(text: &[u8]) -> Option<Option<SocketOwner>> {
    if matches!(text, b"" | b"-") {
        return Some(None);
    }
    let slash = text.iter().position(|byte| *byte == b'/')?;
    let pid = integer32(text.get(..slash)?)?;
    Some(Some(SocketOwner { pid, name: text::shown(text.get(slash + 1..)?, SHORT) }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_shape_of_line_is_read() {
        for (line, pid, uid, state) in [
            ("tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 33 1234 256/sshd: /usr/sb", Some(256), Some(33), "LISTEN"),
            ("udp6 0 0 :::22 :::* 33 1234 256/a b", Some(256), Some(33), "UNCONN"),
            ("tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 256/sshd", Some(256), None, "LISTEN"),
            ("udp 0 0 0.0.0.0:22 0.0.0.0:* -", None, None, "UNCONN"),
            ("tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN", None, None, "LISTEN"),
        ] {
            let socket = socket(line.as_bytes()).unwrap_or_else(|| panic!("{line}"));
            assert_eq!((socket.port, socket.uid, &*socket.state), (22, uid, state), "{line}");
            assert_eq!(socket.owners.first().map(|owner| owner.pid), pid, "{line}");
        }
    }

    #[test]
    fn sec_x03_a_line_end_in_a_process_name_does_not_hide_the_list() {
        let list = parse(b"tcp 0 0 0.0.0.0:22 0.0.0.0:* LISTEN 7/a\n9   \ntcp 0 0 0.0.0.0:23 0.0.0.0:* LISTEN 8/b\n");
        assert_eq!(list.unwrap().sockets.len(), 2);
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_is_refused() {
        for line in ["netstat: not found", "tcp 0 0 a b LISTEN", "tcp 0 0 *:1 *:* LISTEN x/y", "tcp 0 0"] {
            assert!(parse(line.as_bytes()).is_err(), "{line}");
        }
    }
}
