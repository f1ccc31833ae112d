//! The output of a command: with the owner's rights, with its row and its audit, and asked for once per run.

use diesel::prelude::*;
use hannun::commands::script::Privilege;
use hannun::db::schema::{execution_output, executions, run_deeds};
use hannun::models::executions::ExecutionState;
use hannun::models::ids::ExecutionId;
use hannun::models::runs::RunState;
use hannun::remote::Endpoint;
use serde_json::{Value, json};

use super::Scene;
use crate::harness::ssh::eventually;
use crate::harness::sshd::{Setup, Sshd};

fn sshd(test: &str) -> Option<Sshd> {
    let setup = Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL");
    setup.start(test)
}

async fn scene(sshd: &Sshd, command: &str) -> Scene {
    let endpoint = Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint() };
    Scene::set(&endpoint, "command_output", &json!({ "command": command })).await
}

/// All executions: number, state and exit status.
fn all(scene: &Scene) -> Vec<(ExecutionId, ExecutionState, Option<i32>)> {
    let columns = (executions::id, executions::state, executions::exit_status);
    let rows = executions::table.order(executions::id).select(columns);
    rows.load(&mut scene.stage.app.database.owner()).unwrap()
}

/// The run was read, but its worker died before that was written.
fn forget_reading(scene: &Scene) {
    scene.stage.execute("delete from deliveries");
    scene.stage.execute(
        "update runs set state = 'queued', readings = '[]', lease_until = null, ended_at = null, took_ms = null, why = null
         where id = (select max(id) from runs)",
    );
}

/// A run that was fired and worked on, whose reading is forgotten; and worked on again.
async fn again(scene: &Scene, between: impl FnOnce(&Scene)) -> hannun::scenarios::reading::Reading {
    scene.fire().await;
    let entry = scene.stage.entry();
    scene.stage.scenarios.work(&entry).await.unwrap();
    forget_reading(scene);
    between(scene);
    scene.stage.scenarios.work(&entry).await.unwrap();
    scene.reading().await
}

#[actix_web::test]
async fn a_command_gives_its_status_its_first_line_its_text_and_its_number() {
    let Some(sshd) = sshd("a_command_gives_its_status_its_first_line_its_text_and_its_number") else { return };
    let scene = scene(&sshd, "expr 6 \\* 7\nid -un >&2").await;
    let values = scene.values().await;
    let output = &values["output"];
    assert_eq!((&output["exit_status"], &output["line"]), (&json!(0), &json!("42")), "{values}");
    assert_eq!(
        (&output["number"], &output["text"]),
        (&Value::Null, &json!("42\nhannun-test")),
        "two lines are no number"
    );
    assert_eq!(values["command"], "expr 6 \\* 7\nid -un >&2", "what was asked is seen");
    scene.enter("command_output", &json!({ "command": "echo ' -3.5 '" }));
    assert_eq!(scene.values().await["output"]["number"], -3.5);
    scene.enter("command_output", &json!({ "command": "echo broken; exit 3" }));
    let values = scene.values().await;
    assert_eq!((&values["output"]["exit_status"], &values["output"]["line"]), (&json!(3), &json!("broken")));
    scene.enter("command_output", &json!({ "command": "id -un", "acting": "root" }));
    assert_eq!(scene.values().await["output"]["line"], "root");
    // Each is an execution like any other, asked for by the owner of the scenario.
    assert_eq!(all(&scene).len(), 4);
    let log = scene.stage.app.audit().await;
    let told: Vec<_> = log.iter().filter(|event| event.action == "run_command").collect();
    assert_eq!(told.len(), 8, "asked and ended, each");
    assert!(told.iter().all(|event| event.actor == "jiwon" && event.server == "app-1"), "{told:?}");
    assert_eq!((told[0].run_as.as_str(), told[0].target.as_str()), ("root", "id -un"));
}

#[actix_web::test]
async fn sec_x01_x03_what_a_hostile_command_prints_is_text_and_bounded() {
    let Some(sshd) = sshd("sec_x01_x03_what_a_hostile_command_prints_is_text_and_bounded") else { return };
    let scene = scene(&sshd, "printf 'a\\000b\\033[31m\\377<script>\\n'").await;
    let text = scene.values().await["output"]["text"].as_str().unwrap().to_owned();
    assert!(text.starts_with("a\u{fffd}b") && text.ends_with("<script>") && !text.contains('\0'), "{text:?}");
    scene.enter("command_output", &json!({ "command": "yes | head -c 300000" }));
    let values = scene.values().await;
    assert_eq!(values["output"]["is_cut"], true);
    assert!(values["output"]["text"].as_str().unwrap().len() <= 16 << 10);
    // What has no end is ended, and the run says why.
    scene.enter("command_output", &json!({ "command": "yes" }));
    assert_eq!(scene.fails().await, "It was ended: it printed more than 4 MiB");
    scene.enter("command_output", &json!({ "command": "sleep 60", "seconds": 1 }));
    assert_eq!(scene.fails().await, "It was ended after 1 s, its time limit");
}

#[actix_web::test]
async fn rel_j03_a_command_is_asked_for_once_per_run_whatever_becomes_of_its_worker() {
    let test = "rel_j03_a_command_is_asked_for_once_per_run_whatever_becomes_of_its_worker";
    let Some(sshd) = sshd(test) else { return };
    let scene = scene(&sshd, "echo once >>\"$HOME/done\"; wc -l <\"$HOME/done\"").await;
    let reading = again(&scene, |_| ()).await;
    assert_eq!((reading.failed.as_ref(), reading.number("output.number")), (None, Some(1.0)), "{reading:?}");
    let before = all(&scene);
    assert_eq!((before.len(), before[0].1), (1, ExecutionState::Succeeded));
    let deeds: i64 = run_deeds::table.count().get_result(&mut scene.stage.app.database.owner()).unwrap();
    assert_eq!(deeds, 1);
    // Another run is another deed.
    assert_eq!(scene.values().await["output"]["number"], 2.0);
    // Where nobody knows how it ended, nobody tries it again.
    let unknown = "update executions set state = 'unknown', exit_status = null, why = '{\"text\": \"Nobody knows how the command ended\"}' where id = (select max(id) from executions)";
    let reading = again(&scene, |scene| scene.stage.execute(unknown)).await;
    assert!(reading.failed.is_some(), "{reading:?}");
    assert_eq!(all(&scene).len(), 3);
    assert_eq!(scene.values().await["output"]["number"], 4.0, "the third ran once");
}

#[actix_web::test]
async fn rel_j01_a_command_that_was_asked_for_and_not_begun_is_begun_by_whoever_takes_up_the_run() {
    let test = "rel_j01_a_command_that_was_asked_for_and_not_begun_is_begun_by_whoever_takes_up_the_run";
    let Some(sshd) = sshd(test) else { return };
    let scene = scene(&sshd, "echo done").await;
    let reading = again(&scene, |scene| {
        let mut owner = scene.stage.app.database.owner();
        diesel::delete(execution_output::table).execute(&mut owner).unwrap();
        scene.stage.execute(
            "update executions set state = 'queued', token = 0, lease_until = null, started_at = null, ended_at = null, exit_status = null, log_bytes = 0",
        );
    })
    .await;
    assert_eq!(reading.text("output.line").as_deref(), Some("done"), "{reading:?}");
    assert_eq!(all(&scene).iter().map(|row| row.1).collect::<Vec<_>>(), [ExecutionState::Succeeded]);
}

#[actix_web::test]
async fn sec_z03_z04_a_command_may_no_more_than_the_owner_of_its_scenario() {
    let Some(sshd) = sshd("sec_z03_z04_a_command_may_no_more_than_the_owner_of_its_scenario") else { return };
    let scene = scene(&sshd, "echo canary").await;
    let owner = scene.stage.owner.id.0;
    scene.stage.execute(&format!("update users set role = 'viewer' where id = {owner}"));
    for (kind, entered) in [
        ("command_output", json!({ "command": "echo canary" })),
        ("http_check", json!({ "url": "http://127.0.0.1:1/" })),
        ("certificate_expiry", json!({ "host": "127.0.0.1", "port": 1 })),
        ("file_tail", json!({ "path": "/etc/passwd" })),
    ] {
        scene.enter(kind, &entered);
        scene.fire().await;
        let due = scene.stage.row(scene.id).await.next_slot.unwrap();
        scene.stage.work_off().await;
        let run = scene.stage.runs(scene.id).await.pop().unwrap();
        assert_eq!((run.state, &run.readings), (RunState::Refused, &json!([])), "{kind}");
        assert!(run.why().unwrap().to_string().contains("no operator any more"), "{kind}: {:?}", run.why());
        // Each time it was switched off; here somebody who may do anything to the tables switches it on.
        let on = format!("update scenarios set enabled = true, next_slot = '{due}', next_run_at = '{due}'");
        scene.stage.execute(&on);
    }
    assert!(all(&scene).is_empty());
    let log = scene.stage.app.audit().await;
    assert!(!log.iter().any(|one| ["read_growth", "read_certificate", "request_url"].contains(&one.action.as_str())));
}

#[actix_web::test]
async fn sec_p07_who_stops_a_run_stops_its_command() {
    let Some(sshd) = sshd("sec_p07_who_stops_a_run_stops_its_command") else { return };
    let scene = scene(&sshd, "sleep 40").await;
    scene.fire().await;
    let entry = scene.stage.entry();
    let id = scene.stage.runs(scene.id).await[0].id;
    let state = |wanted: ExecutionState| all(&scene).first().is_some_and(|row| row.1 == wanted);
    let stops = async {
        eventually("the command runs", || state(ExecutionState::Running) || state(ExecutionState::Starting)).await;
        scene.stage.stop(id).await;
    };
    let (worked, ()) = tokio::join!(scene.stage.scenarios.work(&entry), stops);
    worked.unwrap();
    assert_eq!(scene.stage.runs(scene.id).await[0].state, RunState::Stopped);
    eventually("the command has ended", || state(ExecutionState::Stopped)).await;
}
