//! A log of 200,000 lines about who tried to sign in: how soon something is seen of it, and what an update costs later, beside a
//! program that reads the whole file.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use chrono::{TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::servers;
use hannun::logins::Reader;
use hannun::logins::reader::Depth;
use hannun::models::actor::{Actor, Scope};
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::login_events::addresses::{AddressQuestion, FromAddress};
use hannun::models::login_events::{LoginEvent, LoginFilter, LoginOutcome};
use hannun::models::servers::{NewServer, Server};
use hannun::remote::describe_host_key;
use hannun::remote::host::Host;

use crate::fleet::program;
use crate::http::percentile;
use crate::stage::Stage;

const LINES: u32 = 200_000;
const UPDATES: usize = 20;
/// Lines that come between two updates.
const NEW: u32 = 25;
const ADDRESS: &str = "127.0.200.1";

/// One round.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Known {
    /// From nothing to the busiest addresses of the last day, with what the server takes.
    pub(crate) first: Duration,
    /// The 95th percentile of an update of some lines, without the remote command.
    pub(crate) update: Duration,
    /// The 95th percentile of the remote command of such an update.
    pub(crate) remote: Duration,
    /// `awk`, which counts addresses in the whole file.
    pub(crate) whole_file: Duration,
}

/// A server whose logs are its own; it ends when this is dropped.
struct Logged {
    daemon: Child,
    folder: tempfile::TempDir,
}

impl Drop for Logged {
    fn drop(&mut self) {
        drop(self.daemon.kill());
        drop(self.daemon.wait());
    }
}

/// One round; none where nothing can be mounted.
pub(crate) async fn round(stage: &Stage) -> Option<Known> {
    let logged = Logged::start(stage)?;
    let host = host(stage).await;
    let began = Instant::now();
    stage.app.logins().read(&host, Depth::New).await.unwrap();
    assert!(!busiest(stage, &host).await.is_empty(), "nothing was seen of the log");
    let first = began.elapsed();
    // As the runner reads that nobody waits for.
    let patient = Reader { db: stage.app.db.patient(), ..stage.app.logins() };
    patient.read(&host, Depth::Whole).await.unwrap();
    let began = Instant::now();
    let awk = "/Failed password/ { seen[$(NF - 3)]++ } END { for (address in seen) print seen[address], address }";
    assert!(Command::new("awk").arg(awk).arg(logged.log()).stdout(Stdio::null()).status().unwrap().success());
    let whole_file = began.elapsed();
    let (mut updates, mut remotes) = (Vec::new(), Vec::new());
    for update in 0..UPDATES {
        let before = count(stage, &host).await;
        write_lines(&logged.log(), LINES + u32::try_from(update).unwrap() * NEW, NEW);
        let began = Instant::now();
        let answer = stage.app.logins().read(&host, Depth::New).await.unwrap().unwrap();
        updates.push(began.elapsed().saturating_sub(answer.evidence.took));
        remotes.push(answer.evidence.took);
        assert_eq!(
            count(stage, &host).await - before,
            i64::from(NEW),
            "an update brings what is new, and nothing twice"
        );
    }
    forget(stage, &host).await;
    let (update, remote) = (percentile(&mut updates), percentile(&mut remotes));
    Some(Known { first, update, remote, whole_file })
}

impl Logged {
    /// Another sshd with a `/var/log` and a `/run/log` of its own.
    fn start(stage: &Stage) -> Option<Self> {
        let folder = tempfile::TempDir::with_prefix("hannun-bench-").unwrap();
        let log = folder.path().join("auth.log");
        write_lines(&log, 0, LINES);
        let keys = stage.fleet.client_key();
        let keys = keys.parent().unwrap().display().to_string();
        let settings = format!(
            "ListenAddress {ADDRESS}\nPort {}\nHostKey {keys}/host_key\nAuthorizedKeysFile {keys}/authorized_keys\nStrictModes no\n\
             UsePAM no\nPidFile none\nUseDNS no\nPermitRootLogin prohibit-password\nPasswordAuthentication no\n",
            stage.fleet.port
        );
        let file = folder.path().join("sshd_config");
        fs::write(&file, settings).unwrap();
        let script =
            "mkdir -p /run/log && mount -t tmpfs none /run/log && mount --bind \"$1\" /var/log && shift && exec \"$@\"";
        let mut command = Command::new("unshare");
        command.args([
            "--mount",
            "--pid",
            "--fork",
            "--kill-child",
            "--mount-proc",
            "--",
            "/bin/sh",
            "-c",
            script,
            "sh",
        ]);
        command.arg(folder.path()).arg(program("sshd")?).args(["-D", "-f"]).arg(&file);
        let mut daemon = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().ok()?;
        let until = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect((ADDRESS, stage.fleet.port)).is_err() {
            if daemon.try_wait().ok()?.is_some() || Instant::now() > until {
                return None;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Some(Self { daemon, folder })
    }

    fn log(&self) -> PathBuf {
        self.folder.path().join("auth.log")
    }
}

/// Attempts of the last day, in order, from a few hundred addresses.
fn write_lines(log: &Path, from: u32, count: u32) {
    let file = fs::OpenOptions::new().create(true).append(true).open(log).unwrap();
    let mut file = std::io::BufWriter::new(file);
    let begin = Utc::now() - TimeDelta::hours(20);
    for number in from..from + count {
        let at = (begin + TimeDelta::milliseconds(i64::from(number) * 300)).format("%Y-%m-%dT%H:%M:%S%.6f+00:00");
        let (host, port) = (number % 250, 1_024 + number % 60_000);
        writeln!(
            file,
            "{at} server sshd[{}]: Failed password for root from 203.0.113.{host} port {port} ssh2",
            number % 30_000
        )
        .unwrap();
    }
    file.flush().unwrap();
}

/// The server, new each round, so that nothing is known of it.
async fn host(stage: &Stage) -> Host {
    let (port, key, now) = (stage.fleet.port, stage.fleet.host_key(), stage.app.clock.now());
    let server = stage.app.db.transaction(move |connection| {
        let other = Server::by_name(connection, &Scope::All, "server-1")?;
        let name = format!("logged-{}", now.timestamp_micros());
        let new = NewServer {
            port: port.into(),
            credential_id: other.credential_id,
            enabled: true,
            ..NewServer::new(&name, ADDRESS)
        };
        let server = new.insert(connection)?;
        let key = describe_host_key(&key).unwrap();
        let given = GivenKey { algorithm: &key.algorithm, public_key: &key.public_key, fingerprint: &key.fingerprint };
        HostKey::pin(connection, server.id, &given, "bench", now)?;
        Ok::<_, hannun::error::Error>(server)
    });
    stage.app.hosts.of(Actor::system("bench"), server.await.unwrap())
}

/// The other parts know nothing of this server.
async fn forget(stage: &Stage, host: &Host) {
    let id = host.server().id;
    let forgotten = stage.app.db.run(move |connection| {
        diesel::delete(servers::table.find(id)).execute(connection)?;
        Ok::<_, hannun::error::Error>(())
    });
    forgotten.await.unwrap();
}

async fn busiest(stage: &Stage, host: &Host) -> Vec<FromAddress> {
    let (server, now) = (host.server().id, stage.app.clock.now());
    let asked = AddressQuestion {
        server,
        outcome: LoginOutcome::Failed,
        span: (now - TimeDelta::days(1), now + TimeDelta::days(1)),
        text: None,
        sees_unknown_names: true,
        scope: vec![server],
    };
    let found =
        stage.app.db.run(move |connection| Ok::<_, hannun::error::Error>(FromAddress::of(connection, &asked, 200)?));
    found.await.unwrap()
}

async fn count(stage: &Stage, host: &Host) -> i64 {
    let filter = LoginFilter {
        servers: vec![host.server().id],
        outcome: Some(LoginOutcome::Failed),
        sees_unknown_names: true,
        ..LoginFilter::default()
    };
    let counted =
        stage.app.db.run(move |connection| Ok::<_, hannun::error::Error>(LoginEvent::count(connection, &filter)?));
    counted.await.unwrap()
}
