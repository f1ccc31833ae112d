//! Shells in the browser: real ones, through a real `sshd`.

mod browser;
mod door;
mod flood;
mod limits;
mod processes;
mod recordings;
mod rights;
mod sessions;
mod systems;

use std::any::Any;
use std::time::Duration;

use hannun::models::actor::{Role, Scope};
use hannun::models::ids::TerminalId;
use hannun::models::terminals::Terminal;
use hannun::remote::Endpoint;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::known;
use crate::harness::socket::{Heard, Socket};
use crate::harness::ssh::{eventually, runs};
use crate::harness::sshd::{Setup, Sshd};

/// How long a test waits for what a terminal shows.
const PATIENCE: Duration = Duration::from_secs(30);

/// The product, and a server `web-1` with a user of its own.
struct Stage {
    app: TestApp,
    origin: String,
    endpoint: Endpoint,
    _server: Box<dyn Any>,
}

impl Stage {
    async fn set(test: &str) -> Option<Self> {
        // A prompt that never changes, so that nothing of this machine is in what is compared.
        let user = Setup::default().user("hannun-test", "/bin/bash").home_file(".profile", "PS1='> '\n");
        // As Debian and its kin come: what is typed in Korean is edited as such.
        let sshd = user.setting("AcceptEnv LANG").start(test)?;
        Self::on(sshd).await
    }

    async fn on(sshd: Sshd) -> Option<Self> {
        let endpoint = sshd.endpoint();
        Some(Self::at(&endpoint, sshd).await)
    }

    /// With the server at `endpoint`, which lives as long as `server` does.
    async fn at(endpoint: &Endpoint, server: impl Any) -> Self {
        let app = TestApp::start().await;
        known::add(&app, "web-1", endpoint).await;
        let origin = app.listen();
        Self { app, origin, endpoint: endpoint.clone(), _server: Box::new(server) }
    }

    async fn operator(&self) -> Client {
        self.app.signed_in("jiwon", Role::Operator, Scope::All).await
    }

    async fn row(&self, id: i64) -> Terminal {
        self.app.app.db.run(move |connection| Terminal::by_id(connection, TerminalId(id))).await.unwrap()
    }

    /// Looks at a terminal that was just opened, from its beginning.
    async fn look(&self, browser: &Client, shell: &Shell) -> Looker {
        Looker::new(self.attach(browser, shell, &shell.ticket, 0).await.unwrap()).await
    }

    /// Attaches this browser to a terminal, from a place on.
    async fn attach(&self, browser: &Client, shell: &Shell, ticket: &str, from: u64) -> Result<Socket, u16> {
        let path = format!("{}/socket?ticket={ticket}&from={from}", shell.path);
        let cookie = format!("sid={}", browser.cookie("sid").unwrap());
        Socket::open(&self.origin, &path, &[("Origin", &self.origin), ("Cookie", &cookie)]).await
    }
}

/// A terminal that was opened by a page.
#[derive(Debug, Clone)]
struct Shell {
    id: i64,
    path: String,
    ticket: String,
}

/// Opens one as the page does.
async fn open(browser: &Client) -> Shell {
    open_on(browser, "web-1").await
}

/// The same on another server.
async fn open_on(browser: &Client, server: &str) -> Shell {
    let page = browser.hx().post(&format!("/servers/{server}/terminals"), []).await.ok();
    let path = page.attribute("terminal-view", "data-url").unwrap();
    let id = path.rsplit('/').next().unwrap().parse().unwrap();
    Shell { id, ticket: page.attribute("terminal-view", "data-ticket").unwrap(), path }
}

/// A new ticket for it, or how it ended.
async fn ticket(browser: &Client, shell: &Shell) -> Value {
    let reply = browser.post(&format!("{}/tickets", shell.path), []).await;
    assert_eq!(reply.status, 200, "{}", reply.body);
    serde_json::from_str(&reply.body).unwrap()
}

/// What a page keeps of a terminal that it looks at.
struct Looker {
    socket: Socket,
    begins: u64,
    old_until: u64,
    shown: Vec<u8>,
}

impl Looker {
    async fn new(mut socket: Socket) -> Self {
        let Heard::Text(hello) = socket.next().await else { panic!("no greeting") };
        let hello: Value = serde_json::from_str(&hello).unwrap();
        let number = |name: &str| hello[name].as_u64().unwrap();
        Self { begins: number("begins"), old_until: number("oldUntil"), socket, shown: Vec::new() }
    }

    async fn type_in(&mut self, text: &str) {
        self.socket.send(text.as_bytes()).await;
    }

    /// Takes what comes until it was shown.
    async fn until(&mut self, text: &str) {
        while !self.text().contains(text) {
            // Pings come in any case.
            let heard = timeout(PATIENCE, self.socket.next()).await;
            match heard.unwrap_or_else(|_| panic!("{text:?} did not come after {:?}", self.text())) {
                Heard::Binary(bytes) => {
                    self.shown.extend_from_slice(&bytes);
                    self.take().await;
                }
                other => panic!("{other:?} instead of {text:?} after {:?}", self.text()),
            }
        }
    }

    async fn take(&mut self) {
        self.socket.say(&json!({ "taken": self.taken() }).to_string()).await;
    }

    /// The place up to which it has taken what is shown.
    fn taken(&self) -> u64 {
        self.begins + self.shown.len() as u64
    }

    /// The end: the sentence that came before it, and its code.
    async fn end(&mut self) -> (String, u16) {
        let mut said = String::new();
        loop {
            match self.socket.next().await {
                Heard::Binary(bytes) => self.shown.extend_from_slice(&bytes),
                Heard::Text(text) => {
                    let told: Value = serde_json::from_str(&text).unwrap();
                    told["ended"].as_str().unwrap().clone_into(&mut said);
                }
                Heard::Closed(code) => return (said, code),
            }
        }
    }

    /// The end, which has to come soon: how soon is a promise.
    async fn end_within(&mut self, limit: Duration) -> (String, u16) {
        timeout(limit, self.end()).await.unwrap_or_else(|_| panic!("it goes on after {limit:?}"))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.shown).into_owned()
    }
}

/// Waits until such a process is gone.
async fn gone(words: &str) {
    eventually(&format!("the end of {words}"), || !runs(words)).await;
}
