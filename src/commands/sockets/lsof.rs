//! `lsof -nP -iTCP -sTCP:LISTEN -iUDP -F pcuLftPnT`: one field a line, named by its first character.
//!
//! `p` begins a process (`c` name, `u` user's number, `L` user's name), `f` one of its files (`P` protocol, `t` family,
//! `n` address). lsof itself writes control characters as `\n`, so a name cannot begin a line. Without root
//! it does not tell of others' sockets at all.

use super::{Gathering, Protocol, Socket, SocketList, SocketOwner, address};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, integer32};

#[derive(Default)]
struct File {
    protocol: Option<Protocol>,
    six: bool,
    name: Vec<u8>,
}

#[derive(Default)]
struct Process {
    pid: u32,
    name: String,
    uid: Option<u32>,
    user: Option<String>,
}

pub(super) fn parse(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering { as_root: output.starts_with(b"@root\n"), ..Gathering::default() };
    let mut process = Process::default();
    let mut file = File::default();
    for (_, number, line) in text::sections(output, &["root", "sockets"]) {
        let unreadable = || ParseError::at(number, "this is no line of lsof -F", line);
        let (kind, value) = line.split_first().ok_or_else(unreadable)?;
        match kind {
            b'p' => {
                gathering.finish_file(&process, &std::mem::take(&mut file));
                process = Process { pid: integer32(value).ok_or_else(unreadable)?, ..Process::default() };
            }
            b'f' => gathering.finish_file(&process, &std::mem::take(&mut file)),
            b'c' => process.name = text::shown(value, SHORT),
            b'u' => process.uid = integer32(value),
            b'L' => process.user = Some(text::shown(value, SHORT)),
            b'P' => file.protocol = Protocol::of(value),
            b't' => file.six = value == b"IPv6",
            b'n' => file.name = value.to_vec(),
            b'T' | b'g' | b'R' => {}
            _ => return Err(unreadable()),
        }
    }
    gathering.finish_file(&process, &file);
    let hidden_owners = !gathering.as_root;
    Ok(SocketList { hidden_owners, ..gathering.finish() })
}

impl Gathering {
    /// Adds a file if it listens: a connected one has an arrow in its address, an unbound one no port.
    fn finish_file(&mut self, process: &Process, file: &File) {
        let Some((protocol, (address, port))) = file.protocol.zip(address::split(&file.name)) else { return };
        if file.name.windows(2).any(|pair| pair == b"->") {
            return;
        }
        let address = match (&*address, file.six) {
            ("*", true) => "::".to_owned(),
            ("*", false) => "0.0.0.0".to_owned(),
            _ => address,
        };
        let state = if protocol == Protocol::Tcp { "LISTEN" } else { "UNCONN" }.to_owned();
        let owners = vec![SocketOwner { pid: process.pid, name: process.name.clone() }];
        self.add(Socket { protocol, address, port, state, owners, uid: process.uid, user: process.user.clone() });
    }
}
