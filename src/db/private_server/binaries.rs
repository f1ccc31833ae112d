//! Where PostgreSQL's programs are, or the command that installs them.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result};
use crate::language::Message;

/// The two programs that we need, of one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
}

/// The newest under the folders that distributions use, then whatever is on the path. A cluster that exists (`version`
/// is its `PG_VERSION`) needs the programs that made it: another major version does not read its files.
pub(super) fn find(version: Option<&str>) -> Result<Binaries> {
    folders()
        .into_iter()
        .map(|folder| Binaries { initdb: folder.join("initdb"), postgres: folder.join("postgres") })
        .filter(|binaries| binaries.initdb.is_file() && binaries.postgres.is_file())
        .find(|binaries| version.is_none_or(|version| binaries.are_of(version)))
        .ok_or_else(|| {
            let command = install_command(&std::fs::read_to_string("/etc/os-release").unwrap_or_default());
            Error::Unavailable(match version {
                None => Message::new(
                    "PostgreSQL is not installed on this machine. Install it with {command}, or set DATABASE_URL to a server elsewhere",
                )
                .with("command", command),
                Some(version) => Message::new(
                    "The private database was made by PostgreSQL {version}, which is not installed any more. Install that version again, or move the database to another one with pg_upgrade",
                )
                .with("version", version),
            })
        })
}

/// Where PostgreSQL's programs may be, in the order in which they are looked for.
pub(in crate::db) fn folders() -> Vec<PathBuf> {
    let versioned =
        ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql"].iter().flat_map(|folder| versions(Path::new(folder)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versioned
        .chain(["/usr/libexec/postgresql", "/usr/local/pgsql/bin"].map(PathBuf::from))
        .chain(std::env::split_paths(&path))
        .collect()
}

impl Binaries {
    /// Whether they are of this major version: by the folder that distributions put them into, else by their own word.
    fn are_of(&self, version: &str) -> bool {
        if self.postgres.components().any(|part| part.as_os_str() == version) {
            return true;
        }
        major_of(&self.postgres).as_deref() == Some(version)
    }
}

/// The major version of one of PostgreSQL's programs, by its own word.
pub(in crate::db) fn major_of(program: &Path) -> Option<String> {
    // Some distributions put a script in the place of a program, which looks for the program on the path.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let said = Command::new(program).arg("--version").env_clear().env("PATH", path).output().ok()?;
    // `postgres (PostgreSQL) 15.18 (Debian 15.18-0+deb12u1)`
    let said = String::from_utf8_lossy(&said.stdout).into_owned();
    let number = said.split_whitespace().nth(2)?;
    number.split(['.', 'r', 'b', 'd']).next().map(str::to_owned)
}

/// `folder/17/bin`, `folder/15/bin`, newest first.
fn versions(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<(u32, PathBuf)> = std::fs::read_dir(folder)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            Some((entry.file_name().to_str()?.trim_start_matches('-').parse().ok()?, entry.path().join("bin")))
        })
        .collect();
    found.sort_by(|one, other| other.cmp(one));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The command that installs PostgreSQL on the distribution that `os_release` describes.
fn install_command(os_release: &str) -> &'static str {
    let names = |word: &str| {
        os_release
            .lines()
            .filter_map(|line| line.strip_prefix("ID=").or_else(|| line.strip_prefix("ID_LIKE=")))
            .any(|value| value.trim_matches('"').split_whitespace().any(|name| name == word))
    };
    if names("debian") || names("ubuntu") {
        "apt-get install postgresql"
    } else if names("fedora") || names("rhel") {
        "dnf install postgresql-server postgresql-contrib"
    } else if names("alpine") {
        "apk add postgresql postgresql-contrib"
    } else if names("suse") || names("opensuse") {
        "zypper install postgresql-server postgresql-contrib"
    } else {
        "the package manager of this system (package postgresql)"
    }
}

/// The command that installs PostgreSQL's client programs of a major version on the distribution that `os_release` describes.
pub(in crate::db) fn client_command(os_release: &str, major: u32) -> String {
    match install_command(os_release) {
        command if command.starts_with("apt-get") => format!("apt-get install postgresql-client-{major}"),
        command if command.starts_with("dnf") => format!("dnf install postgresql{major}"),
        command if command.starts_with("apk") => format!("apk add postgresql{major}-client"),
        command if command.starts_with("zypper") => format!("zypper install postgresql{major}"),
        _ => format!("the package manager of this system (the client programs of PostgreSQL {major})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_command_of_the_distribution() {
        assert_eq!(install_command("NAME=x\nID=debian\n"), "apt-get install postgresql");
        assert_eq!(
            install_command("ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n"),
            "dnf install postgresql-server postgresql-contrib"
        );
        assert!(install_command("").contains("package manager"));
        assert_eq!(client_command("ID=debian\n", 17), "apt-get install postgresql-client-17");
    }

    #[test]
    fn programs_of_another_version_than_the_cluster_s_are_refused_with_a_sentence() {
        let refusal = find(Some("3")).unwrap_err().to_string();
        assert!(refusal.contains("made by PostgreSQL 3"), "{refusal}");
        let found = find(None).unwrap();
        let of = |version: &str| found.are_of(version);
        assert_eq!((9..40).filter(|version| of(&version.to_string())).count(), 1);
    }

    #[test]
    fn the_newest_version_comes_first() {
        let folder = tempfile::tempdir().unwrap();
        for version in ["9", "15", "17", "lost+found"] {
            std::fs::create_dir_all(folder.path().join(version).join("bin")).unwrap();
        }
        let found = versions(folder.path());
        assert_eq!(found.first(), Some(&folder.path().join("17/bin")));
        assert_eq!(found.len(), 3);
    }
}
