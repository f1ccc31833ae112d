//! Whole processes of hannun that share a database, and the real server that they sample.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

use hannun::db::private_server::{Durability, PrivateServer};
use hannun::models::actor::{Role, Scope};
use hannun::models::api_tokens::NewApiToken;
use hannun::models::credentials::{CredentialKind, NewCredential, Privileges, Secrets};
use hannun::models::data_keys::DataKey;
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::instances::Instance;
use hannun::models::sampling_leases::ToSample;
use hannun::models::servers::NewServer;
use hannun::secret::SecretText;
use serde_json::Value;
use tempfile::TempDir;

use super::database::{TestDatabase, quick_folder};
use super::program::Program;
use super::ssh::fixture_key;
use super::sshd::{Setup, Sshd};

/// What the processes share.
pub(crate) struct Shared {
    pub(crate) database: TestDatabase,
    pub(crate) sshd: Sshd,
    folder: TempDir,
    token: String,
    /// What may be asked inside, as `HANNUN_OUTBOUND_ALLOW` has it.
    pub(crate) allowed: String,
}

/// One process.
pub(crate) struct Member {
    pub(crate) program: Program,
    /// Where it listens: `127.0.0.1:12345`.
    address: String,
    token: String,
}

impl Shared {
    /// An OpenSSH server, known as `web-1`, `web-2`, … and sampled every ten seconds; `None` where the test is skipped.
    pub(crate) fn new(test: &str, servers: usize) -> Option<Self> {
        let sshd = Setup::default().start(test)?;
        Some(Self::over(TestDatabase::new(), tempfile::tempdir().unwrap(), (sshd, servers)))
    }

    /// The same with a PostgreSQL of the test's own, which may be killed: it keeps what was committed.
    pub(crate) fn with_own_postgresql(test: &str, servers: usize) -> Option<Self> {
        let sshd = Setup::default().start(test)?;
        // The account that PostgreSQL runs as has to get through.
        let permissions = std::fs::Permissions::from_mode(0o711);
        let folder = tempfile::Builder::new().permissions(permissions).tempdir_in(quick_folder()).unwrap();
        let server = PrivateServer::start(folder.path(), Durability::Kept).unwrap();
        Some(Self::over(TestDatabase::of(server), folder, (sshd, servers)))
    }

    fn over(database: TestDatabase, folder: TempDir, (sshd, servers): (Sshd, usize)) -> Self {
        let (connection, endpoint) = (&mut database.connection(), sshd.endpoint());
        let sealer = DataKey::open_sealer(connection, &folder.path().join("secret.key")).unwrap();
        let private_key = Some(SecretText::new(fixture_key("ed25519")));
        let new = NewCredential {
            name: "test",
            user_name: &endpoint.user,
            kind: CredentialKind::PrivateKey,
            privilege: Privileges::None,
            note: "",
            key: None,
            secrets: &Secrets { private_key, ..Secrets::default() },
        };
        let credential_id = Some(new.insert(connection, &sealer, chrono::Utc::now()).unwrap().id);
        let pin = &endpoint.pins[0];
        let key = GivenKey { algorithm: &pin.algorithm, public_key: pin.public_key.trim(), fingerprint: "SHA256:test" };
        for number in 1..=servers {
            let name = format!("web-{number}");
            let server = NewServer { port: sshd.port.into(), credential_id, ..NewServer::new(&name, "127.0.0.1") };
            let server = server.insert(connection).unwrap();
            HostKey::pin(connection, server.id, &key, "the test", chrono::Utc::now()).unwrap();
        }
        let new = NewApiToken { name: "test", user_id: None, role: Role::Viewer, scope: Scope::All, expires_at: None };
        let token = new.insert(connection, chrono::Utc::now()).unwrap().0.expose().clone();
        Self { database, sshd, folder, token, allowed: String::new() }
    }

    /// Starts a process in this role, with a data directory of this name, and waits until it lives.
    pub(crate) fn start(&self, name: &str, role: &str, lease: &str) -> Member {
        let path = self.folder.path();
        std::fs::write(path.join("database-url"), self.database.owner_url().expose()).unwrap();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
        let log = std::fs::File::options().append(true).create(true).open(path.join(format!("{name}.log"))).unwrap();
        let before = self.living();
        let child = Command::new(env!("CARGO_BIN_EXE_hannun"))
            .args(["serve", "--role", role, "--bind", &address])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HANNUN_DATA_DIR", path.join(name))
            .env("HANNUN_SECRET_KEY_FILE", path.join("secret.key"))
            .env("DATABASE_URL_FILE", path.join("database-url"))
            .env("HANNUN_LEASE", lease)
            .env("HANNUN_IDLE_CONNECTION", "5s")
            .env("HANNUN_OUTBOUND_ALLOW", &self.allowed)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let member = Member { program: Program::new(child), address, token: self.token.clone() };
        self.eventually(&format!("{name} lives"), || self.living().iter().any(|id| !before.contains(id)));
        if role != "work" {
            self.eventually(&format!("{name} answers"), || member.get("/healthz").is_some());
        }
        member
    }

    /// The processes that live, oldest first.
    pub(crate) fn living(&self) -> Vec<i64> {
        let living = Instance::living(&mut self.database.connection()).unwrap();
        living.into_iter().map(|instance| instance.id.0).collect()
    }

    /// How many servers each living process leases, oldest first, and how many nobody does.
    pub(crate) fn shares(&self) -> (Vec<usize>, usize) {
        let mut counts: BTreeMap<i64, usize> = BTreeMap::new();
        for one in ToSample::all(&mut self.database.connection()).unwrap() {
            *counts.entry(one.lease.map_or(0, |lease| lease.holder.0)).or_default() += 1;
        }
        let free = counts.remove(&0).unwrap_or_default();
        (self.living().iter().map(|id| counts.get(id).copied().unwrap_or_default()).collect(), free)
    }

    /// Waits until the living processes have these shares, and nothing is nobody's.
    pub(crate) fn come_to(&self, shares: &[usize]) {
        self.eventually(&format!("{shares:?}"), || self.shares() == (shares.to_vec(), 0));
    }

    /// Polls until `is_so`, as long as a test is patient: whole processes on a busy machine.
    pub(crate) fn eventually(&self, what: &str, is_so: impl Fn() -> bool) {
        self.eventually_within(super::PATIENCE, what, is_so);
    }

    /// The same with another patience.
    pub(crate) fn eventually_within(&self, patience: Duration, what: &str, is_so: impl Fn() -> bool) {
        let end = Instant::now() + patience;
        while !is_so() {
            assert!(Instant::now() < end, "{what}: not within {patience:?}; {:?}\n{}", self.shares(), self.logs());
            // Fewer looks a second than one program may ask for (W10).
            thread::sleep(Duration::from_millis(150));
        }
    }

    /// What all of them said.
    pub(crate) fn logs(&self) -> String {
        let files = std::fs::read_dir(self.folder.path()).unwrap().map(|entry| entry.unwrap().path());
        let logs = files.filter(|path| path.extension().is_some_and(|ending| ending == "log"));
        let told = logs.map(|path| format!("{}:\n{}", path.display(), std::fs::read_to_string(&path).unwrap()));
        told.collect::<Vec<_>>().concat()
    }
}

/// Somebody who asks a process, which may be gone by then.
pub(crate) struct Visitor {
    address: String,
    token: String,
}

impl Visitor {
    /// The status and the body of what is answered to an empty object; none where there is no whole answer.
    pub(crate) fn post(&self, path: &str) -> Option<(u16, Value)> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let (address, token) = (&self.address, &self.token);
        let head = format!("POST {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n");
        let kind = "Content-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n";
        write!(stream, "{head}{kind}\r\n{{}}").ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        Some((head.split(' ').nth(1)?.parse().ok()?, serde_json::from_str(body).ok()?))
    }
}

impl Member {
    /// Where it listens: `127.0.0.1:12345`.
    pub(crate) fn address(&self) -> &str {
        &self.address
    }

    /// The body of an answer with 200; none where there is no such answer.
    pub(crate) fn get(&self, path: &str) -> Option<String> {
        let mut answer = String::new();
        self.ask(path)?.read_to_string(&mut answer).ok()?;
        let (head, body) = answer.split_once("\r\n\r\n")?;
        head.starts_with("HTTP/1.1 200").then(|| body.to_owned())
    }

    /// The same as JSON.
    pub(crate) fn json(&self, path: &str) -> Option<Value> {
        serde_json::from_str(&self.get(path)?).ok()
    }

    /// Somebody else who asks the same process, with a token of their own.
    pub(crate) fn as_seen_by(&self, token: &str) -> Visitor {
        Visitor { address: self.address.clone(), token: token.to_owned() }
    }

    /// The data of each event of a stream, as they come.
    pub(crate) fn events(&self, path: &str) -> mpsc::Receiver<Value> {
        let lines = BufReader::new(self.ask(path).unwrap()).lines();
        let (give, take) = mpsc::channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                if let Some(data) = line.strip_prefix("data: ")
                    && give.send(serde_json::from_str(data).unwrap()).is_err()
                {
                    return;
                }
            }
        });
        take
    }

    fn ask(&self, path: &str) -> Option<TcpStream> {
        let mut stream = TcpStream::connect(&self.address).ok()?;
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        let (address, token) = (&self.address, &self.token);
        write!(
            stream,
            "GET {path} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
        )
        .ok()?;
        Some(stream)
    }
}
