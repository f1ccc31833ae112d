//! F05: several people at once, and what one of them does slowly, take no more memory than their buffers.

use std::net::SocketAddr;
use std::os::unix::fs::MetadataExt;
use std::time::Duration;

use futures_util::future::join_all;
use hannun::config::Config;
use hannun::models::actor::{Role, Scope};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{files, files_with, path};
use crate::api::program::program_for;
use crate::harness::alone::{alone, at_length, forget_peak, peak, resident};
use crate::harness::ssh::eventually;

const MIB: usize = 1 << 20;
const USERS: usize = 4;
/// Transfers at the same time on one server.
const TRANSFERS: usize = 12;

/// What is asked of a file by whoever has the token.
fn head(method: &str, token: &str, path: &str, more: &str) -> String {
    format!(
        "{method} /api/v1/servers/web-1/files/content?path={path} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\n{more}\r\n"
    )
}

/// Asks for a file: the connection behind the head of the answer, and how much of the content came with it.
async fn begin_download(address: SocketAddr, token: &str, path: &str) -> (TcpStream, usize) {
    let mut connection = TcpStream::connect(address).await.unwrap();
    connection.write_all(head("GET", token, path, "").as_bytes()).await.unwrap();
    let (mut answer, mut part) = (Vec::new(), [0; 1024]);
    loop {
        let read = connection.read(&mut part).await.unwrap();
        assert!(read > 0, "{}", String::from_utf8_lossy(&answer));
        answer.extend_from_slice(&part[..read]);
        if let Some(end) = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            assert!(answer.starts_with(b"HTTP/1.1 200 "), "{}", String::from_utf8_lossy(&answer));
            return (connection, answer.len() - end - 4);
        }
    }
}

/// How many bytes of a file came.
async fn download(address: SocketAddr, token: String, path: String) -> usize {
    let (mut connection, mut came) = begin_download(address, &token, &path).await;
    let mut part = vec![0; 64 << 10];
    while let read @ 1.. = connection.read(&mut part).await.unwrap() {
        came += read;
    }
    came
}

/// The first line of what is answered to a new file of this size.
async fn upload(address: SocketAddr, token: String, path: String, size: usize) -> String {
    let mut connection = TcpStream::connect(address).await.unwrap();
    let head = head("PUT", &token, &path, &format!("If-None-Match: *\r\nContent-Length: {size}\r\n"));
    connection.write_all(head.as_bytes()).await.unwrap();
    let part = vec![7; 64 << 10];
    for _ in 0..size / part.len() {
        connection.write_all(&part).await.unwrap();
    }
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();
    answer.lines().next().unwrap_or_default().to_owned()
}

#[actix_web::test]
async fn sec_f05_four_people_at_once_and_a_slow_one_beside_them_take_no_more_memory() {
    let test = "files::users::sec_f05_four_people_at_once_and_a_slow_one_beside_them_take_no_more_memory";
    if alone(test).is_some() {
        return;
    }
    let Some(files) = files(test).await else { return };
    let size = if at_length() { 4096 * MIB } else { 32 * MIB };
    let big = files.file("big", b"");
    std::fs::OpenOptions::new().write(true).open(&big).unwrap().set_len(size as u64).unwrap();
    let small = files.file("small", b"x");
    let address: SocketAddr = files.app.listen().trim_start_matches("http://").parse().unwrap();
    let mut tokens = Vec::new();
    for number in 0..=USERS {
        let name = format!("user-{number}");
        tokens.push(program_for(&files.app, &name, Role::Operator, Scope::All).await.token().to_owned());
    }
    for token in &tokens {
        assert_eq!(download(address, token.clone(), path(&small).to_url()).await, 1);
    }
    let before = resident();
    forget_peak();

    let (mut slow, mut taken) = begin_download(address, &tokens[USERS], &path(&big).to_url()).await;
    let slow = tokio::spawn(async move {
        // 10 KiB in a second, for as long as the others need.
        let mut part = vec![0; 1 << 10];
        while let Ok(read @ 1..) = slow.read(&mut part).await {
            taken += read;
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        taken
    });
    let (url, new) = (path(&big).to_url(), |number: usize| files.folder.join(format!("up-{number}")));
    let down = tokens.iter().take(USERS).map(|token| download(address, token.clone(), url.clone()));
    let up = tokens.iter().take(USERS).enumerate();
    let up = up.map(|(number, token)| upload(address, token.clone(), path(&new(number)).to_url(), size));
    let (came, answers) = tokio::join!(join_all(down), join_all(up));
    assert_eq!(came, [size; USERS]);
    for (number, answer) in answers.iter().enumerate() {
        assert_eq!(answer, "HTTP/1.1 204 No Content");
        assert_eq!(std::fs::metadata(new(number)).unwrap().size(), size as u64);
    }
    assert!(!slow.is_finished(), "whoever takes their time is served, too");
    let grown = peak().saturating_sub(before);
    assert!(grown < 64 * MIB, "grew by {grown}");
    slow.abort();
    // Nobody reads it for whoever is gone.
    let reads = "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q files/big";
    eventually("the server reads it no more", || !files.sshd.inside(&["sh", "-c", reads])).await;
}

#[actix_web::test]
async fn the_thirteenth_transfer_on_a_server_is_told_that_it_is_busy_and_the_server_stays_up() {
    let test = "the_thirteenth_transfer_on_a_server_is_told_that_it_is_busy_and_the_server_stays_up";
    // How long the thirteenth waits for a place.
    let soon = |config: &mut Config| config.remote.command_timeout = Duration::from_secs(4);
    let Some(files) = files_with(test, soon).await else { return };
    let big = files.file("big", b"");
    std::fs::OpenOptions::new().write(true).open(&big).unwrap().set_len(256 * MIB as u64).unwrap();
    let address: SocketAddr = files.app.listen().trim_start_matches("http://").parse().unwrap();
    let program = program_for(&files.app, "reader", Role::Operator, Scope::All).await;
    let url = path(&big).to_url();
    let mut transfers = Vec::new();
    for _ in 0..TRANSFERS {
        transfers.push(begin_download(address, program.token(), &url).await);
    }
    let content = format!("/api/v1/servers/web-1/files/content?path={url}");
    let refused = program.get(&content).await;
    let said = refused.value["detail"].as_str().unwrap_or_default().to_owned();
    assert_eq!(refused.problem(429), "busy");
    assert!(said.contains("12 files") && said.contains("web-1"), "{said}");

    // Commands have a connection of their own: the server is up, and answers.
    let server = program.get("/api/v1/servers/web-1").await.status(200);
    assert_eq!(server["state"]["state"], "up", "{server}");
    assert_eq!(files.entries().await.len(), 1);
    let id = files.host().await.server().id;
    assert_eq!(files.app.app.hosts.pool().next_try(id), None, "nothing of it counts as a failure of the server");

    // The place of one that has ended is given to the next.
    drop(transfers.pop());
    transfers.push(begin_download(address, program.token(), &url).await);
}
