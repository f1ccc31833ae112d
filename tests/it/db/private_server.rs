//! The private PostgreSQL: it outlives nothing and survives everything, as root and as an ordinary user.

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use diesel::connection::SimpleConnection;
use diesel::prelude::*;
use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{Db, establish, migrate, roles};
use hannun::error::Error;
use hannun::models::groups::{Group, NewGroup};
use tempfile::TempDir;

use crate::harness::database::socket_folder;
use crate::harness::skip::skip;

/// Names the data directory for [`serve_until_killed`].
const CHILD: &str = "HANNUN_TEST_PRIVATE_SERVER";

/// A data directory that an unprivileged account can pass through.
fn data_dir() -> TempDir {
    use std::os::unix::fs::PermissionsExt;
    let builder = fs::Permissions::from_mode(0o711);
    tempfile::Builder::new().prefix("hannun-private-").permissions(builder).tempdir().unwrap()
}

/// As in use: what is committed survives a kill.
fn start(data_dir: &Path) -> PrivateServer {
    PrivateServer::start(data_dir, Durability::Kept).unwrap()
}

/// Polls until `condition` holds.
fn wait_for(what: &str, limit: Duration, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + limit;
    while !condition() {
        assert!(Instant::now() < deadline, "still not after {limit:?}: {what}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

fn is_alive(process: u32) -> bool {
    // A zombie has no memory map; it only waits to be seen by its parent.
    fs::read_to_string(format!("/proc/{process}/statm")).is_ok_and(|text| !text.starts_with("0 "))
}

fn kill(process: u32) {
    let status = Command::new("kill").args(["-9", &process.to_string()]).status().unwrap();
    assert!(status.success());
}

fn add_group(server: &PrivateServer, name: &str) {
    migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    NewGroup { name, note: "" }.insert(&mut establish(&server.application_url()).unwrap()).unwrap();
}

fn groups(server: &PrivateServer) -> Vec<String> {
    let groups = Group::all(&mut establish(&server.application_url()).unwrap()).unwrap();
    groups.into_iter().map(|group| group.name).collect()
}

/// Not a test of its own: what the processes run that other tests start and kill.
#[test]
#[ignore = "started by other tests"]
fn serve_until_killed() {
    let folder = std::env::var(CHILD).unwrap();
    match PrivateServer::start(Path::new(&folder), Durability::Kept) {
        Ok(server) => {
            add_group(&server, "kept");
            let socket = socket_folder(&server.application_url());
            println!("\nrunning {} {}", server.process_id().unwrap(), socket.display());
            std::thread::sleep(Duration::from_mins(2));
        }
        Err(problem) => println!("\nrefused {problem}"),
    }
}

/// Another process that runs a server in `folder`, and what it said: `running <process> <socket>` or `refused <sentence>`.
struct Other {
    process: Child,
    said: String,
}

impl Other {
    fn start(mut command: Command, folder: &Path) -> Self {
        let mut process = command
            .args(["--exact", "db::private_server::serve_until_killed", "--ignored", "--nocapture", "--test-threads=1"])
            .env(CHILD, folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let said = lines
            .map_while(Result::ok)
            .find(|line| (line.starts_with("running ") && line.contains('/')) || line.starts_with("refused "))
            .unwrap_or_default();
        Self { process, said }
    }

    fn here(folder: &Path) -> Self {
        Self::start(Command::new(std::env::current_exe().unwrap()), folder)
    }

    /// The running PostgreSQL.
    fn postgres(&self) -> u32 {
        self.running().unwrap_or_else(|| panic!("{}", self.said)).0
    }

    /// The running PostgreSQL and the folder of its socket.
    fn running(&self) -> Option<(u32, &Path)> {
        let (process, socket) = self.said.strip_prefix("running ")?.split_once(' ')?;
        Some((process.parse().ok()?, Path::new(socket)))
    }
}

impl Drop for Other {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        // Killed, it leaves an empty folder for its next start; here there is none, unless the test itself went on with it.
        let Some((postgres, socket)) = self.running() else { return };
        let deadline = Instant::now() + Duration::from_secs(10);
        while is_alive(postgres) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(20));
        }
        let _ = fs::remove_dir(socket);
    }
}

#[test]
fn what_was_committed_is_there_after_a_stop_and_a_start() {
    let folder = data_dir();
    let server = start(folder.path());
    let process = server.process_id().unwrap();
    add_group(&server, "kept");
    server.stop();
    assert!(!is_alive(process));
    assert_eq!(groups(&start(folder.path())), ["kept"]);
}

#[test]
fn only_its_account_gets_to_the_cluster_and_the_socket_and_nothing_listens_on_a_network() {
    let folder = data_dir();
    let server = start(folder.path());
    let owner = fs::metadata(format!("/proc/{}", server.process_id().unwrap())).unwrap().uid();
    assert_ne!(owner, 0, "PostgreSQL is never root");
    let socket = socket_folder(&server.application_url());
    for private in [folder.path().join("postgres-private"), folder.path().join("postgres-private/cluster"), socket] {
        let found = fs::metadata(&private).unwrap();
        assert_eq!((found.mode() & 0o777, found.uid()), (0o700, owner), "{}", private.display());
    }
    let shown = |setting: &str| {
        let mut connection = establish(&server.application_url()).unwrap();
        let sql = diesel::dsl::sql::<diesel::sql_types::Text>(&format!("current_setting('{setting}')"));
        diesel::select(sql).get_result::<String>(&mut connection).unwrap()
    };
    assert_eq!(shown("listen_addresses"), "");
}

#[test]
fn the_application_role_is_no_superuser_and_owns_nothing() {
    let folder = data_dir();
    let server = start(folder.path());
    migrate::migrate(&server.owner_url(), Some(roles::APPLICATION_ROLE)).unwrap();
    let mut application = establish(&server.application_url()).unwrap();
    assert!(roles::audit_is_guarded(&mut application).unwrap());
    for statement in ["create role other", "copy (select 1) to program 'true'", "set role hannun_owner"] {
        assert!(application.batch_execute(statement).is_err(), "{statement}");
    }
}

#[tokio::test]
async fn the_queue_s_driver_understands_the_addresses_too() {
    let folder = data_dir();
    let server = start(folder.path());
    for url in [server.owner_url(), server.application_url()] {
        let pool = apalis_postgres::PgPool::connect(url.expose()).await.unwrap();
        pool.close().await;
    }
}

#[tokio::test]
async fn rel_r04_a_killed_postgresql_is_started_again_and_nothing_committed_is_lost() {
    let folder = data_dir();
    let server = start(folder.path());
    add_group(&server, "kept");
    let db = Db::connect(&server.application_url(), 2).unwrap();
    db.ping().await.unwrap();
    for _ in 0..2 {
        let before = server.process_id().unwrap();
        kill(before);
        let deadline = Instant::now() + Duration::from_secs(20);
        while db.ping().await.is_err() || server.process_id() == Some(before) {
            assert!(Instant::now() < deadline, "it did not come back");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }
    let groups = db.run(Group::all).await.unwrap();
    assert_eq!(groups.len(), 1);
}

#[test]
fn a_killed_hannun_takes_its_postgresql_along_and_the_next_one_starts_at_once() {
    let folder = data_dir();
    let mut other = Other::here(folder.path());
    let postgres = other.postgres();
    assert!(is_alive(postgres));
    other.process.kill().unwrap();
    other.process.wait().unwrap();
    // At once: while the old PostgreSQL is still ending.
    let server = start(folder.path());
    assert_eq!(groups(&server), ["kept"]);
    wait_for("the old PostgreSQL is gone", Duration::from_secs(10), || !is_alive(postgres));
}

#[test]
fn a_killed_hannun_with_its_postgresql_killed_too_leaves_nothing_in_the_way() {
    let folder = data_dir();
    let mut other = Other::here(folder.path());
    let postgres = other.postgres();
    other.process.kill().unwrap();
    kill(postgres);
    other.process.wait().unwrap();
    assert_eq!(groups(&start(folder.path())), ["kept"]);
}

#[test]
fn of_two_on_one_data_directory_the_second_says_who_holds_it() {
    let folder = data_dir();
    let other = Other::here(folder.path());
    let refusal = PrivateServer::start(folder.path(), Durability::None).unwrap_err();
    assert!(matches!(refusal, Error::Conflict(_)), "{refusal:?}");
    let sentence = refusal.to_string();
    assert!(sentence.contains(&format!("process {}", other.process.id())), "{sentence}");
    assert!(is_alive(other.postgres()), "the first one goes on");
}

#[test]
fn a_half_made_cluster_is_made_anew() {
    let folder = data_dir();
    let half = folder.path().join("postgres-private/cluster.new");
    fs::create_dir_all(half.join("base")).unwrap();
    fs::write(half.join("PG_VERSION"), "15\n").unwrap();
    let server = start(folder.path());
    assert!(!half.exists() && folder.path().join("postgres-private/cluster/PG_VERSION").is_file());
    add_group(&server, "new");
}

#[test]
fn variables_of_libpq_in_the_environment_lead_nowhere_else() {
    let folder = data_dir();
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.env("PGPORT", "6543").env("PGUSER", "nobody").env("PGDATABASE", "other").env("PGHOST", "192.0.2.1");
    command.env("PGSSLMODE", "require");
    let other = Other::start(command, folder.path());
    assert!(is_alive(other.postgres()));
}

#[test]
fn a_deep_data_directory_gets_a_socket_whose_path_is_short_enough() {
    let folder = data_dir();
    let deep = folder.path().join("d".repeat(100)).join("e".repeat(100));
    let server = start(&deep);
    assert!(socket_folder(&server.application_url()).join(".s.PGSQL.5432").as_os_str().len() <= 107);
    add_group(&server, "x");
}

#[test]
fn an_ordinary_user_runs_it_as_themselves() {
    const TEST: &str = "an_ordinary_user_runs_it_as_themselves";
    if !rustix::process::geteuid().is_root() {
        // Every other test has shown it already.
        return skip(TEST, "hannun is not root here, so that all tests are run by an ordinary user");
    }
    let folder = data_dir();
    let home = folder.path().join("home");
    fs::create_dir(&home).unwrap();
    std::os::unix::fs::chown(&home, Some(65_534), Some(65_534)).unwrap();
    let program = std::env::current_exe().unwrap();
    let mut command = Command::new("setpriv");
    command
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--"])
        .arg(&program)
        .env_remove("XDG_RUNTIME_DIR");
    if !Command::new("setpriv")
        .args(["--reuid=65534", "--regid=65534", "--clear-groups", "--", "test", "-x"])
        .arg(&program)
        .status()
        .is_ok_and(|status| status.success())
    {
        return skip(TEST, "another user cannot run the test program here");
    }
    let other = Other::start(command, &home.join("data"));
    let owner = fs::metadata(format!("/proc/{}", other.postgres())).unwrap().uid();
    assert_eq!(owner, 65_534);
}

#[test]
fn rel_r05_a_disk_that_is_full_is_said_and_leaves_no_half_cluster() {
    const TEST: &str = "rel_r05_a_disk_that_is_full_is_said_and_leaves_no_half_cluster";
    let folder = data_dir();
    // In a mount namespace of its own, so that nothing stays mounted, however this ends.
    let script = "mount -t tmpfs -o size=24m,mode=711 none \"$1\" && shift && exec \"$@\"";
    let unshare = |command: &mut Command| {
        command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", script, "sh"]).arg(folder.path());
    };
    let mut probe = Command::new("unshare");
    unshare(&mut probe);
    if !probe.arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success()) {
        return skip(TEST, "no file system can be mounted here");
    }
    let mut command = Command::new("unshare");
    unshare(&mut command);
    command.arg(std::env::current_exe().unwrap());
    let other = Other::start(command, folder.path());
    assert!(other.said.starts_with("refused ") && other.said.contains("No space left on device"), "{}", other.said);
}
