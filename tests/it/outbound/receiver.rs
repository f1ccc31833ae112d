//! Somebody outside who is asked by HTTP, and answers as a test wants.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How somebody answers.
#[derive(Debug, Clone)]
pub(crate) enum Says {
    /// These bytes, and no more.
    Bytes(Vec<u8>),
    /// These bytes, and then others without an end.
    Endless(&'static str),
    /// These bytes, and then one every few milliseconds without an end.
    Dribble(&'static str),
    /// Nothing, and stays.
    Nothing,
}

/// `200` with this body.
pub(crate) fn ok(body: &str) -> Says {
    answer(200, body)
}

/// This status with this body.
pub(crate) fn answer(status: u16, body: &str) -> Says {
    let length = body.len();
    Says::Bytes(format!("HTTP/1.1 {status} So\r\nContent-Length: {length}\r\n\r\n{body}").into_bytes())
}

/// A redirect with this status.
pub(crate) fn redirect(status: u16, to: &str) -> Says {
    Says::Bytes(format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes())
}

type Answers = dyn Fn(&str) -> Says + Send + Sync;

/// What was asked, each with when it came.
type Asked = Arc<Mutex<Vec<(DateTime<Utc>, String)>>>;

/// Somebody outside.
pub(crate) struct Receiver {
    /// Their port.
    pub(crate) port: u16,
    connections: Arc<Mutex<usize>>,
    asked: Asked,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    /// Listens on loopback and answers what was asked.
    pub(crate) async fn start(answers: impl Fn(&str) -> Says + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1", 0, None, answers).await
    }

    /// The same with TLS.
    pub(crate) async fn secure(tls: TlsAcceptor, answers: impl Fn(&str) -> Says + Send + Sync + 'static) -> Self {
        Self::at("127.0.0.1", 0, Some(tls), answers).await
    }

    /// Somebody who must never be asked.
    pub(crate) async fn canary(address: &str, port: u16) -> Self {
        Self::at(address, port, None, |_| ok("the inside")).await
    }

    async fn at(
        address: &str,
        port: u16,
        tls: Option<TlsAcceptor>,
        answers: impl Fn(&str) -> Says + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind((address, port)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, asked) = (Arc::new(Mutex::new(0)), Arc::new(Mutex::new(Vec::new())));
        let answers: Arc<Answers> = Arc::new(answers);
        let (count, kept) = (Arc::clone(&connections), Arc::clone(&asked));
        let task = tokio::spawn(async move {
            loop {
                let Ok((stream, _)) = listener.accept().await else { return };
                *count.lock().unwrap() += 1;
                let (tls, answers, kept) = (tls.clone(), Arc::clone(&answers), Arc::clone(&kept));
                tokio::spawn(async move {
                    match tls {
                        None => serve(stream, &*answers, &kept).await,
                        Some(tls) => {
                            // Whoever does not believe us leaves.
                            let Ok(stream) = tls.accept(stream).await else { return };
                            serve(stream, &*answers, &kept).await;
                        }
                    }
                });
            }
        });
        Self { port, connections, asked, task }
    }

    /// `http://127.0.0.1:8080`
    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The entry of the allow-list that opens them.
    pub(crate) fn entry(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// How many connections there were.
    pub(crate) fn connections(&self) -> usize {
        *self.connections.lock().unwrap()
    }

    /// What was asked: each head with its body.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.arrived().into_iter().map(|(_, request)| request).collect()
    }

    /// The same with the moment at which each was there, by the clock of this machine.
    pub(crate) fn arrived(&self) -> Vec<(DateTime<Utc>, String)> {
        self.asked.lock().unwrap().clone()
    }
}

async fn serve(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    answers: &Answers,
    kept: &Mutex<Vec<(DateTime<Utc>, String)>>,
) {
    let Some(request) = read(&mut stream).await else { return };
    kept.lock().unwrap().push((Utc::now(), request.clone()));
    let begin = |bytes: &'static str| bytes.as_bytes().to_vec();
    let (bytes, pause) = match answers(&request) {
        Says::Bytes(bytes) => {
            drop(stream.write_all(&bytes).await);
            drop(stream.shutdown().await);
            return;
        }
        Says::Nothing => return std::future::pending().await,
        Says::Endless(bytes) => (begin(bytes), None),
        Says::Dribble(bytes) => (begin(bytes), Some(Duration::from_millis(20))),
    };
    let mut more = stream.write_all(&bytes).await;
    // Until nobody listens any more.
    while more.is_ok() {
        more = match pause {
            None => stream.write_all(&[b'x'; 4096]).await,
            Some(pause) => {
                tokio::time::sleep(pause).await;
                stream.write_all(b"x").await
            }
        };
        drop(stream.flush().await);
    }
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<String> {
    let mut request = Vec::new();
    let mut part = [0; 4096];
    loop {
        let text = String::from_utf8_lossy(&request).into_owned();
        if let Some((head, body)) = text.split_once("\r\n\r\n") {
            let length =
                head.to_ascii_lowercase().lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
            if body.len() >= length.unwrap_or(0_usize) {
                return Some(text);
            }
        }
        let read = stream.read(&mut part).await.ok().filter(|read| *read > 0)?;
        request.extend_from_slice(&part[..read]);
    }
}
