//! No space left (R05).

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hannun::db::establish;
use hannun::models::groups::{Group, NewGroup};

use super::{CHILD, Other, add_group, data_dir, start};
use crate::harness::skip::skip;

/// Not a test of its own: fills the disk of its data directory, and frees it again.
#[test]
#[ignore = "started by another test"]
fn fill_the_disk() {
    let folder = PathBuf::from(std::env::var(CHILD).unwrap());
    let server = start(&folder);
    add_group(&server, "before");
    let mut connection = establish(&server.application_url()).unwrap();
    let ballast = folder.join("ballast");
    let mut file = fs::File::create(&ballast).unwrap();
    while std::io::Write::write_all(&mut file, &[0; 8_192]).is_ok() {}
    drop(file);
    let note = "x".repeat(9_000);
    let problem = (0..10_000)
        .find_map(|number| NewGroup { name: &format!("g{number}"), note: &note }.insert(&mut connection).err());
    let read = Group::by_name(&mut connection, "before").is_ok();
    fs::remove_file(&ballast).unwrap();
    let again = NewGroup { name: "after", note: &note }.insert(&mut connection).is_ok();
    println!("\nrefused {} | read {read} | again {again}", problem.unwrap());
}

/// The test program in a mount namespace of its own, with `folder` on a disk of `size`: nothing stays mounted, however it
/// ends. None where nothing can be mounted.
fn on_a_small_disk(folder: &Path, size: &str) -> Option<Command> {
    let script = format!("mount -t tmpfs -o size={size},mode=711 none \"$1\" && shift && exec \"$@\"");
    let unshare = || {
        let mut command = Command::new("unshare");
        command.args(["--mount", "--propagation", "private", "--", "/bin/sh", "-c", &script, "sh"]).arg(folder);
        command
    };
    let possible = unshare().arg("true").stderr(Stdio::null()).status().is_ok_and(|status| status.success());
    possible.then(|| {
        let mut command = unshare();
        command.arg(std::env::current_exe().unwrap());
        command
    })
}

#[test]
fn rel_r05_a_disk_too_small_for_a_cluster_is_said() {
    const TEST: &str = "rel_r05_a_disk_too_small_for_a_cluster_is_said";
    let folder = data_dir();
    let Some(command) = on_a_small_disk(folder.path(), "24m") else {
        return skip(TEST, "no file system can be mounted here");
    };
    let other = Other::start(command, folder.path());
    assert!(other.said.starts_with("refused ") && other.said.contains("No space left on device"), "{}", other.said);
}

#[test]
fn rel_r05_with_a_full_disk_changes_are_refused_reading_goes_on_and_space_heals_it() {
    const TEST: &str = "rel_r05_with_a_full_disk_changes_are_refused_reading_goes_on_and_space_heals_it";
    let folder = data_dir();
    let Some(command) = on_a_small_disk(folder.path(), "160m") else {
        return skip(TEST, "no file system can be mounted here");
    };
    let mut other = Other::run("db::private_server::full_disk::fill_the_disk", command, folder.path());
    // It stops its server by itself.
    other.process.wait().unwrap();
    let expected = "refused The disk of the database is full. Nothing was changed; free some space, then try again \
        | read true | again true";
    assert_eq!(other.said, expected);
}
