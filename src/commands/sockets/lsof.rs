//! `lsof -nP -iTCP -sTCP:LISTEN -iUDP -F pcuLftPnT`, or of connections without its `-s`: one field a line, named by its first character.
//!
//! `p` begins a process (`c` name, `u` user's number, `L` user's name), `f` one of its files (`P` protocol, `t` family,
//! `n` address, `TST=` state). lsof itself writes control characters as `\n`, so a name cannot begin a line. Without root
//! it does not tell of others' sockets at all.

use super::{Gathering, Kind, Protocol, Socket, SocketList, SocketOwner, address};
use crate::commands::ParseError;
use crate::commands::text::{self, SHORT, integer32};

#[derive(Default)]
struct File {
    protocol: Option<Protocol>,
    six: bool,
    name: Vec<u8>,
    state: Option<String>,
}

#[derive(Default)]
struct Process {
    pid: u32,
    name: String,
    uid: Option<u32>,
    user: Option<String>,
}

pub(super) fn parse(output: &[u8], kind: Kind) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering { as_root: output.starts_with(b"@root\n"), ..Gathering::default() };
    let mut process = Process::default();
    let mut file = File::default();
    for (_, number, line) in text::sections(output, &["root", "sockets", "cut"]) {
        let unreadable = || ParseError::at(number, "this is no line of lsof -F", line);
        let (field, value) = line.split_first().ok_or_else(unreadable)?;
        match field {
            b'p' => {
                gathering.finish_file(&process, &std::mem::take(&mut file), kind);
                process = Process { pid: integer32(value).ok_or_else(unreadable)?, ..Process::default() };
            }
            b'f' => gathering.finish_file(&process, &std::mem::take(&mut file), kind),
            b'c' => process.name = text::shown(value, SHORT),
            b'u' => process.uid = integer32(value),
            b'L' => process.user = Some(text::shown(value, SHORT)),
            b'P' => file.protocol = Protocol::of(value),
            b't' => file.six = value == b"IPv6",
            b'n' => file.name = value.to_vec(),
            b'T' => {
                if let Some(state) = value.strip_prefix(b"ST=") {
                    file.state = Some(text::shown(state, SHORT));
                }
            }
            b'g' | b'R' => {}
            _ => return Err(unreadable()),
        }
    }
    gathering.finish_file(&process, &file, kind);
    let hidden_owners = !gathering.as_root;
    Ok(SocketList { hidden_owners, ..gathering.finish() })
}

impl Gathering {
    /// Adds a file if it is of this kind: a connected one has an arrow in its address, an unbound one no port.
    fn finish_file(&mut self, process: &Process, file: &File, kind: Kind) {
        const ARROW: &[u8] = b"->";
        let arrow = file.name.windows(ARROW.len()).position(|pair| pair == ARROW);
        let (local, remote) = match (kind, arrow) {
            (Kind::Listening, None) => (&*file.name, None),
            (Kind::Connected, Some(at)) => (file.name.get(..at).unwrap_or_default(), file.name.get(at + ARROW.len()..)),
            _ => return,
        };
        let Some((protocol, (address, port))) = file.protocol.zip(address::split(local)) else { return };
        let address = match (&*address, file.six) {
            ("*", true) => "::".to_owned(),
            ("*", false) => "0.0.0.0".to_owned(),
            _ => address,
        };
        let state = match (kind, protocol) {
            (Kind::Listening, Protocol::Tcp) => "LISTEN".to_owned(),
            (Kind::Listening, Protocol::Udp) => "UNCONN".to_owned(),
            (Kind::Connected, _) => file.state.clone().unwrap_or_else(|| "ESTABLISHED".to_owned()),
        };
        let peer = remote.and_then(address::peer).flatten();
        let owners = vec![SocketOwner { pid: process.pid, name: process.name.clone() }];
        self.add(Socket { protocol, address, port, peer, state, owners, uid: process.uid, user: process.user.clone() });
    }
}
