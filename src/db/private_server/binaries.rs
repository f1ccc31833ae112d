//! Where PostgreSQL's programs are, or the command that installs them.

use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::language::Message;

/// The two programs that we need, of one version.
#[derive(Debug, Clone)]
pub(super) struct Binaries {
    pub(super) initdb: PathBuf,
    pub(super) postgres: PathBuf,
}

/// The newest under the folders that distributions use, then whatever is on the path.
pub(super) fn find() -> Result<Binaries> {
    let versioned =
        ["/usr/lib/postgresql", "/usr/pgsql", "/usr/local/pgsql"].iter().flat_map(|folder| versions(Path::new(folder)));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versioned
        .chain(["/usr/libexec/postgresql", "/usr/local/pgsql/bin"].map(PathBuf::from))
        .chain(std::env::split_paths(&path))
        .map(|folder| Binaries { initdb: folder.join("initdb"), postgres: folder.join("postgres") })
        .find(|binaries| binaries.initdb.is_file() && binaries.postgres.is_file())
        .ok_or_else(|| {
            Error::Unavailable(
                Message::new(
                    "PostgreSQL is not installed on this machine. Install it with {command}, or set DATABASE_URL to a server elsewhere",
                )
                .with("command", install_command(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())),
            )
        })
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
