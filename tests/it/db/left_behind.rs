//! The tests' own databases leave nothing, however a test or the whole run ends.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use hannun::db::establish;
use hannun::secret::SecretText;

use crate::harness::database::{TestDatabase, socket_folder};

#[derive(QueryableByName)]
struct Count {
    #[diesel(sql_type = BigInt)]
    count: i64,
}

#[test]
fn the_database_of_a_test_that_panics_is_dropped() {
    let name = std::sync::Arc::new(std::sync::Mutex::new(String::new()));
    let told = std::sync::Arc::clone(&name);
    let test = std::thread::spawn(move || {
        let database = TestDatabase::new();
        let url = database.owner_url();
        let database_name = url.expose().split('?').next().unwrap().rsplit('/').next().unwrap().to_owned();
        *told.lock().unwrap() = database_name;
        panic!("on purpose");
    });
    assert!(test.join().is_err());
    let name = name.lock().unwrap().clone();
    let another = TestDatabase::new();
    let count = diesel::sql_query(format!("select count(*) as count from pg_database where datname = '{name}'"))
        .get_result::<Count>(&mut another.owner())
        .unwrap();
    assert_eq!((name.is_empty(), count.count), (false, 0));
}

/// Not a test of its own: a run that is killed.
#[test]
#[ignore = "started by another test"]
fn hold_a_database() {
    let database = TestDatabase::new();
    println!("\nholding {} {}", TestDatabase::cluster_folder().display(), database.owner_url().expose());
    std::thread::sleep(Duration::from_mins(2));
}

#[test]
fn a_killed_run_leaves_no_process_and_no_file() {
    let mut run = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "db::left_behind::hold_a_database", "--ignored", "--nocapture"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lines = BufReader::new(run.stdout.take().unwrap()).lines();
    let said = lines.map_while(Result::ok).find(|line| line.starts_with("holding ")).unwrap();
    let (folder, url) = said.strip_prefix("holding ").unwrap().split_once(' ').unwrap();
    let url = SecretText::new(url.to_owned());
    let (folder, socket) = (PathBuf::from(folder), socket_folder(&url));
    establish(&url).unwrap();
    assert!(folder.is_dir() && socket.is_dir());
    run.kill().unwrap();
    run.wait().unwrap();
    let gone = |path: &Path| !path.exists();
    let deadline = Instant::now() + Duration::from_secs(40);
    while !(gone(&folder) && gone(&socket)) {
        assert!(Instant::now() < deadline, "still there: {}, {}", folder.display(), socket.display());
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(establish(&url).is_err());
}
