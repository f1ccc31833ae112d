//! Who is connected with a server.

use super::{Gathering, Kind, Peer, Protocol, Socket, SocketList, SocketOwner};
use super::{lsof, netstat, proc_net, sockstat, ss};
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table::{self, Row};
use crate::commands::text::{self, SHORT};
use crate::commands::{Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = super::FORMATS;

/// The line that says that more is there than was read, in a part of its own.
const CUT: &[u8] = b"@cut";

pub(in crate::commands) const SHAPES: &[Shape] = &[
    Shape::rows(&[
        needed("protocol", "tcp or udp", "tcp"),
        needed("address", "The server's own address", "10.22.1.14"),
        needed("port", "Its port", "443"),
        needed("peer address", "The address at the other end", "203.0.113.9"),
        needed("peer port", "The port there", "51544"),
        optional("state", "What the system calls its state", "ESTABLISHED"),
        optional("pid", "Process id of its owner", "4121"),
        optional("process name", "Short name of its owner", "nginx"),
        optional("user number", "Number of the user who opened it", "33"),
        optional("user", "Name of that user", "www-data"),
    ]),
    Shape::word("root", &[]),
    Shape::word("cut", &[]),
];

/// Lists connections, at most about 20,000.
#[derive(Debug, Clone, Copy)]
pub struct ListConnections;

impl Command for ListConnections {
    const TYPE: CommandType = CommandType::ListConnections;
    type Output = SocketList;

    fn parse(&self, format: &str, output: &[u8]) -> Result<SocketList, ParseError> {
        let mut list = match format {
            "ss" => ss::parse(output),
            "netstat" => netstat::parse(output),
            "proc-net" => proc_net::parse(output, Kind::Connected),
            "lsof" => lsof::parse(output, Kind::Connected),
            "sockstat" => sockstat::parse(output, Kind::Connected),
            "table" => rows(output),
            other => return Err(ParseError::unknown_format(other)),
        }?;
        list.is_cut |= format != "table" && text::lines(output).any(|(_, line)| line == CUT);
        list.sockets.retain(|socket| socket.peer.is_some());
        for socket in &mut list.sockets {
            socket.state = in_words_of_netstat(&socket.state);
        }
        Ok(list)
    }
}

impl Read for ListConnections {}

/// `ESTAB` and `TIME-WAIT` of ss are `ESTABLISHED` and `TIME_WAIT` elsewhere.
fn in_words_of_netstat(state: &str) -> String {
    match state {
        "ESTAB" => "ESTABLISHED".to_owned(),
        "FIN-WAIT-1" => "FIN_WAIT1".to_owned(),
        "FIN-WAIT-2" => "FIN_WAIT2".to_owned(),
        other => other.replace('-', "_"),
    }
}

fn rows(output: &[u8]) -> Result<SocketList, ParseError> {
    let mut gathering = Gathering::default();
    for row in table::rows(output, 10) {
        let row = row?;
        match row.column(0) {
            Some(b"root") => gathering.as_root = true,
            Some(b"cut") => gathering.is_cut = true,
            _ => gathering.add(connection(&row)?),
        }
    }
    Ok(gathering.finish())
}

fn connection(row: &Row<'_>) -> Result<Socket, ParseError> {
    let text = |at: usize| row.column(at).map(|value| text::shown(value, SHORT));
    let port = |at: usize, name: &str| {
        let read = row.read(at, name, |word| u16::try_from(text::integer(word)?).ok())?;
        read.ok_or_else(|| row.error(&format!("the column {name} is missing")))
    };
    let protocol = row.read(0, "protocol", Protocol::of)?;
    let pid = row.read(6, "pid", text::integer32)?;
    Ok(Socket {
        protocol: protocol.ok_or_else(|| row.error("the column protocol is missing"))?,
        address: row.text(1, "address", SHORT)?,
        port: port(2, "port")?,
        peer: Some(Peer { address: row.text(3, "peer address", SHORT)?, port: port(4, "peer port")? }),
        state: text(5).unwrap_or_else(|| "ESTABLISHED".to_owned()),
        owners: pid.map(|pid| SocketOwner { pid, name: text(7).unwrap_or_default() }).into_iter().collect(),
        uid: row.read(8, "user number", text::integer32)?,
        user: text(9),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(format: &str, answer: &str) -> Socket {
        let mut list = ListConnections.parse(format, answer.as_bytes()).unwrap();
        assert_eq!(list.sockets.len(), 1, "{answer}");
        list.sockets.remove(0)
    }

    #[test]
    fn each_tool_tells_the_same_connection() {
        let ss = "tcp ESTAB 0 0 10.0.0.1:443 203.0.113.9:51544 users:((\"nginx\",pid=7,fd=6)) uid:33 ino:9 sk:2 <->";
        let netstat = "tcp 0 0 10.0.0.1:443 203.0.113.9:51544 ESTABLISHED 33 9 7/nginx";
        let kernel = "@tcp\n1: 0100000A:01BB 097100CB:C958 01 0:0 0:0 0 33 0 9 1\n2: 0100000A:01BB 00000000:0000 0A 0:0 0:0 0 33 0 9\n";
        let lsof = "@root\n@sockets\np7\ncnginx\nu33\nf6\ntIPv4\nPTCP\nn10.0.0.1:443->203.0.113.9:51544\nTST=ESTABLISHED\nf7\nPTCP\nn*:443\n";
        let sockstat = "www nginx 7 6 tcp4 10.0.0.1:443 203.0.113.9:51544";
        for (format, answer) in
            [("ss", ss), ("netstat", netstat), ("proc-net", kernel), ("lsof", lsof), ("sockstat", sockstat)]
        {
            let socket = one(format, answer);
            let peer = socket.peer.as_ref().map(|peer| (peer.address.as_str(), peer.port));
            assert_eq!((socket.address.as_str(), socket.port), ("10.0.0.1", 443), "{format}");
            assert_eq!((peer, socket.state.as_str()), (Some(("203.0.113.9", 51544)), "ESTABLISHED"), "{format}");
        }
        assert_eq!(one("netstat", "tcp 0 0 10.0.0.1:443 203.0.113.9:51544 FIN_WAIT2 33 9 -").state, "FIN_WAIT2");
        assert_eq!(one("ss", "tcp FIN-WAIT-2 0 0 10.0.0.1:443 203.0.113.9:51544 ino:1").state, "FIN_WAIT2");
    }

    #[test]
    fn a_list_that_was_cut_says_so_whatever_the_tool() {
        let ss = "tcp ESTAB 0 0 10.0.0.1:443 203.0.113.9:51544 ino:1\n";
        let netstat = "tcp 0 0 10.0.0.1:443 203.0.113.9:51544 ESTABLISHED 33 9 7/nginx\n";
        let kernel = "1: 0100000A:01BB 097100CB:C958 01 0:0 0:0 0 33 0 9 1\n";
        let lsof = "p7\ncnginx\nf6\ntIPv4\nPTCP\nn10.0.0.1:443->203.0.113.9:51544\n";
        let table = "tcp\t10.0.0.1\t443\t203.0.113.9\t51544\n";
        for (format, whole, cut) in [
            ("ss", format!("@sockets\n{ss}@users\n"), format!("@sockets\n{ss}@cut\n@users\n")),
            ("netstat", format!("@sockets\n{netstat}"), format!("@sockets\n{netstat}@cut\n")),
            ("proc-net", format!("@tcp\n{kernel}@udp\n"), format!("@tcp\n{kernel}@cut\n@tcp\n@udp\n@users\n")),
            ("lsof", format!("@sockets\n{lsof}"), format!("@sockets\n{lsof}@cut\n")),
            ("table", table.to_owned(), format!("{table}cut\n")),
        ] {
            let is_cut = |answer: &str| ListConnections.parse(format, answer.as_bytes()).unwrap().is_cut;
            assert!(!is_cut(&whole) && is_cut(&cut), "{format}");
            one(format, &cut);
        }
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_is_refused() {
        for (format, line) in [
            ("ss", "tcp ESTAB 0 0 10.0.0.1:443 203.0.113.9"),
            ("netstat", "tcp 0 0 10.0.0.1:443 x ESTABLISHED"),
            ("proc-net", "@tcp\n1: 0100000A:01BB 097100CB:C958 1F 0:0 0:0 0 33 0 9 1"),
            ("sockstat", "www nginx 7 6 tcp4 10.0.0.1:443 x"),
        ] {
            assert!(ListConnections.parse(format, line.as_bytes()).is_err(), "{line}");
        }
    }
}
