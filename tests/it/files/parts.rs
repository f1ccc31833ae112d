//! RFC 9110, section 14: a download that broke off goes on where it broke off, and is never put together from two files.

use std::os::unix::fs::{FileExt, MetadataExt};
use std::time::Duration;

use actix_web::http::Method;
use futures_util::StreamExt;
use hannun::commands::Acting;
use hannun::error::Error;
use hannun::transfers::{self, Part, Wanted};

use super::systems::{Scene, at};
use super::{files, path, terms};
use crate::harness::client::{Client, Reply};
use crate::harness::hosts::Kind;
use crate::harness::ssh::{eventually, eventually_within};

const LONG: Duration = Duration::from_secs(30);

async fn ask(client: &Client, url: &str, headers: &[(&'static str, &str)]) -> Reply {
    headers.iter().fold(client.ask(Method::GET, url), |ask, (name, value)| ask.header(name, value)).send().await
}

fn told(reply: &Reply) -> (u16, &str, Option<&str>) {
    (reply.status.as_u16(), &reply.body, reply.header("content-range"))
}

#[actix_web::test]
async fn a_part_of_a_file_is_given_as_it_is_asked_for() {
    let Some(files) = files("a_part_of_a_file_is_given_as_it_is_asked_for").await else { return };
    files.file("ten", b"0123456789");
    files.file("none", b"");
    std::os::unix::fs::symlink("ten", files.folder.join("link")).unwrap();
    let operator = files.app.operator().await;
    let place = |name: &str| path(&files.folder.join(name)).to_url();
    for base in ["/servers/web-1/files/content", "/api/v1/servers/web-1/files/content"] {
        let url = format!("{base}?path={}", place("ten"));
        let part = async |range: &str| ask(&operator, &url, &[("Range", range)]).await;
        let whole = operator.get(&url).await;
        assert_eq!(told(&whole), (200, "0123456789", None));
        assert_eq!((whole.header("accept-ranges"), whole.header("content-length")), (Some("bytes"), None));
        for (range, bytes, told_range) in [
            ("bytes=2-4", "234", "bytes 2-4/10"),
            ("bytes=7-", "789", "bytes 7-9/10"),
            ("bytes=-1", "9", "bytes 9-9/10"),
            ("bytes=-99", "0123456789", "bytes 0-9/10"),
            ("bytes=8-99", "89", "bytes 8-9/10"),
        ] {
            let reply = part(range).await;
            assert_eq!(told(&reply), (206, bytes, Some(told_range)), "{range}");
            assert_eq!(reply.header("etag"), whole.header("etag"), "{range}");
        }
        for range in ["bytes=10-", "bytes=99-100", "bytes=-0"] {
            let reply = part(range).await;
            assert_eq!((reply.status.as_u16(), reply.header("content-range")), (416, Some("bytes */10")), "{range}");
        }
        for range in ["bytes=4-2", "bytes=0-1,4-5", "lines=0-1"] {
            assert_eq!(told(&part(range).await), (200, "0123456789", None), "{range}");
        }
        let link = ask(&operator, &format!("{base}?path={}", place("link")), &[("Range", "bytes=-2")]).await;
        assert_eq!(told(&link), (206, "89", Some("bytes 8-9/10")));
        assert_eq!(link.header("etag"), whole.header("etag"), "the file that it leads to");
        // Files without a size have no parts that anybody could name.
        for name in [place("none"), "/proc/self/status".to_owned()] {
            let reply = ask(&operator, &format!("{base}?path={name}"), &[("Range", "bytes=0-1")]).await;
            assert_eq!((reply.status.as_u16(), reply.header("accept-ranges")), (200, None), "{name}");
        }
    }
}

#[actix_web::test]
async fn a_download_goes_on_with_the_file_that_it_began_with_and_begins_anew_with_another() {
    let test = "a_download_goes_on_with_the_file_that_it_began_with_and_begins_anew_with_another";
    let Some(files) = files(test).await else { return };
    let file = files.file("image", b"first version");
    let operator = files.app.operator().await;
    let url = format!("/servers/web-1/files/content?path={}", path(&file).to_url());
    let etag = operator.get(&url).await.header("etag").unwrap().to_owned();
    let rest = async |etag: &str| ask(&operator, &url, &[("Range", "bytes=6-"), ("If-Range", etag)]).await;
    assert_eq!(told(&rest(&etag).await), (206, "version", Some("bytes 6-12/13")));
    for weak in [format!("W/{etag}"), "Sun, 06 Nov 1994 08:49:37 GMT".to_owned(), "\"1:2:3:4\"".to_owned()] {
        assert_eq!(told(&rest(&weak).await), (200, "first version", None), "{weak}");
    }
    // As long, as old and with the same number: only that it was changed tells.
    let before = file.metadata().unwrap();
    std::fs::write(&file, b"other version").unwrap();
    std::fs::File::options().write(true).open(&file).unwrap().set_modified(before.modified().unwrap()).unwrap();
    let now = file.metadata().unwrap();
    assert_eq!((now.ino(), now.len(), now.mtime_nsec()), (before.ino(), before.len(), before.mtime_nsec()));
    let reply = rest(&etag).await;
    assert_eq!(told(&reply), (200, "other version", None));
    assert_ne!(reply.header("etag"), Some(etag.as_str()));
}

#[tokio::test]
async fn a_part_of_a_file_that_is_changed_while_it_is_read_has_no_end() {
    let Some(files) = files("a_part_of_a_file_that_is_changed_while_it_is_read_has_no_end").await else { return };
    let size: usize = 32 << 20;
    let file = files.file("changing", &vec![7; size]);
    let host = files.host().await;
    let wanted = Some(Wanted { part: Part::From(1, None), if_still: None });
    let part = transfers::file(&host, (path(&file), Acting::User), wanted, terms(&host, LONG)).await.unwrap();
    assert_eq!(part.part, Some(1..size as u64));
    let mut content = std::pin::pin!(part.content);
    let mut length = content.next().await.unwrap().unwrap().len();
    std::fs::File::options().write(true).open(&file).unwrap().write_all_at(b"8", 5).unwrap();
    let end = loop {
        match content.next().await {
            Some(Ok(piece)) => length += piece.len(),
            end => break end,
        }
    };
    assert!(matches!(end, Some(Err(Error::Conflict(_)))), "{end:?}");
    assert!(length < size - 1, "whoever counts takes it for whole");
}

#[tokio::test]
async fn a_part_of_a_file_is_read_with_small_tools_wherever_it_begins() {
    for kind in [Kind::Debian, Kind::BusyBox] {
        let test = "a_part_of_a_file_is_read_with_small_tools_wherever_it_begins";
        let Some(scene) = Scene::of(kind, test).await else { return };
        // 3 MiB and some: each eight bytes tell where they are.
        scene.system.run("i=0; while [ $i -lt 393220 ]; do printf '%07d\n' $i; i=$((i + 1)); done >/srv/files/counted");
        let whole: Vec<u8> = (0..393_220).flat_map(|number| format!("{number:07}\n").into_bytes()).collect();
        for host in [&scene.host, &scene.root] {
            for (first, last) in
                [(0, 0), (1, 8), (1 << 20, (1 << 20) + 7), ((1 << 20) - 1, 2 << 20), (3_145_727, 3_145_759)]
            {
                let wanted = Some(Wanted { part: Part::From(first, Some(last)), if_still: None });
                let place = (at("counted"), Acting::User);
                let download = transfers::file(host, place, wanted, terms(host, LONG)).await.unwrap();
                let pieces: Vec<_> = download.content.map(Result::unwrap).collect().await;
                let (first, end) = (usize::try_from(first).unwrap(), usize::try_from(last).unwrap() + 1);
                assert_eq!(pieces.concat(), whole[first..end], "{kind:?} {first}");
            }
        }
    }
}

#[tokio::test]
async fn where_times_are_told_in_seconds_a_file_that_was_just_changed_has_no_validator() {
    let test = "where_times_are_told_in_seconds_a_file_that_was_just_changed_has_no_validator";
    let Some(scene) = Scene::of(Kind::BusyBox, test).await else { return };
    let look = async || {
        let place = (at("fresh"), Acting::User);
        transfers::file(&scene.host, place, None, terms(&scene.host, LONG)).await.unwrap().look
    };
    // Until one was looked at within the second of its change.
    let mut fresh = None;
    for _ in 0..50 {
        scene.system.run("echo a >/srv/files/fresh");
        fresh = Some(look().await).filter(|look| look.may_change_unseen);
        if fresh.is_some() {
            break;
        }
    }
    let fresh = fresh.expect("one within the same second");
    let of_it = |look| Wanted { part: Part::From(0, None), if_still: Some(fresh.seen.to_string()) }.is_of(&look);
    assert!(!of_it(fresh), "another change would look the same");
    let begun = std::time::Instant::now();
    while look().await.may_change_unseen {
        assert!(begun.elapsed() < LONG, "its second has passed");
    }
    let settled = look().await;
    assert!(settled.seen == fresh.seen && of_it(settled));
}

#[actix_web::test]
async fn sec_w10_whoever_follows_a_file_and_takes_nothing_leaves_the_place_to_others() {
    let test = "sec_w10_whoever_follows_a_file_and_takes_nothing_leaves_the_place_to_others";
    let Some(mut files) = files(test).await else { return };
    let sshd_port = files.sshd.port;
    files.app = crate::harness::app::TestApp::with_config(|config| {
        config.requests.answer_pause = Duration::from_millis(300);
    })
    .await;
    super::register(&files.app, &files.sshd, sshd_port).await;
    let file = files.file("unread.log", b"first\n");
    let operator = files.app.operator().await;
    let url = format!("/servers/web-1/files/follow?path={}", path(&file).to_url());
    let cookie = format!("sid={}", operator.cookie("sid").unwrap());
    let base = files.app.listen();
    let address = base.trim_start_matches("http://").to_owned();
    // With little room of its own, so that what it does not take stays with us.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut socket = socket.connect(address.parse().unwrap()).await.unwrap();
    let head = format!("GET {url} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nCookie: {cookie}\r\n\r\n");
    tokio::io::AsyncWriteExt::write_all(&mut socket, head.as_bytes()).await.unwrap();
    eventually("it is followed", || super::runs_tail_of("unread.log")).await;
    // More than the socket and everything on the way hold.
    let line = [&vec![b'x'; 1000][..], b"\n"].concat().repeat(1000);
    let mut log = std::fs::OpenOptions::new().append(true).open(&file).unwrap();
    eventually_within(Duration::from_secs(30), "nobody follows it any more", || {
        std::io::Write::write_all(&mut log, &line).unwrap();
        !super::runs_tail_of("unread.log")
    })
    .await;
    drop(socket);
}
