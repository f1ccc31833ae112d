//! New lines of a file: each told once, over rotation, truncation and the death of workers.

use chrono::TimeDelta;
use hannun::models::ids::{RunId, ServerId};
use hannun::models::source_marks::{NewMark, SourceMark};
use hannun::remote::Endpoint;
use serde_json::{Value, json};

use super::Scene;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::sshd::Setup;

const PATH: &str = "/var/log/own.log";

/// The file of a real system that grows.
struct Grown<'a> {
    scene: Scene,
    system: &'a TestHost,
}

impl<'a> Grown<'a> {
    async fn set(system: &'a TestHost, endpoint: &Endpoint, more: Value) -> Self {
        system.run(&format!("printf 'old 1\\nold 2\\n' >{PATH}; chmod 644 {PATH}"));
        let mut entered = json!({ "path": PATH });
        entered.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        Self { scene: Scene::set(endpoint, "file_tail", &entered).await, system }
    }

    /// What is told after something was done to the file: lines, and what became of it.
    async fn after(&self, script: &str) -> (String, String) {
        self.system.run(script);
        let values = self.scene.values().await;
        let file = &values["file"];
        assert_eq!(file["has_gap"], false, "{values}");
        (file["text"].as_str().unwrap().to_owned(), file["became"].as_str().unwrap().to_owned())
    }
}

fn told(text: &str, became: &str) -> (String, String) {
    (text.to_owned(), became.to_owned())
}

async fn each_line_is_told_once(kind: Kind, test: &str, endpoint: impl Fn(&TestHost) -> Endpoint) {
    let Some(system) = TestHost::start(kind, test) else { return };
    let grown = Grown::set(&system, &endpoint(&system), json!({})).await;
    assert_eq!(grown.after("true").await, told("", "first"), "what is there is not new");
    assert_eq!(grown.after("true").await, told("", "same"));
    assert_eq!(grown.after(&format!("printf 'a\\nb\\nhalf' >>{PATH}")).await, told("a\nb", "same"));
    assert_eq!(grown.after(&format!("printf ' a line\\n' >>{PATH}")).await, told("half a line", "same"));
    // Put away, as logrotate does it, with something that nobody has seen yet.
    let away = format!("printf 'c\\n' >>{PATH}; mv {PATH} {PATH}.1; printf 'd\\n' >{PATH}; chmod 644 {PATH}*");
    assert_eq!(grown.after(&away).await, told("c\nd", "rotated"));
    let twice =
        format!("printf 'e\\n' >>{PATH}; mv {PATH}.1 {PATH}.2; mv {PATH} {PATH}.1; : >{PATH}; chmod 644 {PATH}*");
    assert_eq!(grown.after(&twice).await, told("e", "rotated"));
    // Copied and emptied, as others do it.
    assert_eq!(
        grown.after(&format!("printf 'f\\nlonger than what comes\\n' >>{PATH}")).await.0,
        "f\nlonger than what comes"
    );
    let copied = format!("printf 'g\\n' >>{PATH}; cp {PATH} {PATH}-copy; printf 'h\\n' >{PATH}; chmod 644 {PATH}*");
    assert_eq!(grown.after(&copied).await, told("g\nh", "truncated"));
}

#[actix_web::test]
async fn a_file_of_a_debian_is_read_on_over_rotation_and_truncation() {
    let test = "a_file_of_a_debian_is_read_on_over_rotation_and_truncation";
    each_line_is_told_once(Kind::Debian, test, TestHost::plain).await;
}

#[actix_web::test]
async fn a_file_of_an_rpm_system_is_read_on_by_root() {
    let Some(system) = TestHost::start(Kind::Rpm, "a_file_of_an_rpm_system_is_read_on_by_root") else { return };
    let grown = Grown::set(&system, &system.deploy(), json!({ "acting": "root" })).await;
    system.run(&format!("chmod 600 {PATH}"));
    assert_eq!(grown.after("true").await, told("", "first"));
    let away = format!("printf 'a\\n' >>{PATH}; mv {PATH} {PATH}-20261128; umask 077; printf 'b\\n' >{PATH}");
    assert_eq!(grown.after(&away).await, told("a\nb", "rotated"));
    // Who reads as root is in the audit log, with what was read.
    let log = grown.scene.stage.app.audit().await;
    let read = log.iter().find(|event| event.action == "read_growth").expect("it is written down");
    assert_eq!((read.run_as.as_str(), read.target.as_str(), read.actor.as_str()), ("root", PATH, "jiwon"));
    grown.scene.enter("file_tail", &json!({ "path": PATH }));
    assert!(grown.scene.fails().await.contains("Permission denied"), "the one who signs in may not");
}

#[actix_web::test]
async fn a_file_of_a_busybox_is_read_on_over_rotation_and_truncation() {
    let test = "a_file_of_a_busybox_is_read_on_over_rotation_and_truncation";
    each_line_is_told_once(Kind::BusyBox, test, TestHost::root).await;
}

#[actix_web::test]
async fn what_nobody_can_read_any_more_is_told_as_a_gap_and_a_pattern_counts_what_it_fits() {
    let test = "what_nobody_can_read_any_more_is_told_as_a_gap_and_a_pattern_counts_what_it_fits";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let more = json!({ "pattern": "(?i)error", "lines": 2, "first": "start" });
    let grown = Grown::set(&system, &system.plain(), more).await;
    let file = grown.scene.values().await["file"].clone();
    assert_eq!((&file["count"], &file["lines"], &file["became"]), (&json!(0), &json!(2), &json!("first")));
    system.run(&format!("printf 'Error 1\\ninfo\\nerror 2\\nERROR 3\\n' >>{PATH}"));
    let file = grown.scene.values().await["file"].clone();
    assert_eq!((&file["count"], &file["lines"], &file["text"]), (&json!(3), &json!(4), &json!("error 2\nERROR 3")));
    // Another file of the same length or more, under the same number.
    system.run(&format!("awk 'BEGIN {{ for (n = 0; n < 50; n++) print \"new error\", n }}' >{PATH}"));
    let file = grown.scene.values().await["file"].clone();
    assert_eq!((&file["count"], &file["became"], &file["has_gap"]), (&json!(50), &json!("replaced"), &json!(true)));
    // Much at once comes in parts; nothing of it is lost.
    system.run(&format!(
        "awk 'BEGIN {{ for (n = 0; n < 60000; n++) print \"one error of many, with a number:\", n }}' >>{PATH}"
    ));
    let (mut count, mut parts) = (0, 0);
    loop {
        let file = grown.scene.values().await["file"].clone();
        count += file["count"].as_u64().unwrap();
        parts += 1;
        if file["is_more"] == false {
            break;
        }
    }
    assert!(count == 60_000 && parts > 2, "{count} in {parts}");
    // Another file begins anew, and one that is none says so.
    grown.scene.enter("file_tail", &json!({ "path": "/var/log/other.log" }));
    assert!(grown.scene.fails().await.contains("No such file"));
    grown.scene.enter("file_tail", &json!({ "path": "/var/log" }));
    assert!(grown.scene.fails().await.contains("not a file with content"));
}

#[actix_web::test]
async fn rel_j05_lines_that_a_dead_worker_has_read_are_read_again_and_told_once() {
    let test = "rel_j05_lines_that_a_dead_worker_has_read_are_read_again_and_told_once";
    let Some(sshd) = Setup::default().start(test) else { return };
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.log");
    std::fs::write(&path, "old\n").unwrap();
    let entered = json!({ "path": path.to_str().unwrap() });
    let scene = Scene::set(&sshd.endpoint(), "file_tail", &entered).await;
    scene.reads().await;
    let mark = |scene: &Scene| {
        let (id, server, db) = (scene.id, scene.server.id, scene.stage.app.app.db.clone());
        async move { db.run(move |connection| SourceMark::of(connection, id, server)).await.unwrap().unwrap() }
    };
    let before = mark(&scene).await;
    assert_eq!((before.moves, before.mark["place"]["at"].as_u64()), (1, Some(4)));
    std::fs::write(&path, "old\nnew\n").unwrap();
    scene.fire().await;
    scene.stage.taken_and_left().await;
    assert_eq!(mark(&scene).await, before, "it moves with what is written, and nothing was");
    scene.stage.advance(TimeDelta::seconds(61));
    scene.stage.fire().await;
    scene.stage.work_off().await;
    assert_eq!(scene.reading().await.text("file.text").as_deref(), Some("new"));
    assert_eq!(mark(&scene).await.moves, 2);
    assert_eq!(scene.values().await["file"]["count"], 0);
    // Who began at an older mark does not move it back.
    let (server, id, run, now) = (scene.server.id, scene.id, RunId(1), scene.stage.now());
    let tried = move |server: ServerId, seen| NewMark { server, mark: json!({}), seen };
    let moved = scene.stage.app.app.db.run(move |connection| {
        let first = tried(server, 0).moves(connection, (id, run), now)?;
        let late = tried(server, 2).moves(connection, (id, run), now)?;
        let right = tried(server, 3).moves(connection, (id, run), now)?;
        Ok::<_, hannun::error::Error>((first, late, right))
    });
    assert_eq!(moved.await.unwrap(), (false, false, true));
}
