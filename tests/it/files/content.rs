//! F04, F05: content on its way to a browser and back.

use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::time::Duration;

use actix_web::http::Method;
use bytes::Bytes;
use futures_util::StreamExt;
use hannun::commands::Acting;
use hannun::commands::files::{ArchiveDirectory, DownloadFile, FollowFile};
use hannun::error::Error;
use hannun::transfers;
use hannun::transfers::download::Length;
use hannun::transfers::tail::Tail;

use super::{files, path, runs_tail_of, terms};
use crate::harness::ssh::eventually;

const BOUNDARY: &str = "----hannun";

fn part(head: &str, content: &[u8]) -> Vec<u8> {
    [format!("--{BOUNDARY}\r\nContent-Disposition: form-data; {head}\r\n\r\n").as_bytes(), content, b"\r\n"].concat()
}

#[actix_web::test]
async fn sec_f04_a_file_is_given_as_an_attachment_that_runs_nowhere() {
    let Some(files) = files("sec_f04_a_file_is_given_as_an_attachment_that_runs_nowhere").await else { return };
    let name = std::ffi::OsStr::from_bytes(b"a\r\nX-Evil: 1\".svg");
    files.file(name, b"<svg onload=alert(1)>");
    let operator = files.app.operator().await;
    let url = path(&files.folder.join(name)).to_url();
    let reply = operator.get(&format!("/servers/web-1/files/content?path={url}")).await;
    assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "<svg onload=alert(1)>"));
    assert_eq!(reply.header("content-security-policy"), Some("default-src 'none'; sandbox"));
    assert_eq!(reply.header("content-type"), Some("application/octet-stream"));
    assert_eq!(reply.header("content-encoding"), Some("identity"));
    let disposition = reply.header("content-disposition").unwrap();
    assert!(disposition.ends_with("a%0D%0AX-Evil%3A%201%22.svg"), "{disposition}");
    assert_eq!(reply.header("x-evil"), None);
}

#[actix_web::test]
async fn sec_w01_an_upload_shows_its_token_before_a_byte_of_it_is_kept() {
    let Some(files) = files("sec_w01_an_upload_shows_its_token_before_a_byte_of_it_is_kept").await else { return };
    let operator = files.app.operator().await;
    let token = operator.token().await;
    let field = |name: &str, value: &str| part(&format!("name=\"{name}\""), value.as_bytes());
    let token_part = field("csrf_token", &token);
    let wrong = field("csrf_token", "wrong");
    let place = field("path", &path(&files.folder).to_url());
    let file =
        part("name=\"file\"; filename=\"up load.bin\"\r\nContent-Type: application/octet-stream", &vec![7; 3 << 20]);
    let end = format!("--{BOUNDARY}--\r\n").into_bytes();
    let cases = [
        (vec![&place, &file, &token_part], 403),
        (vec![&wrong, &place, &file], 403),
        (vec![&token_part, &place, &file], 303),
    ];
    for (parts, status) in cases {
        let body = parts.into_iter().chain([&end]).flatten().copied().collect::<Vec<u8>>();
        let ask = operator.ask(Method::POST, "/servers/web-1/files/uploads").header("Sec-Fetch-Site", "same-origin");
        let reply = ask.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body).send().await;
        assert_eq!(reply.status.as_u16(), status);
        let kept = std::fs::read_dir(&files.folder).unwrap().count();
        assert_eq!(kept, usize::from(status == 303), "{status}");
    }
    assert_eq!(std::fs::read(files.folder.join("up load.bin")).unwrap(), vec![7; 3 << 20]);
}

#[actix_web::test]
async fn of_several_uploads_it_is_said_which_was_refused_and_which_are_there() {
    let Some(files) = files("of_several_uploads_it_is_said_which_was_refused_and_which_are_there").await else {
        return;
    };
    files.file("there", b"kept");
    let operator = files.app.operator().await;
    let token = operator.token().await;
    let field = |name: &str, value: &str| part(&format!("name=\"{name}\""), value.as_bytes());
    let file = |name: &str| part(&format!("name=\"file\"; filename=\"{name}\""), b"new");
    let body = [
        field("csrf_token", &token),
        field("path", &path(&files.folder).to_url()),
        file("first"),
        file("there"),
        format!("--{BOUNDARY}--\r\n").into_bytes(),
    ]
    .concat();
    let ask = operator.ask(Method::POST, "/servers/web-1/files/uploads").header("Sec-Fetch-Site", "same-origin");
    let page = ask.body(&format!("multipart/form-data; boundary={BOUNDARY}"), body).send().await.with_status(409);
    let said = page.text("main");
    assert!(said.contains("there: Something of this name exists already"), "{said}");
    assert!(said.contains("Uploaded before it: first"), "{said}");
    assert_eq!(std::fs::read(files.folder.join("first")).unwrap(), b"new");
    assert_eq!(std::fs::read(files.folder.join("there")).unwrap(), b"kept");
}

#[tokio::test]
async fn a_directory_comes_as_an_archive_with_links_as_links() {
    let Some(files) = files("a_directory_comes_as_an_archive_with_links_as_links").await else { return };
    std::fs::create_dir(files.folder.join("tree")).unwrap();
    files.file("tree/a", b"content of a");
    std::os::unix::fs::symlink("/etc/passwd", files.folder.join("tree/link")).unwrap();
    let archive = ArchiveDirectory { path: path(&files.folder.join("tree")), acting: Acting::User };
    let mut flow = files.host().await.follow(archive).await.unwrap();
    let mut bytes = Vec::new();
    while let Some(piece) = flow.next().await.unwrap() {
        bytes.extend_from_slice(&piece);
    }
    let mut list = std::process::Command::new("tar");
    list.args(["-tvf", "-"]).stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped());
    let mut list = list.spawn().unwrap();
    list.stdin.take().unwrap().write_all(&bytes).unwrap();
    let listed = String::from_utf8(list.wait_with_output().unwrap().stdout).unwrap();
    assert!(listed.contains("./tree/a\n") && listed.contains("./tree/link -> /etc/passwd"), "{listed}");
}

#[tokio::test]
async fn a_followed_file_tells_what_is_added_also_after_it_was_replaced_and_ends_with_its_reader() {
    let test = "a_followed_file_tells_what_is_added_also_after_it_was_replaced_and_ends_with_its_reader";
    let Some(files) = files(test).await else { return };
    let file = files.file("added-to.log", b"first\n");
    for acting in [Acting::User, Acting::Root] {
        std::fs::write(&file, "first\n").unwrap();
        let follow = FollowFile { path: path(&file), acting };
        let tail = Tail::of(files.host().await.follow(follow).await.unwrap());
        let mut lines = Vec::new();
        let mut expect = async |line: &str| {
            while !lines.contains(&line.as_bytes().to_vec()) {
                lines.extend(tail.next().await.unwrap().unwrap().lines);
            }
        };
        expect("first").await;
        let mut log = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
        log.write_all(b"second\n").unwrap();
        expect("second").await;
        std::fs::rename(&file, files.folder.join("added-to.log.1")).unwrap();
        files.file("added-to.log", b"of another\n");
        expect("of another").await;
        drop(tail);
        eventually("nobody follows it any more", || !runs_tail_of("added-to.log")).await;
    }
}

#[tokio::test]
async fn sec_w10_whoever_takes_nothing_of_a_download_is_given_up() {
    let Some(files) = files("sec_w10_whoever_takes_nothing_of_a_download_is_given_up").await else { return };
    let file = files.file("stalled.bin", &vec![7; 32 << 20]);
    let host = files.host().await;
    let place = (path(&file), Acting::User);
    let content = transfers::file(&host, place, None, terms(&host, Duration::from_millis(300))).await.unwrap().content;
    let mut content = std::pin::pin!(content);
    content.next().await.unwrap().unwrap();
    let runs = || files.sshd.inside(&["sh", "-c", "ls -l /proc/[0-9]*/fd 2>/dev/null | grep -q stalled.bin"]);
    assert!(runs(), "it is read");
    eventually("the server reads it no more", || !runs()).await;
    let mut last = Ok(Bytes::new());
    while let Some(piece) = content.next().await {
        last = piece;
    }
    assert!(matches!(last, Err(Error::TooSlow)), "half a file is not a whole one: {last:?}");
}

#[tokio::test]
async fn sec_f03_a_size_that_a_server_claims_is_no_more_than_a_claim() {
    let Some(files) = files("sec_f03_a_size_that_a_server_claims_is_no_more_than_a_claim").await else { return };
    let file = files.file("claimed", b"0123456789");
    let host = files.host().await;
    for (claim, expected) in [(4, Some(&b"0123"[..])), (10, Some(b"0123456789")), (11, None), (u64::MAX, None)] {
        let download = DownloadFile { path: path(&file), stretch: None, acting: Acting::User };
        let mut flow = host.follow(download).await.unwrap();
        let mut came = Vec::new();
        while !came.ends_with(b"0123456789") {
            came.extend_from_slice(&flow.next().await.unwrap().unwrap());
        }
        let bytes = Bytes::from(came.split_off(came.len() - 10));
        let terms = terms(&host, Duration::from_secs(10));
        let content: Vec<_> = transfers::content(flow, Some(bytes), Length::AtLeast(claim), terms).collect().await;
        let is_whole = content.iter().all(Result::is_ok);
        let bytes: Vec<u8> = content.into_iter().flatten().flatten().collect();
        assert_eq!(is_whole.then_some(bytes.as_slice()), expected, "{claim}");
    }
}
