//! What can be seen on this machine: settings, the data directory, the key file.

use super::Check;
use crate::config::Config;
use crate::db::private_server::PrivateServer;
use crate::secret::seal::KeyFile;

/// Free space below which the data directory is too full.
const LEAST_FREE_BYTES: u64 = 64 << 20;
/// Free space below which it will be soon.
const LITTLE_FREE_BYTES: u64 = 1 << 30;

/// The settings could be read, or we would not be here; are they wise?
pub(super) fn configuration(config: &Config) -> Check {
    let name = "configuration";
    let others_reach_us = !config.bind.ip().is_loopback();
    if others_reach_us && !config.https() && config.insecure_http {
        return Check::warning(
            name,
            format!("plain HTTP on {}, which others can reach: passwords travel unencrypted", config.bind),
            "Put a proxy with TLS in front, set HANNUN_PUBLIC_URL=https://… and bind to 127.0.0.1",
        );
    }
    if others_reach_us && !config.https() {
        return Check::failed(
            name,
            format!("{} can be reached by others, and there is no TLS: hannun serve will refuse to start", config.bind),
            "Put a proxy with TLS in front and set HANNUN_PUBLIC_URL=https://…, or start with --insecure-http",
        );
    }
    Check::ok(name, format!("people open {}", config.origin()))
}

/// Whether the first start is still to come: to look must not make a database.
pub(super) fn has_no_database_yet(config: &Config) -> bool {
    config.database_url.is_none() && !PrivateServer::is_made(&config.data_dir)
}

/// The data directory is there, ours, and has room.
pub(super) fn data_directory(config: &Config) -> Check {
    let (name, path) = ("data directory", config.data_dir.display());
    if !config.data_dir.is_dir() {
        return Check::warning(name, format!("{path} is not there yet"), "hannun serve makes it at its first start");
    }
    let Ok(found) = rustix::fs::statvfs(&config.data_dir) else {
        return Check::failed(
            name,
            format!("{path} cannot be read"),
            "Run this as the account that hannun runs as, or give the directory to that account",
        );
    };
    if rustix::fs::access(&config.data_dir, rustix::fs::Access::WRITE_OK).is_err() {
        return Check::failed(
            name,
            format!("{path} cannot be written"),
            "Run this as the account that hannun runs as, or give the directory to that account",
        );
    }
    let free = found.f_bavail.saturating_mul(found.f_frsize);
    let detail = format!("{path}, {} MiB free", free >> 20);
    if free < LEAST_FREE_BYTES {
        Check::failed(name, detail, "Free some space: changes are refused while the disk is full")
    } else if free < LITTLE_FREE_BYTES {
        Check::warning(name, detail, "Free some space before it is full")
    } else {
        Check::ok(name, detail)
    }
}

/// The key file is there, closed to others, and whole (S03).
pub(super) fn key_file(config: &Config) -> Check {
    let (name, path) = ("key file", KeyFile::place(&config.secret_key_path()));
    if !path.exists() {
        let next = "hannun serve makes it at its first start. If this database has secrets already, put its file back";
        return Check::warning(name, format!("{} is not there yet", path.display()), next);
    }
    match KeyFile::open(&path, false) {
        Ok(_) => Check::ok(name, format!("{}, closed to others", path.display())),
        Err(error) => Check::failed(
            name,
            error.to_string(),
            "It must hold 32 bytes, belong to the account that hannun runs as, and have mode 0600",
        ),
    }
}
