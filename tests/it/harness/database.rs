//! A database of its own for each test, cloned from a migrated template on one throw-away cluster of the test binary.
//!
//! Nothing stays: a database is dropped with its test, also when that panics; the cluster ends with the process, however
//! that ends, and a shell that waits for its end takes the folders away.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use diesel::sql_types::{Integer, Text};
use hannun::clock::Clock;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{Db, establish, migrate, roles};
use hannun::secret::SecretText;

/// Reads where the socket is, then waits for the end of its standard input, which is this process's end, then until
/// PostgreSQL is gone too.
const SWEEPER: &str = r#"
IFS= read -r socket
cat >/dev/null
tries=0
while [ -e "$1/postgres-private/cluster/postmaster.pid" ] && [ "$tries" -lt 300 ]; do
    tries=$((tries + 1)); sleep 0.1
done
rm -rf -- "$1" ${socket:+"$socket"}
"#;

struct Cluster {
    folder: PathBuf,
    server: PrivateServer,
    /// Held open for the whole life of the process.
    _sweeper: ChildStdin,
}

/// The cluster, with its migrated database as the template.
static CLUSTER: OnceLock<Cluster> = OnceLock::new();
static STARTING: Mutex<()> = Mutex::new(());
static COUNT: AtomicU32 = AtomicU32::new(0);

fn cluster() -> &'static Cluster {
    // A start that panics must fail each test with its own reason, not with a poisoned lock.
    let _turn = STARTING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    CLUSTER.get_or_init(|| {
        let folder = tempfile::Builder::new().prefix("hannun-test-").tempdir_in(quick_folder()).unwrap().keep();
        let mut sweeper = sweep_after_us(&folder);
        let server = PrivateServer::start(&folder, Durability::None).unwrap();
        writeln!(sweeper, "{}", socket_folder(&server.owner_url()).display()).unwrap();
        migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
        Cluster { folder, server, _sweeper: sweeper }
    })
}

/// Where files are quickly made and taken away: a database is some hundred files, and each test has one of its own. In memory
/// where there is enough of it, else where temporary files are.
pub(super) fn quick_folder() -> PathBuf {
    const ENOUGH: u64 = 4 << 30;
    let memory = Path::new("/dev/shm");
    let free = rustix::fs::statvfs(memory).map_or(0, |found| found.f_bavail.saturating_mul(found.f_frsize));
    if free >= ENOUGH { memory.to_owned() } else { std::env::temp_dir() }
}

/// Where the socket of an address is; there it is percent-encoded.
pub(crate) fn socket_folder(url: &SecretText) -> PathBuf {
    let host = url.expose().split("host=").nth(1).unwrap().split('&').next().unwrap();
    PathBuf::from(host.replace("%2F", "/"))
}

/// Starts the shell that takes `folder` away once this process is gone.
fn sweep_after_us(folder: &Path) -> ChildStdin {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SWEEPER, "sh"]).arg(folder).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    // Its own group: an interrupt at the terminal must not end it before its work.
    command.process_group(0).spawn().unwrap().stdin.take().unwrap()
}

/// A database for one test; dropped with the value.
pub(crate) struct TestDatabase {
    /// The doorway, as the application role.
    pub(crate) db: Db,
    /// Stands still until the test moves it.
    pub(crate) clock: Clock,
    place: Place,
}

/// Where a database is.
enum Place {
    /// On the cluster that all tests share, under this name.
    Shared(String),
    /// On a server of the test's own.
    Own(PrivateServer),
}

impl Place {
    /// The address for a role.
    fn url(&self, role: &str) -> SecretText {
        match self {
            Self::Shared(name) => url(role, name),
            Self::Own(server) if role == roles::OWNER_ROLE => server.owner_url(),
            Self::Own(server) => server.application_url(),
        }
    }
}

impl TestDatabase {
    /// A new database with every table and nothing in them. Blocks: inside async tests it is called before anything else.
    pub(crate) fn new() -> Self {
        Self::with_connections(4)
    }

    /// The same with up to `connections` connections.
    pub(crate) fn with_connections(connections: u32) -> Self {
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        // Its files are copied: through the log it would take twice as long.
        maintain(&format!("create database {name} template hannun owner {} strategy file_copy", roles::OWNER_ROLE));
        Self::at(Place::Shared(name), connections)
    }

    /// A new database with nothing in it, not even tables.
    pub(crate) fn empty() -> Self {
        let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
        maintain(&format!("create database {name} owner {}", roles::OWNER_ROLE));
        Self::at(Place::Shared(name), 4)
    }

    /// The database of a server that the test runs by itself, to be killed or to run out of space; migrated.
    pub(crate) fn of(server: PrivateServer) -> Self {
        migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
        Self::at(Place::Own(server), 4)
    }

    fn at(place: Place, connections: u32) -> Self {
        let db = Db::connect(&place.url(roles::APPLICATION_ROLE), connections).unwrap();
        Self { db, clock: Clock::standing_at(noon()), place }
    }

    /// The process of its own server.
    pub(crate) fn postgres(&self) -> u32 {
        match &self.place {
            Place::Own(server) => server.process_id().expect("it runs"),
            Place::Shared(_) => panic!("this server is everybody's"),
        }
    }

    /// Where the owner connects: what a person with the database's password can do.
    pub(crate) fn owner_url(&self) -> SecretText {
        self.place.url(roles::OWNER_ROLE)
    }

    /// Where the program connects.
    pub(crate) fn application_url(&self) -> SecretText {
        self.place.url(roles::APPLICATION_ROLE)
    }

    /// The folder of the cluster that all databases of this process share.
    pub(crate) fn cluster_folder() -> &'static Path {
        &cluster().folder
    }

    /// A connection of the owner.
    pub(crate) fn owner(&self) -> PgConnection {
        establish(&self.owner_url()).unwrap()
    }

    /// A connection of the application role, without the pool's limits.
    pub(crate) fn connection(&self) -> PgConnection {
        establish(&self.application_url()).unwrap()
    }

    /// Lets nobody in, and puts out who is there.
    pub(crate) fn go_away(&self) {
        maintain(&format!("alter database {} allow_connections false", self.name()));
        maintain(&format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{}'", self.name()));
    }

    /// Lets everybody in again.
    pub(crate) fn come_back(&self) {
        maintain(&format!("alter database {} allow_connections true", self.name()));
    }

    /// Cuts about half of its connections, as a network does that fails for a moment.
    pub(crate) fn cut(&self) {
        let others = "datname = current_database() and pid <> pg_backend_pid()";
        let some = format!("select pg_terminate_backend(pid) from pg_stat_activity where {others} and random() < 0.5");
        self.owner().batch_execute(&some).unwrap();
    }

    /// The processes of the server that answer the application's connections of this name; only those that are asked something, if so.
    pub(crate) fn answering(&self, name: &str, only_busy: bool) -> Vec<u32> {
        #[derive(QueryableByName)]
        struct Process {
            #[diesel(sql_type = Integer)]
            pid: i32,
        }
        let busy = if only_busy { "and state <> 'idle'" } else { "" };
        let found = format!("select pid from pg_stat_activity where application_name = $1 {busy}");
        // Of the same role: others see neither name nor state.
        let connection = &mut PgConnection::establish(self.application_url().expose()).unwrap();
        let found: Vec<Process> = diesel::sql_query(found).bind::<Text, _>(name).load(connection).unwrap();
        found.into_iter().map(|process| process.pid.try_into().unwrap()).collect()
    }

    /// Its name on the cluster that all tests share.
    fn name(&self) -> &str {
        match &self.place {
            Place::Shared(name) => name,
            Place::Own(_) => panic!("this server is the test's own: end its process instead"),
        }
    }

    /// The time on the test's clock.
    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Moves the test's clock.
    pub(crate) fn advance(&self, by: TimeDelta) -> DateTime<Utc> {
        self.clock.advance(by);
        self.clock.now()
    }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let Place::Shared(name) = &self.place else { return };
        // Forced: the pool and tasks of a test that panicked may still hold connections.
        if let Ok(mut connection) = establish(&url(roles::OWNER_ROLE, "postgres")) {
            let _ = connection.batch_execute(&format!("drop database if exists {name} with (force)"));
        }
    }
}

fn maintain(statement: &str) {
    establish(&url(roles::OWNER_ROLE, "postgres")).unwrap().batch_execute(statement).unwrap();
}

/// The cluster's address for another role and database.
fn url(role: &str, database: &str) -> SecretText {
    let url = match role {
        roles::OWNER_ROLE => cluster().server.owner_url(),
        _ => cluster().server.application_url(),
    };
    SecretText::new(url.expose().replacen("/hannun?", &format!("/{database}?"), 1))
}

/// A day without a change of clocks anywhere.
fn noon() -> DateTime<Utc> {
    "2026-06-15T12:00:00Z".parse().unwrap()
}
