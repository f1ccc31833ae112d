//! The private PostgreSQL: it outlives nothing and survives everything, as root and as an ordinary user.

mod full_disk;
mod kills;
mod surroundings;

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use hannun::db::private_server::{Durability, PrivateServer};
use hannun::db::{establish, migrate, roles};
use hannun::models::groups::{Group, NewGroup};
use tempfile::TempDir;

use crate::harness::database::socket_folder;

/// Names the data directory for the processes that tests start.
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

/// For tests in which nothing is killed.
fn start_fast(data_dir: &Path) -> PrivateServer {
    PrivateServer::start(data_dir, Durability::None).unwrap()
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
    fn start(command: Command, folder: &Path) -> Self {
        Self::run("db::private_server::serve_until_killed", command, folder)
    }

    /// Runs one of the ignored tests with `command`.
    fn run(name: &str, mut command: Command, folder: &Path) -> Self {
        let mut process = command
            .args(["--exact", name, "--ignored", "--nocapture", "--test-threads=1"])
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
