//! A server of mail that writes down what it is given, and what no real one would take.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

/// How its TLS begins.
#[derive(Clone)]
pub(crate) enum Begins {
    /// Never.
    Plain,
    /// When somebody asks for it.
    StartTls(TlsAcceptor),
    /// At once.
    Tls(TlsAcceptor),
}

/// A letter that was taken.
#[derive(Debug, Clone)]
pub(crate) struct Letter {
    pub(crate) from: String,
    pub(crate) to: Vec<String>,
    /// As it was meant: dots are single again.
    pub(crate) text: String,
    /// `user:password` of whoever signed in.
    pub(crate) by: Option<String>,
    /// Whether it came over TLS.
    pub(crate) is_secret: bool,
}

/// What it answers to a line, where that is something else than usual; `LETTER` stands for a letter as a whole.
type Answers = dyn Fn(&str) -> Option<String> + Send + Sync;

struct House {
    begins: Begins,
    answers: Box<Answers>,
    /// How long it thinks about each byte of an answer that is not the usual one.
    thinks: Duration,
    seen: Mutex<Seen>,
}

#[derive(Default)]
struct Seen {
    connections: usize,
    said: Vec<String>,
    letters: Vec<Letter>,
    faults: Vec<String>,
}

/// A server of mail.
pub(crate) struct Post {
    pub(crate) port: u16,
    house: Arc<House>,
    task: JoinHandle<()>,
}

impl Drop for Post {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Post {
    /// Listens on loopback.
    pub(crate) async fn open(begins: Begins, answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Self {
        Self::thinking(begins, Duration::ZERO, answers).await
    }

    /// The same, with this time before each byte of an answer that is not the usual one.
    pub(crate) async fn thinking(
        begins: Begins,
        thinks: Duration,
        answers: impl Fn(&str) -> Option<String> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let house = Arc::new(House { begins, answers: Box::new(answers), thinks, seen: Mutex::default() });
        let at_work = Arc::clone(&house);
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                at_work.seen.lock().unwrap().connections += 1;
                let house = Arc::clone(&at_work);
                tokio::spawn(async move {
                    match house.begins.clone() {
                        Begins::Plain => drop(converse(stream, &house, false, true).await),
                        Begins::Tls(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(converse(stream, &house, true, true).await);
                            }
                        }
                        Begins::StartTls(tls) => {
                            let Some(stream) = converse(stream, &house, false, true).await else { return };
                            if let Ok(stream) = tls.accept(stream).await {
                                drop(converse(stream, &house, true, false).await);
                            }
                        }
                    }
                });
            }
        });
        Self { port, house, task }
    }

    /// The entry of the allow-list that opens it.
    pub(crate) fn entry(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    pub(crate) fn connections(&self) -> usize {
        self.house.seen.lock().unwrap().connections
    }

    /// Every line that was said, without what belongs to letters.
    pub(crate) fn said(&self) -> Vec<String> {
        self.house.seen.lock().unwrap().said.clone()
    }

    /// The letters that were taken. Nothing of what was said may be what no server takes.
    pub(crate) fn letters(&self) -> Vec<Letter> {
        let seen = self.house.seen.lock().unwrap();
        assert!(seen.faults.is_empty(), "{:#?}", seen.faults);
        seen.letters.clone()
    }
}

/// One line with its end, as it came; none where there is no more.
async fn line(stream: &mut BufReader<impl AsyncRead + Unpin>, house: &House, most: usize) -> Option<String> {
    let mut bytes = Vec::new();
    stream.read_until(b'\n', &mut bytes).await.ok().filter(|count| *count > 0)?;
    let fault = |what: &str| house.seen.lock().unwrap().faults.push(format!("{what}: {bytes:?}"));
    if bytes.len() > most {
        fault("a line is too long");
    }
    if bytes.strip_suffix(b"\r\n").is_none_or(|line| line.contains(&b'\r')) {
        fault("a line does not end as it should");
    }
    if !bytes.is_ascii() {
        fault("8BITMIME was not asked for");
    }
    Some(String::from_utf8_lossy(&bytes).trim_end_matches(['\r', '\n']).to_owned())
}

/// Speaks until the other side leaves; gives the connection back where TLS is to begin.
async fn converse<S: AsyncRead + AsyncWrite + Unpin>(
    stream: S,
    house: &House,
    is_secret: bool,
    greets: bool,
) -> Option<S> {
    let mut stream = BufReader::new(stream);
    if greets {
        answer(&mut stream, house, "GREETING", "220 mail.example ESMTP").await?;
    }
    let (mut from, mut to, mut by) = (String::new(), Vec::new(), None);
    loop {
        let said = line(&mut stream, house, 512).await?;
        house.seen.lock().unwrap().said.push(said.clone());
        let verb = said.split([' ', ':']).next().unwrap_or_default().to_ascii_uppercase();
        match verb.as_str() {
            "EHLO" => {
                let tls =
                    if matches!(house.begins, Begins::StartTls(_)) && !is_secret { "250-STARTTLS\r\n" } else { "" };
                let sign_in = if is_secret { "250-AUTH PLAIN LOGIN\r\n" } else { "" };
                let offers = format!("250-mail.example\r\n{tls}{sign_in}250 SIZE 10000000");
                answer(&mut stream, house, &said, &offers).await?;
            }
            "STARTTLS" => {
                let usual = answer(&mut stream, house, &said, "220 go on").await?;
                if usual {
                    return Some(stream.into_inner());
                }
            }
            "AUTH" => {
                if !is_secret {
                    house.seen.lock().unwrap().faults.push("a password came without TLS".to_owned());
                }
                by = Some(signed_in(&mut stream, house, &said).await?);
                answer(&mut stream, house, &said, "235 welcome").await?;
            }
            "MAIL" => {
                from = address(&said);
                answer(&mut stream, house, &said, "250 fine").await?;
            }
            "RCPT" => {
                to.push(address(&said));
                answer(&mut stream, house, &said, "250 fine").await?;
            }
            "DATA" => {
                if !answer(&mut stream, house, &said, "354 go on").await? {
                    continue;
                }
                let text = letter(&mut stream, house).await?;
                let letter =
                    Letter { from: from.clone(), to: std::mem::take(&mut to), text, by: by.clone(), is_secret };
                if answer(&mut stream, house, "LETTER", "250 2.0.0 taken").await? {
                    house.seen.lock().unwrap().letters.push(letter);
                }
            }
            "QUIT" => {
                drop(stream.write_all(b"221 bye\r\n").await);
                return None;
            }
            other => {
                house.seen.lock().unwrap().faults.push(format!("nobody knows {other}"));
                answer(&mut stream, house, &said, "500 what?").await?;
            }
        }
    }
}

/// Answers as usual (true), or as the test wants.
async fn answer(stream: &mut (impl AsyncWrite + Unpin), house: &House, line: &str, usual: &str) -> Option<bool> {
    let other = (house.answers)(line);
    let says = format!("{}\r\n", other.as_deref().unwrap_or(usual));
    let is_slow = other.is_some() && !house.thinks.is_zero();
    for piece in says.as_bytes().chunks(if is_slow { 1 } else { says.len() }) {
        if is_slow {
            tokio::time::sleep(house.thinks).await;
        }
        stream.write_all(piece).await.ok()?;
        stream.flush().await.ok()?;
    }
    Some(other.is_none())
}

/// `user:password`
async fn signed_in<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut BufReader<S>,
    house: &House,
    said: &str,
) -> Option<String> {
    let decoded = |word: &str| String::from_utf8(BASE64_STANDARD.decode(word).unwrap()).unwrap();
    if let Some(word) = said.strip_prefix("AUTH PLAIN ") {
        return Some(decoded(word).trim_start_matches('\0').replace('\0', ":"));
    }
    stream.write_all(b"334 VXNlcm5hbWU6\r\n").await.ok()?;
    let user = decoded(&line(stream, house, 512).await?);
    stream.write_all(b"334 UGFzc3dvcmQ6\r\n").await.ok()?;
    let password = decoded(&line(stream, house, 512).await?);
    Some(format!("{user}:{password}"))
}

/// All lines up to the dot, with single dots again.
async fn letter(stream: &mut BufReader<impl AsyncRead + Unpin>, house: &House) -> Option<String> {
    let mut text = String::new();
    loop {
        let line = line(stream, house, 1_000).await?;
        if line == "." {
            return Some(text);
        }
        text.push_str(line.strip_prefix('.').unwrap_or(&line));
        text.push('\n');
    }
}

/// `MAIL FROM:<somebody@example.org>` → `somebody@example.org`
fn address(said: &str) -> String {
    said.split(['<', '>']).nth(1).unwrap_or_default().to_owned()
}
