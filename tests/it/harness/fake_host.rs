//! An SSH server in the test's own process: scripted answers, bad manners on demand, and a memory of what was tried.

mod act;
mod session;

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hannun::remote::{Endpoint, PinnedKey};
use russh::keys::{PrivateKey, decode_secret_key};
use russh::server::Config;
use russh::{MethodKind, MethodSet, Preferred};
use tokio::net::TcpListener;
use tokio::task::AbortHandle;

pub(crate) use act::Act;

use super::ssh::{PASSWORD, endpoint, fixture_key, password};

/// How a [`FakeHost`] behaves.
#[derive(Clone)]
pub(crate) struct Manner {
    /// Its host keys.
    pub(crate) host_keys: Vec<PrivateKey>,
    /// What it negotiates.
    pub(crate) preferred: Preferred,
    /// Whom it lets in, and how.
    pub(crate) sign_in: SignIn,
    /// What it does when a script holds these words; the first that fits.
    pub(crate) acts: Vec<(String, Act)>,
    /// How many channels it opens to us after sign-in.
    pub(crate) opens_to_us: usize,
    /// How many times it refuses to open a session first.
    pub(crate) refuses_sessions: usize,
    /// It never answers when a session is asked for.
    pub(crate) ignores_sessions: bool,
    /// It does not run commands.
    pub(crate) refuses_exec: bool,
}

/// Whom a [`FakeHost`] lets in.
#[derive(Clone)]
pub(crate) enum SignIn {
    /// Whoever knows [`PASSWORD`].
    Password,
    /// Whoever answers these rounds of questions, the password to each; the second value says whether answers are shown.
    Questions(Vec<Vec<(&'static str, bool)>>),
    /// Whoever has the key `ed25519` or `rsa` of the fixtures.
    Key,
}

impl Default for Manner {
    fn default() -> Self {
        Self {
            host_keys: vec![new_host_key()],
            preferred: Preferred::default(),
            sign_in: SignIn::Password,
            acts: Vec::new(),
            opens_to_us: 0,
            refuses_sessions: 0,
            ignores_sessions: false,
            refuses_exec: false,
        }
    }
}

impl Manner {
    /// Does `act` when a script holds `words`.
    pub(crate) fn when(mut self, words: &str, act: Act) -> Self {
        self.acts.push((words.to_owned(), act));
        self
    }
}

/// What a [`FakeHost`] remembers.
#[derive(Default)]
pub(crate) struct Memory {
    connections: AtomicUsize,
    alive: AtomicUsize,
    attempts: AtomicUsize,
    accepted_by_us: AtomicUsize,
    refused_by_us: AtomicUsize,
    open_sessions: AtomicUsize,
    most_sessions: AtomicUsize,
    users: Mutex<Vec<String>>,
    told: Mutex<Vec<String>>,
    ran: Mutex<Vec<String>>,
    fed: Mutex<Vec<u8>>,
    signals: Mutex<Vec<String>>,
}

/// A server that is not one.
pub(crate) struct FakeHost {
    /// Where it listens on 127.0.0.1.
    pub(crate) port: u16,
    manner: Arc<Mutex<Manner>>,
    memory: Arc<Memory>,
    accepting: AbortHandle,
}

impl FakeHost {
    /// A server with good manners.
    pub(crate) async fn polite() -> Self {
        Self::start(Manner::default()).await
    }

    /// A server with these manners.
    pub(crate) async fn start(manner: Manner) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let manner = Arc::new(Mutex::new(manner));
        let memory = Arc::new(Memory::default());
        let (manners, remembered) = (Arc::clone(&manner), Arc::clone(&memory));
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let manner = manners.lock().unwrap().clone();
                tokio::spawn(serve(stream, manner, Arc::clone(&remembered)));
            }
        });
        Self { port, manner, memory, accepting: accepting.abort_handle() }
    }

    /// The server, with its first host key approved.
    pub(crate) fn endpoint(&self) -> Endpoint {
        endpoint(self.port, "deploy", password(PASSWORD), vec![self.pin()])
    }

    /// Its first host key, as somebody approves it.
    pub(crate) fn pin(&self) -> PinnedKey {
        pin_of(&self.manner.lock().unwrap().host_keys[0])
    }

    /// Changes its manners for the connections to come.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Manner)) {
        change(&mut self.manner.lock().unwrap());
    }

    /// How many connections were made.
    pub(crate) fn connections(&self) -> usize {
        self.memory.connections.load(Ordering::SeqCst)
    }

    /// How many of them are still there.
    pub(crate) fn alive(&self) -> usize {
        self.memory.alive.load(Ordering::SeqCst)
    }

    /// How often somebody tried to sign in, asking for the methods included.
    pub(crate) fn attempts(&self) -> usize {
        self.memory.attempts.load(Ordering::SeqCst)
    }

    /// As whom somebody tried to sign in with a password.
    pub(crate) fn users(&self) -> Vec<String> {
        self.memory.users.lock().unwrap().clone()
    }

    /// Every password and answer that it was told.
    pub(crate) fn told(&self) -> Vec<String> {
        self.memory.told.lock().unwrap().clone()
    }

    /// The scripts that it ran.
    pub(crate) fn ran(&self) -> Vec<String> {
        self.memory.ran.lock().unwrap().clone()
    }

    /// What it was told after the scripts.
    pub(crate) fn fed(&self) -> Vec<u8> {
        self.memory.fed.lock().unwrap().clone()
    }

    /// The signals that it was sent.
    pub(crate) fn signals(&self) -> Vec<String> {
        self.memory.signals.lock().unwrap().clone()
    }

    /// Of the channels it opened to us: how many we took, how many we refused.
    pub(crate) fn opened_to_us(&self) -> (usize, usize) {
        (self.memory.accepted_by_us.load(Ordering::SeqCst), self.memory.refused_by_us.load(Ordering::SeqCst))
    }

    /// The most sessions that were open at once.
    pub(crate) fn most_sessions(&self) -> usize {
        self.memory.most_sessions.load(Ordering::SeqCst)
    }
}

impl Drop for FakeHost {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// A new ed25519 host key.
pub(crate) fn new_host_key() -> PrivateKey {
    let mut seed = [0_u8; 32];
    getrandom::fill(&mut seed).unwrap();
    russh::keys::ssh_key::private::Ed25519Keypair::from_seed(&seed).into()
}

/// The RSA key of the fixtures.
pub(crate) fn rsa_host_key() -> PrivateKey {
    decode_secret_key(&fixture_key("rsa"), None).unwrap()
}

/// A host key, as somebody approves it.
pub(crate) fn pin_of(key: &PrivateKey) -> PinnedKey {
    let written = key.public_key().to_openssh().unwrap();
    let words: Vec<_> = written.split_whitespace().take(2).collect();
    PinnedKey { algorithm: words[0].to_owned(), public_key: words.join(" ") }
}

async fn serve(stream: tokio::net::TcpStream, manner: Manner, memory: Arc<Memory>) {
    memory.connections.fetch_add(1, Ordering::SeqCst);
    memory.alive.fetch_add(1, Ordering::SeqCst);
    let methods: &[MethodKind] = match manner.sign_in {
        SignIn::Password => &[MethodKind::Password],
        SignIn::Questions(_) => &[MethodKind::KeyboardInteractive],
        SignIn::Key => &[MethodKind::PublicKey],
    };
    let config = Config {
        methods: MethodSet::from(methods),
        auth_rejection_time: Duration::from_millis(1),
        auth_rejection_time_initial: Some(Duration::ZERO),
        keys: manner.host_keys.clone(),
        preferred: manner.preferred.clone(),
        nodelay: true,
        ..Config::default()
    };
    let handler = session::Guest { manner, memory: Arc::clone(&memory), channels: HashMap::new(), round: 0 };
    if let Ok(session) = russh::server::run_stream(Arc::new(config), stream, handler).await {
        // However it ends, it has ended.
        drop(session.await);
    }
    memory.alive.fetch_sub(1, Ordering::SeqCst);
}
