//! How much of the console's disk uploads may take, whatever the sender tells; what is refused leaves nothing (F06).

use std::fs;
use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use actix_web::http::Method;
use hannun::config::{Config, UploadConfig};
use hannun::error::Error;
use hannun::installations::artifact_store::ArtifactStore;
use hannun::installations::upload;
use hannun::models::actor::{Actor, Role};
use tokio::io::AsyncWriteExt;

use super::{FORM, form, listed, stored};
use crate::api::program::{Program, program};
use crate::faults::full_disk::{DISK, on_a_small_disk};
use crate::harness::alone::alone_by;
use crate::harness::app::TestApp;
use crate::harness::raw;
use crate::harness::skip::skip;

const MIB: usize = 1 << 20;
const ARTIFACTS: &str = "/api/v1/artifacts";

/// A file of this size that is a package as far as it lies open; all of it is text.
fn package(size: usize) -> String {
    let member = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 100_644);
    let head = format!(
        "!<arch>\n{}2.0\n{}abcd{}",
        member("debian-binary", 4),
        member("control.tar.xz", 4),
        member("data.tar.xz", size - 196)
    );
    format!("{head}{}", "x".repeat(size - head.len()))
}

async fn send(program: &Program, name: &str, content: &str) -> (u16, String) {
    let answer = program.send(Method::POST, ARTIFACTS, FORM, &form(&[("file", name, content)])).await;
    (answer.reply.status.as_u16(), answer.value["detail"].as_str().unwrap_or_default().to_owned())
}

#[actix_web::test]
async fn sec_f06_a_file_above_the_limit_is_refused_and_leaves_nothing() {
    let usual = Config::new("/x".into()).uploads;
    assert_eq!((usual.largest, usual.total, usual.spare, usual.spare_percent), (1 << 30, 20 << 30, 1 << 30, 10));
    let app = TestApp::with_config(|config| config.uploads.largest = MIB as u64).await;
    let operator = program(&app, Role::Operator).await;
    for size in [MIB + 1, 3 * MIB] {
        let refused = send(&operator, "a.deb", &package(size)).await;
        assert_eq!(refused, (413, "That is more than we take at once".to_owned()), "{size}");
        assert_eq!(stored(&app), Vec::<String>::new());
    }
    // On the page the same sentence.
    let person = app.operator().await;
    let token = person.token().await;
    let body = form(&[("csrf_token", "", &token), ("file", "a.deb", &package(MIB + 1))]);
    let ask = person.ask(Method::POST, "/artifacts").header("Sec-Fetch-Site", "same-origin");
    let page = ask.body(FORM, body).send().await.with_status(413);
    assert!(page.text("main").contains("That is more than we take at once"), "{}", page.text("main"));
    assert_eq!((stored(&app), listed(&app).await), (Vec::new(), Vec::new()));
    // To the byte.
    assert_eq!(send(&operator, "a.deb", &package(MIB)).await.0, 201);
    assert_eq!((stored(&app).len(), listed(&app).await), (1, vec!["a.deb".to_owned()]));
}

#[actix_web::test]
async fn sec_f06_all_files_together_take_no_more_than_they_may_also_while_several_come() {
    let app = TestApp::with_config(|config| config.uploads.total = 3 * MIB as u64).await;
    let operator = program(&app, Role::Operator).await;
    let content = package(2 * MIB);
    // Neither knew of the other when it began, and nobody told how much would come.
    let (store, actor) = (&app.app.artifacts, Actor::system("the test"));
    let mut first = upload::begin(store, &actor, "a.deb", None).await.unwrap();
    let mut second = upload::begin(store, &actor, "b.deb", None).await.unwrap();
    first.write(content.as_bytes()).await.unwrap();
    second.write(content.as_bytes()).await.unwrap();
    let (db, now) = (&app.app.db, app.database.now());
    let refused = upload::finish(db, &actor, second, "b.deb", now).await;
    assert!(matches!(refused, Err(Error::NoRoom(_))), "{refused:?}");
    upload::finish(db, &actor, first, "a.deb", now).await.unwrap();
    assert_eq!((stored(&app).len(), listed(&app).await), (1, vec!["a.deb".to_owned()]));

    let (status, why) = send(&operator, "c.deb", &content).await;
    assert_eq!(status, 507);
    assert_eq!(why, "Uploaded files may take 3145728 B, and this would be more. Delete some first");
    assert_eq!((stored(&app).len(), listed(&app).await), (1, vec!["a.deb".to_owned()]));
    let kept = operator.get(ARTIFACTS).await.status(200)["items"][0]["id"].clone();
    operator.delete(&format!("{ARTIFACTS}/{kept}")).await.status(204);
    assert_eq!(send(&operator, "c.deb", &content).await.0, 201, "after some were deleted");
}

#[actix_web::test]
async fn sec_f06_where_too_little_of_the_disk_is_free_nothing_is_taken() {
    let little: [fn(&mut UploadConfig); 2] = [|limits| limits.spare = u64::MAX, |limits| limits.spare_percent = 100];
    for limit in little {
        let app = TestApp::with_config(|config| limit(&mut config.uploads)).await;
        let operator = program(&app, Role::Operator).await;
        let (status, why) = send(&operator, "a.deb", &package(MIB)).await;
        assert_eq!(status, 507);
        assert_eq!(why, "The disk of hannun is nearly full: nothing is uploaded until there is room");
        assert_eq!((stored(&app), listed(&app).await), (Vec::new(), Vec::new()));
    }
}

/// The product on a real socket, and the head of a request with a form, up to how long it is.
async fn on_a_socket() -> (TestApp, SocketAddr, String) {
    let app = TestApp::with_config(|config| {
        config.requests.body_pause = Duration::from_millis(500);
        config.uploads.largest = 1 << 60;
        config.uploads.total = u64::MAX;
    })
    .await;
    let address = app.listen().trim_start_matches("http://").parse().unwrap();
    let token = program(&app, Role::Operator).await.token().to_owned();
    let head = format!(
        "POST {ARTIFACTS} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Bearer {token}\r\nContent-Type: {FORM}\r\n"
    );
    (app, address, head)
}

fn status(answer: &str) -> &str {
    answer.split(' ').nth(1).unwrap_or_default()
}

/// Waits until nothing lies in the folder any more: a sender that went away is noticed a little later.
async fn nothing_is_left(app: &TestApp, how: &str) {
    for _ in 0..200 {
        if stored(app).is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(25)).await;
    }
    panic!("{how}: {:?} is left", stored(app));
}

#[actix_web::test]
async fn sec_f06_a_length_that_is_missing_or_a_lie_leaves_nothing() {
    let (app, address, head) = on_a_socket().await;
    let body = form(&[("file", "a.deb", &package(MIB))]);
    let (length, half) = (body.len(), &body[..body.len() / 2]);
    let told = |length: usize, sent: &str| format!("{head}Content-Length: {length}\r\n\r\n{sent}");
    for (how, request, expected) in [
        ("no length at all", format!("{head}\r\n{body}"), "400"),
        ("less than comes", told(length / 2, &body), "400"),
        ("more than comes", told(length * 2, &body), "201"),
        ("half of it, and then nothing more", told(length, half), "408"),
        ("no number", format!("{head}Content-Length: many\r\n\r\n{body}"), "400"),
        ("a negative number", format!("{head}Content-Length: -1\r\n\r\n{body}"), "400"),
        ("two lengths", format!("{head}Content-Length: {length}\r\nContent-Length: 7\r\n\r\n{body}"), "400"),
        (
            "a length beside pieces",
            format!("{head}Content-Length: 7\r\nTransfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n"),
            "400",
        ),
        ("more than any disk has, with none of it", told(1 << 59, &body[..200]), "507"),
        ("more than is ever taken, with none of it", told(1 << 61, ""), "413"),
    ] {
        let answer = raw::ask(address, &request).await;
        assert_eq!(status(&answer), expected, "{how}: {answer}");
        if expected == "201" {
            // What follows a whole form belongs to nobody.
            assert_eq!((stored(&app).len(), listed(&app).await), (1, vec!["a.deb".to_owned()]), "{how}");
            app.app.artifacts.remove(&stored(&app)[0]).unwrap();
        }
        nothing_is_left(&app, how).await;
    }
    let mut gone = raw::begin(address, &told(length, half)).await;
    gone.shutdown().await.unwrap();
    drop(gone);
    nothing_is_left(&app, "a sender that went away").await;
    // The length need not be told, and nobody's turn is lost.
    for _ in 0..3 {
        let pieces = format!("{head}Transfer-Encoding: chunked\r\n\r\n{length:x}\r\n{body}\r\n0\r\n\r\n");
        let answer = raw::ask(address, &pieces).await;
        assert_eq!(status(&answer), "201", "{answer}");
    }
    assert_eq!(stored(&app).len(), 3);
}

const FULL: &str = "sec_f06_a_disk_that_is_full_in_the_middle_of_a_file_is_told_and_nothing_is_left";

#[tokio::test]
async fn sec_f06_a_disk_that_is_full_in_the_middle_of_a_file_is_told_and_nothing_is_left() {
    let Some(disk) = std::env::var_os(DISK) else {
        let disk = tempfile::Builder::new().prefix("hannun-disk-").tempdir().unwrap();
        let Some(command) = on_a_small_disk(disk.path()) else {
            return skip(FULL, "no file system can be mounted here");
        };
        alone_by(&format!("installations::uploads::limits::{FULL}"), command);
        return;
    };
    let none = UploadConfig { spare: 0, spare_percent: 0, ..UploadConfig::default() };
    let store = ArtifactStore::in_folder(Path::new(&disk)).within(none);
    let mut incoming = upload::begin(&store, &Actor::system("the test"), "a.deb", None).await.unwrap();
    let mut refused = None;
    for _ in 0..100 {
        if let Err(error) = incoming.write(&vec![0; 4 * MIB]).await {
            refused = Some(error);
            break;
        }
    }
    match refused {
        Some(Error::NoRoom(why)) => assert_eq!(why.to_string(), "The disk of hannun is full: nothing was kept"),
        other => panic!("{other:?}"),
    }
    drop(incoming);
    let left: Vec<_> =
        fs::read_dir(Path::new(&disk).join("artifacts")).unwrap().map(|one| one.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}
