//! Files that come, stay for a while and go (F06), on the console itself.

mod limits;

use std::fs;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};

use actix_web::http::Method;
use chrono::TimeDelta;
use hannun::config::UploadConfig;
use hannun::error::Error;
use hannun::installations::artifact_store::ArtifactStore;
use hannun::installations::upload;
use hannun::models::actor::{Actor, Role};
use hannun::models::artifacts::ArtifactSummary;
use hannun::models::executions::{Execution, ExecutionState, ExecutionSummary, NewExecution};
use hannun::models::ids::{ArtifactId, ServerId};
use hannun::models::servers::NewServer;

use crate::api::program::program;
use crate::harness::app::TestApp;
use crate::harness::recurring::run;

/// A file that is a Debian package as far as it lies open; all of it is text.
fn package() -> String {
    let member = |name: &str, content: &str| {
        format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n{content}", 0, 0, 0, 100_644, content.len())
    };
    let parts = [member("debian-binary", "2.0\n"), member("control.tar.xz", "abcd"), member("data.tar.xz", "efgh")];
    format!("!<arch>\n{}", parts.concat())
}

fn form(parts: &[(&str, &str, &str)]) -> String {
    let part = |(name, file, content): &(&str, &str, &str)| {
        let file = if file.is_empty() { String::new() } else { format!("; filename=\"{file}\"") };
        format!("--x\r\nContent-Disposition: form-data; name=\"{name}\"{file}\r\n\r\n{content}\r\n")
    };
    format!("{}--x--\r\n", parts.iter().map(part).collect::<String>())
}

const FORM: &str = "multipart/form-data; boundary=x";

fn folder(app: &TestApp) -> PathBuf {
    app.app.config.data_dir.join("artifacts")
}

/// The files that lie there.
fn stored(app: &TestApp) -> Vec<String> {
    let Ok(entries) = fs::read_dir(folder(app)) else { return Vec::new() };
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != "lock").collect()
}

async fn upload_one(app: &TestApp, name: &str) -> ArtifactId {
    let (db, store, actor) = (&app.app.db, &app.app.artifacts, Actor::system("the test"));
    let mut incoming = upload::begin(store, &actor, name, None).await.unwrap();
    incoming.write(package().as_bytes()).await.unwrap();
    upload::finish(db, &actor, incoming, name, app.database.now()).await.unwrap().id
}

async fn listed(app: &TestApp) -> Vec<String> {
    let found = app.app.db.run(ArtifactSummary::latest).await.unwrap();
    found.into_iter().map(|artifact| artifact.file_name).collect()
}

async fn server(app: &TestApp) -> ServerId {
    app.app.db.run(|connection| NewServer::new("web-1", "127.0.0.1").insert(connection)).await.unwrap().id
}

/// A run of a file that ended when it was asked for.
async fn ended(app: &TestApp, server_id: ServerId, artifact_id: Option<ArtifactId>) {
    let now = app.database.now();
    let insert = app.app.db.run(move |connection| {
        let new = NewExecution {
            server_id,
            command_type: "install_file",
            command: "apt-get".into(),
            line: "apt-get".into(),
            script: "true".into(),
            as_root: true,
            run_as: "deploy".into(),
            target: "a.deb".into(),
            artifact_id,
            unsigned: true,
            actor_kind: "system",
            actor: "the test".into(),
            address: None,
            asked_number: 1,
            place: format!("{now}"),
            queued_at: now,
        };
        let run = new.insert(connection)?.id;
        let run = Execution::by_id(connection, run)?;
        let end = hannun::models::executions::End {
            state: ExecutionState::Succeeded,
            exit_status: Some(0),
            why: None,
            answer: String::new(),
        };
        assert!(run.end(connection, &end, now)?);
        Ok::<_, Error>(())
    });
    insert.await.unwrap();
}

#[actix_web::test]
async fn sec_f06_an_upload_that_breaks_off_leaves_nothing_and_two_are_enough_for_one_person() {
    let app = TestApp::start().await;
    let (store, actor) = (&app.app.artifacts, Actor::system("the test"));
    let mut first = upload::begin(store, &actor, "a.deb", None).await.unwrap();
    first.write(b"!<arch>\n").await.unwrap();
    let second = upload::begin(store, &actor, "b.deb", None).await.unwrap();
    let third = upload::begin(store, &actor, "c.deb", None).await;
    assert!(matches!(third, Err(Error::TooMany { .. })), "{third:?}");
    upload::begin(store, &Actor::system("another"), "c.deb", None).await.unwrap();
    assert_eq!(stored(&app).len(), 2);
    drop((first, second));
    assert_eq!(stored(&app), Vec::<String>::new());
    let full = UploadConfig { spare: u64::MAX, ..app.app.config.uploads };
    let full = ArtifactStore::in_folder(&app.app.config.data_dir).within(full);
    assert!(matches!(upload::begin(&full, &actor, "a.deb", None).await, Err(Error::NoRoom(_))));
}

#[actix_web::test]
async fn sec_f06_half_a_file_is_removed_at_a_start_and_never_that_of_a_process_that_goes_on() {
    let app = TestApp::start().await;
    let (db, store, actor) = (&app.app.db, &app.app.artifacts, Actor::system("the test"));
    let mut incoming = upload::begin(store, &actor, "a.deb", None).await.unwrap();
    incoming.write(&package().as_bytes()[..20]).await.unwrap();
    fs::write(folder(&app).join("dead.part"), "half").unwrap();
    // Another process over the same folder starts.
    let other = ArtifactStore::in_folder(&app.app.config.data_dir);
    other.tidy().unwrap();
    assert_eq!(stored(&app).len(), 2);
    incoming.write(&package().as_bytes()[20..]).await.unwrap();
    upload::finish(db, &actor, incoming, "a.deb", app.database.now()).await.unwrap();
    other.tidy().unwrap();
    assert_eq!((stored(&app).len(), listed(&app).await), (1, vec!["a.deb".to_owned()]));
}

#[actix_web::test]
async fn a_file_is_kept_for_seven_days_after_it_was_uploaded_or_last_used() {
    let app = TestApp::start().await;
    let server = server(&app).await;
    let used = upload_one(&app, "used.deb").await;
    upload_one(&app, "unused.deb").await;
    app.advance(TimeDelta::days(5));
    ended(&app, server, Some(used)).await;
    upload_one(&app, "new.deb").await;
    run(&app, "forget_artifacts").await;
    assert_eq!(listed(&app).await, ["new.deb", "unused.deb", "used.deb"]);
    app.advance(TimeDelta::days(2) + TimeDelta::minutes(1));
    run(&app, "forget_artifacts").await;
    assert_eq!((listed(&app).await, stored(&app).len()), (vec!["new.deb".to_owned(), "used.deb".to_owned()], 2));
    app.advance(TimeDelta::days(5));
    run(&app, "forget_artifacts").await;
    assert_eq!((listed(&app).await, stored(&app).len()), (Vec::new(), 0));
}

#[actix_web::test]
async fn a_file_that_is_nobody_s_is_removed_a_day_later() {
    let app = TestApp::start().await;
    upload_one(&app, "a.deb").await;
    for (name, age) in [("old", 25), ("old.part", 25), ("young", 23)] {
        let path = folder(&app).join(name);
        fs::write(&path, "x").unwrap();
        let changed = SystemTime::now() - Duration::from_hours(age);
        fs::File::options().write(true).open(path).unwrap().set_modified(changed).unwrap();
    }
    run(&app, "forget_artifacts").await;
    let left = stored(&app);
    assert!(left.len() == 2 && left.contains(&"young".to_owned()), "{left:?}");
    assert_eq!(listed(&app).await, ["a.deb"]);
}

#[actix_web::test]
async fn rel_r10_a_run_is_forgotten_ninety_days_after_its_end() {
    let app = TestApp::start().await;
    let server = server(&app).await;
    ended(&app, server, None).await;
    let count = async || {
        let runs = app.app.db.run(move |connection| ExecutionSummary::of_server(connection, server, 10)).await;
        runs.unwrap().len()
    };
    app.advance(TimeDelta::days(90));
    run(&app, "forget_executions").await;
    assert_eq!(count().await, 1);
    app.advance(TimeDelta::minutes(1));
    run(&app, "forget_executions").await;
    assert_eq!(count().await, 0);
}

#[actix_web::test]
async fn sec_w01_a_file_is_taken_only_from_our_own_page() {
    let app = TestApp::start().await;
    let operator = app.operator().await;
    let token = operator.token().await;
    let send = async |parts: &[(&str, &str, &str)]| {
        let ask = operator.ask(Method::POST, "/artifacts").header("Sec-Fetch-Site", "same-origin");
        ask.body(FORM, form(parts)).send().await.status.as_u16()
    };
    let file = package();
    let file = ("file", "a.deb", file.as_str());
    assert_eq!(send(&[file]).await, 403, "no token at all");
    assert_eq!(send(&[("csrf_token", "", "guess"), file]).await, 403);
    assert_eq!(send(&[file, ("csrf_token", "", token.as_str())]).await, 403, "the token after the file");
    let foreign = operator.ask(Method::POST, "/artifacts").header("Origin", "http://evil.test");
    let foreign = foreign.body(FORM, form(&[("csrf_token", "", token.as_str()), file])).send().await;
    assert_eq!((foreign.status.as_u16(), stored(&app)), (403, Vec::new()));
    assert_eq!(send(&[("csrf_token", "", token.as_str()), file]).await, 303);
    assert_eq!(listed(&app).await, ["a.deb"]);
}

#[actix_web::test]
async fn sec_f07_a_program_uploads_lists_and_deletes_and_what_is_no_package_is_refused() {
    let app = TestApp::start().await;
    let (operator, viewer) = (program(&app, Role::Operator).await, program(&app, Role::Viewer).await);
    let path = "/api/v1/artifacts";
    let file = package();
    let sent = operator.send(Method::POST, path, FORM, &form(&[("file", "../a.deb", file.as_str())])).await.status(201);
    assert_eq!(
        (&sent["file_name"], &sent["kind"], &sent["signature"]),
        (&"a.deb".into(), &"deb".into(), &"absent".into())
    );
    assert!(sent["scripts"].is_null() && sent["name"] == "", "{sent}");
    for (name, content) in [("a.zip", "PK"), ("a.rpm", file.as_str()), ("a.deb", "!<arch>\nhalf")] {
        let refused = operator.send(Method::POST, path, FORM, &form(&[("file", name, content)])).await;
        assert_eq!(refused.refused_fields(), ["file"], "{name}");
    }
    assert_eq!(
        viewer.send(Method::POST, path, FORM, &form(&[("file", "a.deb", file.as_str())])).await.problem(403),
        "forbidden"
    );
    let list = operator.get(path).await.status(200);
    assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["sha256"]), (1, &sent["sha256"]));
    let one = format!("{path}/{}", sent["id"]);
    assert_eq!(operator.get(&one).await.status(200), sent);
    operator.delete(&one).await.status(204);
    assert_eq!((operator.get(&one).await.problem(404), stored(&app)), ("not-found".to_owned(), Vec::new()));
}
