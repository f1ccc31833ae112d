//! A WebSocket as a browser's looks on the wire (RFC 6455): what it asks for, what it is told, what it closes with.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long a test waits for a message.
const PATIENCE: Duration = Duration::from_secs(20);

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Heard {
    /// A binary message.
    Binary(Vec<u8>),
    /// A text.
    Text(String),
    /// The end, with its code.
    Closed(u16),
}

/// An open one.
#[derive(Debug)]
pub(crate) struct Socket {
    stream: TcpStream,
    unread: Vec<u8>,
}

impl Socket {
    /// Asks for an upgrade with these headers; the status where there is none.
    pub(crate) async fn open(origin: &str, path: &str, headers: &[(&str, &str)]) -> Result<Self, u16> {
        let address = origin.strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).await.unwrap();
        let mut request = format!(
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        );
        for (name, value) in headers {
            request.extend([name, ": ", value, "\r\n"]);
        }
        stream.write_all(format!("{request}\r\n").as_bytes()).await.unwrap();
        let mut unread = Vec::new();
        let end = loop {
            if let Some(end) = unread.windows(4).position(|part| part == b"\r\n\r\n") {
                break end + 4;
            }
            let mut buffer = vec![0; 4096];
            let count = timeout(PATIENCE, stream.read(&mut buffer)).await.unwrap().unwrap();
            assert!(count > 0, "the answer broke off: {}", String::from_utf8_lossy(&unread));
            unread.extend_from_slice(&buffer[..count]);
        };
        let head = String::from_utf8_lossy(&unread[..end]).into_owned();
        let status: u16 = head.split(' ').nth(1).unwrap().parse().unwrap();
        unread.drain(..end);
        if status == 101 { Ok(Self { stream, unread }) } else { Err(status) }
    }

    /// What comes next, pings left out.
    pub(crate) async fn next(&mut self) -> Heard {
        loop {
            let [first, second] = self.read::<2>().await;
            let length = match second & 0x7f {
                126 => u64::from(u16::from_be_bytes(self.read().await)),
                127 => u64::from_be_bytes(self.read().await),
                short => u64::from(short),
            };
            let content = self.take(usize::try_from(length).unwrap()).await;
            assert_eq!(first & 0x80, 0x80, "messages come whole");
            match first & 0x0f {
                1 => return Heard::Text(String::from_utf8(content).unwrap()),
                2 => return Heard::Binary(content),
                8 => return Heard::Closed(content.first_chunk().copied().map_or(1005, u16::from_be_bytes)),
                _ => {}
            }
        }
    }

    /// Sends a binary message.
    pub(crate) async fn send(&mut self, content: &[u8]) {
        self.put(2, content).await;
    }

    /// Sends a text.
    pub(crate) async fn say(&mut self, text: &str) {
        self.put(1, text.as_bytes()).await;
    }

    /// Whether the line is cut, whatever comes before that.
    pub(crate) async fn is_cut(&mut self) -> bool {
        let mut buffer = vec![0; 65_536];
        let reading = async { while matches!(self.stream.read(&mut buffer).await, Ok(1..)) {} };
        timeout(PATIENCE, reading).await.is_ok()
    }

    async fn put(&mut self, kind: u8, content: &[u8]) {
        // Masked with zeros: what is masked is nobody's business here.
        let mut frame = vec![0x80 | kind];
        match content.len() {
            short @ ..126 => frame.push(0x80 | u8::try_from(short).unwrap()),
            long @ ..=65_535 => {
                frame.push(0x80 | 0x7e);
                frame.extend_from_slice(&u16::try_from(long).unwrap().to_be_bytes());
            }
            longer => {
                frame.push(0x80 | 0x7f);
                frame.extend_from_slice(&u64::try_from(longer).unwrap().to_be_bytes());
            }
        }
        frame.extend_from_slice(&[0; 4]);
        frame.extend_from_slice(content);
        self.stream.write_all(&frame).await.unwrap();
    }

    async fn read<const N: usize>(&mut self) -> [u8; N] {
        self.take(N).await.try_into().unwrap()
    }

    async fn take(&mut self, count: usize) -> Vec<u8> {
        while self.unread.len() < count {
            let mut buffer = vec![0; 65_536];
            let got = timeout(PATIENCE, self.stream.read(&mut buffer)).await.expect("nothing came").unwrap();
            assert!(got > 0, "the line was cut");
            self.unread.extend_from_slice(&buffer[..got]);
        }
        self.unread.drain(..count).collect()
    }
}
