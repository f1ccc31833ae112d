//! What others of this machine can read of the programs that are started (S07).

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{Place, finish};

/// PostgreSQL's program of this name.
fn real(name: &str) -> String {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten();
    let versioned = versions.map(|version| version.unwrap().path().join("bin").join(name)).find(|path| path.is_file());
    versioned.map_or_else(|| name.to_owned(), |path| path.display().to_string())
}

/// A program of this name in `folder` that tells the version of the real one, and otherwise runs `script`.
pub(super) fn stand_in(folder: &Path, name: &str, script: &str) {
    let path = folder.join(name);
    let text = format!("#!/bin/sh\nif [ \"$1\" = --version ]; then exec {} --version; fi\n{script}\n", real(name));
    let beside = folder.join(format!("{name}.text"));
    std::fs::write(&beside, text).unwrap();
    std::fs::set_permissions(&beside, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Written by another process: what a test beside this one starts meanwhile cannot hold it open, which would keep it from running.
    assert!(Command::new("cp").arg("-p").args([&beside, &path]).status().unwrap().success());
}

#[test]
fn sec_s07_r09_no_password_of_the_database_is_in_a_list_of_processes() {
    let place = Place::at_work();
    let (folder, seen) = (tempfile::tempdir().unwrap(), place.folder.path().join("seen"));
    for name in ["pg_dump", "pg_restore"] {
        let look = format!(
            "tr '\\0' '\\n' </proc/$$/cmdline >>{seen}; tr '\\0' '\\n' </proc/$$/environ >>{seen}",
            seen = seen.display()
        );
        stand_in(folder.path(), name, &format!("{look}\nexec {} \"$@\"", real(name)));
    }
    let run = |place: &Place, arguments: &[&str]| {
        let url = place.folder.path().join("owner-url");
        std::fs::write(&url, format!("{}&password=canary-in-the-url", place.database.owner_url().expose())).unwrap();
        let mut command = super::hannun(arguments);
        command.env("DATABASE_URL_FILE", &url).env("PGPASSWORD", "canary-of-libpq");
        command.env("HANNUN_IP_SERVICE", "https://ip.example/{address}?token=canary-token");
        command.env("HANNUN_DATA_DIR", place.folder.path());
        finish(command, "").done()
    };
    let (file, programs) = (place.folder.path().join("backup"), folder.path().to_str().unwrap());
    let file = file.to_str().unwrap();
    run(&place, &["backup", file, "--programs", programs]);
    let other = Place::empty_beside(&place);
    run(&other, &["restore", file, "--programs", programs]);
    let seen = std::fs::read_to_string(seen).unwrap();
    assert!(seen.contains("--snapshot=") && seen.contains("--single-transaction"), "both were looked at: {seen}");
    assert!(!seen.contains("canary") && !seen.contains("postgres://"), "{seen}");
}
