//! Files that people have already. Every fixture under `tests/fixtures/import` is shown as it is understood.

mod ansible;
mod hostile;
mod ssh_config;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use hannun::inventory::import::known_hosts::KnownHosts;
use hannun::inventory::import::{Entry, Files, Found, FoundSecret, FoundServer, Skipped, Source};
use hannun::language::Message;

/// The folder of a fixture. For `ssh_config` it stands for `~/.ssh`.
pub(super) struct Fixture(PathBuf);

pub(super) fn fixture(name: &str) -> Fixture {
    Fixture(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/import").join(name))
}

impl Fixture {
    pub(super) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).unwrap()
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.join(path.strip_prefix("~/.ssh/").unwrap_or(path))
    }
}

impl Files for Fixture {
    fn read(&self, path: &str) -> Result<Option<String>, Message> {
        Ok(fs::read_to_string(self.path(path)).ok())
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Message> {
        let Ok(entries) = fs::read_dir(self.path(folder)) else { return Ok(Vec::new()) };
        let entry = |entry: fs::DirEntry| Entry {
            name: entry.file_name().into_string().unwrap(),
            is_folder: entry.file_type().unwrap().is_dir(),
        };
        let mut entries: Vec<Entry> = entries.map(|one| entry(one.unwrap())).collect();
        entries.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(entries)
    }
}

/// The `known_hosts` of all fixtures.
pub(super) fn known_hosts() -> KnownHosts {
    KnownHosts::read(Source { name: "known_hosts", text: &fixture("").text("known_hosts") })
}

/// Everything that was found, to be read by a person. Secrets are shown as what they are, not what they say.
pub(super) fn shown(found: &Found) -> String {
    let mut out = String::new();
    for server in &found.servers {
        show(server, &mut out);
    }
    writeln!(out, "\nskipped").unwrap();
    found.skipped.iter().for_each(|skipped| show_skipped(skipped, &mut out));
    out
}

fn show(server: &FoundServer, out: &mut String) {
    let FoundServer { name, address, port, place, sign_in, .. } = server;
    write!(out, "{name} = {address} port {port}, ").unwrap();
    write!(out, "{}", sign_in.user.as_deref().unwrap_or("nobody")).unwrap();
    if let Some(key) = &sign_in.key_file {
        write!(out, ", key {key}").unwrap();
    }
    if sign_in.password.is_there() {
        write!(out, ", password {}", said(&sign_in.password)).unwrap();
    }
    if let Some(sudo) = &sign_in.sudo {
        write!(out, ", sudo {}", said(sudo)).unwrap();
    }
    if let Some(jump) = &server.jump {
        write!(out, ", through {jump}").unwrap();
    }
    if !server.groups.is_empty() {
        write!(out, ", in {}", server.groups.join(" ")).unwrap();
    }
    for (key, value) in &server.labels {
        write!(out, ", {key}={value}").unwrap();
    }
    write!(out, " ({place}").unwrap();
    if server.original != server.name {
        write!(out, ": {}", server.original).unwrap();
    }
    writeln!(out, ")").unwrap();
    for key in &server.host_keys {
        writeln!(out, "    {} {}", key.algorithm, key.fingerprint).unwrap();
    }
    server.ignored.iter().for_each(|skipped| show_skipped(skipped, out));
}

fn said(secret: &FoundSecret) -> &str {
    match secret {
        FoundSecret::Absent => "without a password",
        FoundSecret::NeedsValue => "to be filled in",
        FoundSecret::Given(_) => "given",
    }
}

fn show_skipped(skipped: &Skipped, out: &mut String) {
    writeln!(out, "    - {} ({}): {}", skipped.what, skipped.place, skipped.why).unwrap();
}
