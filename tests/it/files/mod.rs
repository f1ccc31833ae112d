//! Files of a real server, through a real `sshd`: names that are weapons, changes that are refused, content that is whole.

mod api;
mod big;
mod changes;
mod content;
mod listings;
mod names;
mod pages;
mod parts;
mod rights;
mod swaps;
mod systems;
mod users;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hannun::commands::Acting;
use hannun::commands::files::{DescribeFile, Entry, FilePath, ListDirectory, Seen};
use hannun::commands::script::Privilege;
use hannun::config::Config;
use hannun::models::actor::Actor;
use hannun::remote::Endpoint;
use hannun::remote::host::{Host, OperableHost};
use hannun::transfers::Terms;

use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::sshd::{Setup, Sshd};

/// A server with a user of its own, known as `web-1`, and a directory there.
struct Files {
    app: TestApp,
    sshd: Sshd,
    folder: PathBuf,
}

/// The server, or nothing where this machine cannot have it.
async fn files(test: &str) -> Option<Files> {
    files_with(test, |_| {}).await
}

/// The same with other settings.
async fn files_with(test: &str, change: impl FnOnce(&mut Config)) -> Option<Files> {
    let setup = Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL");
    let sshd = setup.start(test)?;
    let folder = home(&sshd).join("files");
    std::fs::create_dir(&folder).unwrap();
    std::os::unix::fs::chown(&folder, Some(52_000), Some(52_000)).unwrap();
    let app = TestApp::with_config(change).await;
    let port = sshd.port;
    register(&app, &sshd, port).await;
    Some(Files { app, sshd, folder })
}

fn home(sshd: &Sshd) -> PathBuf {
    sshd.home("hannun-test")
}

/// Registers the server at this port of this machine.
async fn register(app: &TestApp, sshd: &Sshd, port: u16) {
    let endpoint = Endpoint { port, privilege: Privilege::Sudo, ..sshd.endpoint() };
    known::add(app, "web-1", &endpoint).await;
}

/// Whether a `tail` of a file of this name runs on this machine.
fn runs_tail_of(name: &str) -> bool {
    let all = std::fs::read_dir("/proc").unwrap().flatten();
    all.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok())
        .any(|line| line.starts_with(b"tail\0") && line.windows(name.len()).any(|part| part == name.as_bytes()))
}

impl Files {
    async fn host(&self) -> Host {
        self.app.app.hosts.open(Actor::system("test"), "web-1".to_owned()).await.unwrap()
    }

    async fn operable(&self) -> OperableHost {
        self.host().await.operable().await.unwrap()
    }

    /// A file of the user's, with this content.
    fn file(&self, name: impl AsRef<std::ffi::OsStr>, content: &[u8]) -> PathBuf {
        let path = self.folder.join(name.as_ref());
        std::fs::write(&path, content).unwrap();
        std::os::unix::fs::chown(&path, Some(52_000), Some(52_000)).unwrap();
        path
    }

    /// What is in the directory, by what the server says.
    async fn entries(&self) -> Vec<Entry> {
        let list = ListDirectory::new(path(&self.folder), Acting::User, 500);
        self.host().await.read(list).await.unwrap().value.entries
    }

    /// A file as somebody sees it now.
    async fn seen(&self, file: &Path) -> Seen {
        let describe = DescribeFile { path: path(file), acting: Acting::User };
        self.host().await.read(describe).await.unwrap().value.seen
    }
}

fn path(path: &Path) -> FilePath {
    FilePath::new(std::os::unix::ffi::OsStrExt::as_bytes(path.as_os_str())).unwrap()
}

/// The terms of somebody who may have what `host` tells for as long as they take it.
fn terms(host: &Host, patience: Duration) -> Terms {
    let host = host.clone();
    let again = move || {
        let host = host.clone();
        Box::pin(async move { Ok(host) }) as _
    };
    Terms { patience, host: Arc::new(again) }
}
