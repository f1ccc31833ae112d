//! Files in both directions, beside `sftp` on the same machine, and a directory of fifty thousand names.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use bytes::Bytes;
use hannun::commands::Acting;
use hannun::commands::files::{DownloadFile, FilePath, ListDirectory, NewContent};
use hannun::models::actor::Actor;
use hannun::remote::host::Host;
use hannun::transfers;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::meter::own_status;
use crate::stage::Stage;

/// What is moved, bytes.
const SIZE: usize = 1 << 30;
const PIECE: usize = 256 << 10;
const NAMES: usize = 50_000;

/// What moving files took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moved {
    pub(crate) down: Duration,
    pub(crate) sftp_down: Duration,
    pub(crate) up: Duration,
    pub(crate) sftp_up: Duration,
    /// The first page of fifty thousand names.
    pub(crate) listing: Duration,
    /// `ls -la` of the same directory, on the machine itself.
    pub(crate) ls: Duration,
    /// By how much all of it made this process larger at most, bytes.
    pub(crate) grown: u64,
}

/// One round with the second server, which nobody else uses.
pub(crate) async fn round(stage: &Stage) -> Moved {
    stage.switch(2).await;
    let folder = tempfile::TempDir::with_prefix("hannun-bench-files-").unwrap();
    let (file, copy, many) = (folder.path().join("file"), folder.path().join("copy"), folder.path().join("many"));
    let piece: Vec<u8> = (0..PIECE).map(|at| (at * 31 % 251) as u8).collect();
    fs::write(&file, piece.repeat(SIZE / PIECE)).unwrap();
    fs::create_dir(&many).unwrap();
    for number in 0..NAMES {
        fs::write(many.join(format!("name-{number}")), "").unwrap();
    }
    let host = stage.app.hosts.open(Actor::system("bench"), "server-1".to_owned()).await.unwrap();
    list(&host, folder.path(), 1).await;
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = own_status("VmRSS:");

    let began = Instant::now();
    let mut flow = host.follow(DownloadFile { path: path(&file), stretch: None, acting: Acting::User }).await.unwrap();
    let mut came = 0;
    while let Some(bytes) = flow.next().await.unwrap() {
        came += bytes.len();
    }
    let down = began.elapsed();
    // A line before the bytes says what was opened.
    assert!((SIZE..SIZE + DownloadFile::LONGEST_LINE).contains(&came));

    let operable = host.clone().operable().await.unwrap();
    let (piece, mut left) = (Bytes::from(piece), SIZE / PIECE);
    let began = Instant::now();
    let place = (path(&copy), Acting::User);
    let written = transfers::write(&operable, place, NewContent::OfNewFile, async || {
        Ok((left > 0).then(|| {
            left -= 1;
            piece.clone()
        }))
    });
    assert_eq!(written.await.unwrap() as usize, SIZE);
    let up = began.elapsed();

    let began = Instant::now();
    assert_eq!(list(&host, &many, 200).await, 200);
    let listing = began.elapsed();
    let grown = own_status("VmHWM:").saturating_sub(before);
    let began = Instant::now();
    let ls = Command::new("ls").arg("-la").arg(&many).stdout(Stdio::null()).status();
    assert!(ls.await.unwrap().success());
    let ls = began.elapsed();
    fs::remove_file(&copy).unwrap();
    let sftp_down = sftp(stage, &format!("get {} /dev/null\n", file.display())).await;
    let sftp_up = sftp(stage, &format!("put -f {} {}\n", file.display(), copy.display())).await;
    Moved { down, sftp_down, up, sftp_up, listing, ls, grown }
}

async fn list(host: &Host, folder: &Path, limit: usize) -> usize {
    let list = ListDirectory::new(path(folder), Acting::User, limit);
    host.read(list).await.unwrap().value.entries.len()
}

fn path(path: &Path) -> FilePath {
    FilePath::new(path.to_str().unwrap().as_bytes()).unwrap()
}

/// OpenSSH's own client, its connecting included; ours has its connection already.
async fn sftp(stage: &Stage, batch: &str) -> Duration {
    let key = stage.fleet.client_key();
    let (address, port) = stage.settings.servers[1].clone();
    let began = Instant::now();
    let mut client = Command::new("sftp")
        .args(["-q", "-b", "-", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
        .arg(key)
        .args(["-P", &port.to_string(), &format!("{}@{address}", stage.settings.user)])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut client.stdin.take().unwrap(), batch.as_bytes()).await.unwrap();
    let mut said = String::new();
    client.stderr.take().unwrap().read_to_string(&mut said).await.unwrap();
    assert!(client.wait().await.unwrap().success(), "{said}");
    began.elapsed()
}
