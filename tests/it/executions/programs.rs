//! `POST /executions`, and `hannun exec`.

use std::process::Command;

use hannun::commands::script::Privilege;
use hannun::models::actor::{Role, Scope};
use hannun::remote::Endpoint;
use serde_json::{Value, json};

use super::Stage;
use crate::api::program::{group, program, program_for};
use crate::harness::known;
use crate::harness::sshd::{Setup, Sshd};

fn sshd(test: &str) -> Option<Sshd> {
    Setup::default().user("hannun-test", "/bin/sh").sudoers("hannun-test ALL=(ALL) NOPASSWD: ALL").start(test)
}

fn endpoint(sshd: &Sshd) -> Endpoint {
    Endpoint { privilege: Privilege::Sudo, ..sshd.endpoint() }
}

#[actix_web::test]
async fn a_program_runs_a_command_on_servers_and_reads_what_became_of_it() {
    let test = "a_program_runs_a_command_on_servers_and_reads_what_became_of_it";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    known::add(&stage.app, "web-2", &endpoint(&sshd)).await;
    let operator = program(&stage.app, Role::Operator).await;
    let asked = operator.post("/api/v1/executions", json!({ "servers": ["all"], "command": "id -un\nexit 4" })).await;
    let items = asked.status(202)["items"].as_array().unwrap().clone();
    assert_eq!(items.iter().map(|item| item["server"].as_str().unwrap()).collect::<Vec<_>>(), ["web-1", "web-2"]);
    for item in &items {
        let id = item["id"].as_i64().unwrap();
        stage.end_of(hannun::models::ids::ExecutionId(id)).await;
        let found = operator.get(&format!("/api/v1/executions/{id}")).await.status(200);
        assert_eq!((&found["state"], &found["exit_status"]), (&json!("failed"), &json!(4)), "{found}");
        assert_eq!((&found["output"], &found["text"]), (&json!("hannun-test\n"), &json!("id -un\nexit 4")));
    }
    let asked =
        json!({ "servers": ["web-1"], "command": "id -un; sleep 98761", "become": true, "timeout_seconds": 600 });
    let asked = operator.post("/api/v1/executions", asked).await.status(202);
    let path = format!("/api/v1/executions/{}", asked["items"][0]["id"]);
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(20);
    while operator.get(&path).await.status(200)["output"] != "root\n" {
        assert!(std::time::Instant::now() < deadline);
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    operator.delete(&path).await.status(202);
    let id = asked["items"][0]["id"].as_i64().unwrap();
    let (run, _) = stage.end_of(hannun::models::ids::ExecutionId(id)).await;
    assert_eq!(run.state.name(), "stopped", "{:?}", run.why());
}

#[actix_web::test]
async fn sec_z03_no_words_are_no_servers_and_all_is_all_that_one_may_know_of() {
    let test = "sec_z03_no_words_are_no_servers_and_all_is_all_that_one_may_know_of";
    let Some(sshd) = sshd(test) else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let (_, scope) = group(&stage.app, "web").await;
    let limited = program_for(&stage.app, "limited", Role::Operator, scope).await;
    for (servers, status) in
        [(json!([]), 202), (json!(["all"]), 202), (json!(["label:env=prod"]), 202), (json!(["web-1"]), 404)]
    {
        let asked = limited.post("/api/v1/executions", json!({ "servers": servers, "command": "id" })).await;
        let answer = asked.status(status);
        if status == 202 {
            assert_eq!(answer["items"], json!([]), "{servers}");
        }
    }
    let viewer = program(&stage.app, Role::Viewer).await;
    viewer.post("/api/v1/executions", json!({ "servers": ["all"], "command": "id" })).await.status(403);
    let operator = program(&stage.app, Role::Operator).await;
    for body in [
        json!({ "servers": ["all"], "command": " " }),
        json!({ "servers": ["label:x"], "command": "id" }),
        json!({ "servers": ["all"], "command": "id", "timeout_seconds": 0 }),
        json!({ "servers": ["all"], "command": "id", "sudo": true }),
    ] {
        operator.post("/api/v1/executions", body).await.status(422);
    }
    known::only_watch(&stage.app, "web-1").await;
    operator.post("/api/v1/executions", json!({ "servers": ["all"], "command": "id" })).await.status(403);
}

/// `hannun` with these arguments, on the database of `stage`: status, output, complaints.
async fn hannun(stage: &Stage, arguments: &[&str]) -> (i32, String, String) {
    let data = stage.app.app.config.data_dir.clone();
    let url = data.join("database-url");
    std::fs::write(&url, stage.app.database.application_url().expose()).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_hannun"));
    command.args(arguments).env_clear().env("PATH", std::env::var_os("PATH").unwrap());
    command.env("DATABASE_URL_FILE", &url).env("HANNUN_DATA_DIR", &data);
    let output = tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code().unwrap(), text(&output.stdout), text(&output.stderr))
}

#[actix_web::test]
async fn the_command_line_runs_a_command_on_servers() {
    let Some(sshd) = sshd("the_command_line_runs_a_command_on_servers") else { return };
    let stage = Stage::set(&endpoint(&sshd)).await;
    let one = hannun(&stage, &["exec", "web-1", "--", "echo", "one;", "echo two"]).await;
    assert_eq!((one.0, one.1.as_str(), one.2.as_str()), (0, "one\ntwo\n", ""));
    known::add(&stage.app, "web-2", &endpoint(&sshd)).await;
    let both = hannun(&stage, &["exec", "--become", "web-2", "web-1", "--", "id -un"]).await;
    assert_eq!((both.0, both.1.as_str()), (0, "== web-1 (exit 0)\nroot\n== web-2 (exit 0)\nroot\n"), "{}", both.2);
    let failed = hannun(&stage, &["exec", "all", "--json", "--", "echo out; exit 5"]).await;
    assert_eq!(failed.0, 1, "{}", failed.2);
    let rows: Value = serde_json::from_str(&failed.1).unwrap();
    assert_eq!(rows[1]["server"], "web-2");
    assert_eq!(
        (&rows[0]["exit_status"], &rows[0]["output"], &rows[0]["state"]),
        (&json!(5), &json!("out\n"), &json!("failed"))
    );
    // The same rows as those of the page and the API.
    let operator = program(&stage.app, Role::Operator).await;
    let listed = operator.get("/api/v1/fan-outs").await.status(200);
    assert_eq!(
        (&listed["items"][0]["asked_by"], &listed["items"][0]["state"]),
        (&json!("command line"), &json!("failed"))
    );
    let late = hannun(&stage, &["exec", "web-1", "--timeout", "1s", "--", "sleep 98762"]).await;
    assert_eq!((late.0, late.1.as_str()), (1, ""));
    assert!(late.2.contains("its time limit"), "{}", late.2);
    assert_eq!(hannun(&stage, &["exec", "nobody", "--", "id"]).await.0, 1);
    assert_eq!(hannun(&stage, &["exec", "web-1"]).await.0, 2);
    assert_eq!(hannun(&stage, &["exec", "web-1", "--timeout", "soon", "--", "id"]).await.0, 2);
    let page =
        stage.app.signed_in("jiwon", Role::Operator, Scope::All).await.get("/servers/web-1/terminal/commands").await;
    assert!(page.ok().text("#history").contains("command line"));
}
