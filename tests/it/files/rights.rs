//! Who may see and change files, and what is left of it in the audit log.

use std::collections::BTreeSet;
use std::time::Duration;

use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::audit::AuditEvent;
use hannun::models::permission::Permission;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::timeout;

use super::{files, path, runs_tail_of};
use crate::harness::app::{TO_THE_END, TestApp};
use crate::harness::client::Client;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::ssh::eventually;

/// An operator without one permission.
async fn without(app: &TestApp, name: &str, permission: Permission) -> Client {
    let rights = Rights::new(Role::Operator, Scope::All);
    app.signed_in_with(name, Rights { withheld: BTreeSet::from([permission]), ..rights }).await
}

/// What the audit log tells of `action`: who, on what, as whom, how it ended; the first first.
async fn told(app: &TestApp, action: &'static str) -> Vec<[String; 4]> {
    let row = |event: AuditEvent| [event.actor, event.target, event.run_as, event.outcome.label().to_owned()];
    let mut rows: Vec<_> = app.audit().await.into_iter().filter(|event| event.action == action).map(row).collect();
    rows.reverse();
    rows
}

#[actix_web::test]
async fn sec_z07_files_are_read_as_root_by_who_may_act_as_root_also_where_signing_in_alone_makes_it_root() {
    let test = "sec_z07_files_are_read_as_root_by_who_may_act_as_root_also_where_signing_in_alone_makes_it_root";
    let Some(system) = TestHost::start(Kind::Coreutils, test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "root-1", &system.root()).await;
    known::add(&app, "user-1", &system.deploy()).await;
    system.run("mkdir -m 700 /srv/closed && echo secret >/srv/closed/secret");
    let (careful, operator) = (without(&app, "careful", Permission::Root).await, app.operator().await);
    for url in [
        "/servers/root-1/files/content?path=/srv/closed/secret",
        "/servers/user-1/files/content?path=/srv/closed/secret&as=root",
    ] {
        let reply = careful.get(url).await;
        assert_eq!(reply.status, 403, "{url}");
        assert!(!reply.body.contains("secret\n"), "{url}: {}", reply.body);
        let reply = operator.get(url).await;
        assert_eq!((reply.status.as_u16(), reply.body.as_str()), (200, "secret\n"), "{url}");
    }
    let row = |actor: &str, outcome: &str| [actor, "/srv/closed/secret", "root", outcome].map(str::to_owned);
    let (refused, read): (Vec<_>, Vec<_>) =
        told(&app, "download_file").await.into_iter().partition(|row| row[3] == "Refused");
    assert_eq!(read, [row("operator", "Succeeded"), row("operator", "Succeeded")]);
    assert_eq!(refused.len(), 2, "{refused:?}");
    // What the login user sees by its own eyes leaves no trace.
    let own = careful.get("/servers/user-1/files/content?path=/etc/passwd").await;
    assert_eq!(own.status, 200);
    assert_eq!(told(&app, "download_file").await.len(), 4);
}

#[actix_web::test]
async fn sec_z02_following_ends_when_the_switch_or_the_rights_do_not_allow_it_any_more() {
    let test = "sec_z02_following_ends_when_the_switch_or_the_rights_do_not_allow_it_any_more";
    let Some(files) = files(test).await else { return };
    let file = files.file("outlived.log", b"first\n");
    let operator = files.app.operator().await;
    let url = format!("/servers/web-1/files/follow?path={}", path(&file).to_url());
    let follow = async {
        let ask = operator.ask(actix_web::http::Method::GET, &url).header(TO_THE_END, "1");
        timeout(Duration::from_secs(30), ask.send()).await.expect("it goes on for ever")
    };
    let close = async {
        eventually("it is followed", || runs_tail_of("outlived.log")).await;
        known::only_watch(&files.app, "web-1").await;
    };
    let (reply, ()) = futures_util::future::join(follow, close).await;
    assert_eq!(reply.status, 200);
    let (_, end) = reply.body.split_once("event: end\ndata: ").unwrap_or_else(|| panic!("{}", reply.body));
    assert!(end.starts_with("web-1 allows no more than “Only watch”"), "{end}");
    eventually("nobody follows it any more", || !runs_tail_of("outlived.log")).await;
}

#[actix_web::test]
async fn sec_z02_a_download_ends_when_the_switch_or_the_rights_do_not_allow_it_any_more() {
    let test = "sec_z02_a_download_ends_when_the_switch_or_the_rights_do_not_allow_it_any_more";
    let Some(files) = files(test).await else { return };
    let file = files.file("long.bin", &vec![7; 32 << 20]);
    let operator = files.app.operator().await;
    let url = format!("/servers/web-1/files/content?path={}", path(&file).to_url());
    let address = files.app.listen().trim_start_matches("http://").to_owned();
    let mut socket = tokio::net::TcpStream::connect(&address).await.unwrap();
    let cookie = operator.cookie("sid").unwrap();
    let head = format!("GET {url} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nCookie: sid={cookie}\r\n\r\n");
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut came = socket.read(&mut [0; 4096]).await.unwrap();
    known::only_watch(&files.app, "web-1").await;
    // It is read so slowly that it is on its way when it is looked again whether it may be.
    let mut piece = vec![0; 1 << 20];
    let reading = async {
        while let Ok(more @ 1..) = socket.read(&mut piece).await {
            came += more;
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    };
    timeout(Duration::from_mins(1), reading).await.expect("it ends");
    assert!(came < 32 << 20, "{came}: all of it came");
    let refused = told(&files.app, "download_file").await;
    assert!(refused.iter().any(|row| row[3] == "Refused"), "{refused:?}");
}

#[actix_web::test]
async fn what_was_done_is_told_as_done_also_to_who_may_not_look_at_it() {
    let test = "what_was_done_is_told_as_done_also_to_who_may_not_look_at_it";
    let Some(files) = files(test).await else { return };
    let blind = without(&files.app, "blind", Permission::ReadFiles).await;
    let token = blind.token().await;
    let place = path(&files.folder.join("made")).to_url();
    let body = serde_json::json!({ "path": place }).to_string();
    let ask = blind.ask(actix_web::http::Method::POST, "/api/v1/servers/web-1/files/directories");
    let ask = ask.header("Sec-Fetch-Site", "same-origin").header("X-CSRF-Token", &token);
    let reply = ask.body("application/json", body).send().await;
    assert_eq!((reply.status.as_u16(), reply.header("etag")), (201, None), "{}", reply.body);
    assert!(files.folder.join("made").is_dir());
}
