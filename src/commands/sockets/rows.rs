//! The `table` format: protocol, address, port, state, pid, process name, user number, user.
//!
//! A first row of the one word `root` says that nothing was hidden.

use super::{Gathering, Protocol, Socket, SocketList, SocketOwner};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::rows(&[
        needed("protocol", "tcp or udp", "tcp"),
        needed("address", "Where it listens; * for every address", "0.0.0.0"),
        needed("port", "At which port", "443"),
        optional("state", "What the system calls its state", "LISTEN"),
        optional("pid", "Process id of its owner", "4121"),
        optional("process name", "Short name of its owner", "nginx"),
        optional("user number", "Number of the user who opened it", "33"),
        optional("user", "Name of that user", "www-data"),
    ]),
    Shape::word("root", &[]),
];

pub(super) fn parse(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering::default();
    for row in table::rows(output, 8) {
        let row = row?;
        if row.column(0) == Some(b"root") {
            gathering.as_root = true;
        } else {
            gathering.add(socket(&row)?);
        }
    }
    Ok(gathering.finish())
}

fn socket(row: &Row<'_>) -> Result<Socket, ParseError> {
    let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT));
    let protocol = row.read(0, "protocol", Protocol::of)?;
    let port = row.read(2, "port", |word| u16::try_from(text::integer(word)?).ok())?;
    let pid = row.read(4, "pid", text::integer32)?;
    let (Some(protocol), Some(port)) = (protocol, port) else {
        return Err(row.error("the columns protocol and port must be there"));
    };
    let state = if protocol == Protocol::Tcp { "LISTEN" } else { "UNCONN" };
    Ok(Socket {
        protocol,
        address: row.text(1, "address", SHORT)?,
        port,
        peer: None,
        state: text(3).unwrap_or_else(|| state.to_owned()),
        owners: pid.map(|pid| SocketOwner { pid, name: text(5).unwrap_or_default() }).into_iter().collect(),
        uid: row.read(6, "user number", text::integer32)?,
        user: text(7),
    })
}
