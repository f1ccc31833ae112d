//! Packages come and go by the API, as programs ask for it.

use std::time::Duration;

use actix_web::http::Method;
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::api_tokens::ApiToken;
use hannun::models::executions::ExecutionState;
use hannun::models::groups::{Group, NewGroup};
use hannun::models::permission::Permission;
use hannun::models::servers::{NewServer, Server};
use serde_json::{Value, json};

use super::files::uploaded;
use super::{Stage, name};
use crate::api::program::{Program, program};
use crate::harness::app::{TO_THE_END, TestApp};
use crate::harness::hosts::{Kind, TestHost};

/// Waits, at most 90 seconds, until a run that was asked for has ended.
pub(super) async fn ended(program: &Program, asked: &Value) -> Value {
    let end = tokio::time::Instant::now() + Duration::from_secs(90);
    loop {
        let run = program.get(&format!("/api/v1/executions/{}", asked["id"])).await.status(200);
        if !run["ended_at"].is_null() {
            return run;
        }
        assert!(tokio::time::Instant::now() < end, "{run}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[actix_web::test]
async fn sec_x06_a_program_plans_installs_what_it_saw_and_removes_it() {
    let test = "sec_x06_a_program_plans_installs_what_it_saw_and_removes_it";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let of = |path: &str| format!("/api/v1/servers/web-1/{path}");
    let plan = operator.get(&of("installations/plan?package=needs-probe")).await.status(200);
    let added: Vec<_> = plan["added"].as_array().unwrap().iter().map(|item| item["name"].as_str().unwrap()).collect();
    assert!(added.contains(&"probe") && added.contains(&"needs-probe"), "{plan}");
    assert_eq!(operator.get(&of("installations/plan?package=-x")).await.refused_fields(), ["package"]);

    let other = json!({"package": "needs-probe", "seen": "another plan"});
    assert_eq!(operator.post(&of("installations"), other).await.problem(409), "conflict");
    assert_eq!(operator.get("/api/v1/executions").await.status(200)["items"], json!([]), "nothing was asked for");
    let asked = json!({"package": "needs-probe", "seen": plan["seen"]});
    let asked = operator.post(&of("installations"), asked).await.status(202);
    let run = ended(&operator, &asked).await;
    assert_eq!(run["state"], "succeeded", "{run}");
    assert!(run["output"].as_str().unwrap().contains("needs-probe"), "{run}");

    let plan = operator.get(&of("removals/plan?package=probe")).await.status(200);
    assert_eq!(plan["removed"].as_array().unwrap().len(), 2, "{plan}");
    let asked = operator.post(&of("removals"), json!({"package": "probe", "seen": plan["seen"]})).await.status(202);
    assert_eq!(ended(&operator, &asked).await["state"], "succeeded");
    let list = operator.get("/api/v1/executions?limit=1").await.status(200);
    assert_eq!((&list["items"][0]["id"], &list["items"][0]["output"]), (&asked["id"], &Value::Null));
    assert!(list["next"].is_string());
    let restarts = operator.get(&of("packages/restarts")).await.status(200);
    assert_eq!(restarts["reboot"], json!([]), "{restarts}");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_f08_a_program_has_a_file_looked_into_before_it_can_install_it() {
    let test = "sec_f08_a_program_has_a_file_looked_into_before_it_can_install_it";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-scripts_1.0_all.deb").await.unwrap();
    let of = |path: &str| format!("/api/v1/servers/web-1/{path}");
    let install = |unsigned: bool| json!({"artifact": artifact.id.0, "unsigned": unsigned});
    assert_eq!(operator.post(&of("installations"), install(true)).await.problem(409), "conflict");
    let asked = operator.post(&of("inspections"), json!({"artifact": artifact.id.0})).await.status(202);
    assert_eq!(ended(&operator, &asked).await["state"], "succeeded");
    let found = operator.get(&of(&format!("inspections/{}", artifact.id))).await.status(200);
    assert_eq!((&found["name"], &found["scripts"][0]["name"]), (&json!("loose-scripts"), &json!("preinst")), "{found}");
    assert!(found["signature_verified"].is_null() && found["inspected_at"].is_string(), "{found}");
    assert_eq!(operator.post(&of("installations"), install(false)).await.refused_fields(), ["unsigned"]);
    let asked = operator.post(&of("installations"), install(true)).await.status(202);
    assert_eq!(ended(&operator, &asked).await["state"], "succeeded");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_a08_a_stream_of_a_run_ends_with_the_token() {
    let test = "sec_a08_a_stream_of_a_run_ends_with_the_token";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let operator = program(&stage.app, Role::Operator).await;
    let run = hannun::installations::ask::install(&stage.host().await, name("slow")).await.unwrap();
    stage.until(run.id, |run| run.log_bytes > 0).await;
    let (path, bearer) = (format!("/api/v1/executions/{}/stream", run.id), format!("Bearer {}", operator.token()));
    let client = stage.app.browser();
    let listen = client.ask(Method::GET, &path).header("Authorization", &bearer).header(TO_THE_END, "yes").send();
    let revoke = async {
        let now = stage.app.database.now();
        let revoked = stage.app.app.db.run(move |connection| {
            let token = ApiToken::all(connection)?.remove(0);
            ApiToken::revoke(connection, token.id, now)
        });
        revoked.await.unwrap();
    };
    let heard = tokio::time::timeout(Duration::from_secs(5), async { tokio::join!(listen, revoke).0 }).await;
    let heard = heard.expect("the stream outlived its token");
    assert!(!heard.body.contains("event: end"), "{}", heard.body);
    system.run("touch /tmp/go");
    assert_eq!(stage.ended(run.id).await.state, ExecutionState::Succeeded);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_z07_who_is_a_viewer_of_the_server_is_not_told_what_it_said() {
    let test = "sec_z07_who_is_a_viewer_of_the_server_is_not_told_what_it_said";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let run = hannun::installations::ask::install(&stage.host().await, name("lost")).await.unwrap();
    let run = stage.ended(run.id).await;
    assert!(super::why(&run).contains("unmet dependencies"), "{}", super::why(&run));
    let (mine, other) = stage
        .app
        .app
        .db
        .run(|connection| {
            let mine = NewGroup { name: "mine", note: "" }.insert(connection)?;
            let other = NewGroup { name: "other", note: "" }.insert(connection)?;
            Server::by_name(connection, &Scope::All, "web-1")?.set_groups(connection, &[other.id])?;
            Ok::<(Group, Group), hannun::error::Error>((mine, other))
        })
        .await
        .unwrap();
    // Operator elsewhere, viewer of the group of this server.
    let mut rights = Rights::new(Role::Operator, Scope::Groups(vec![mine.id, other.id]));
    rights.group_roles.insert(other.id, Role::Viewer);
    let careful = stage.app.signed_in_with("careful", rights).await;
    for path in [
        "/servers/web-1/packages?view=history".to_owned(),
        format!("/servers/web-1/packages/runs/{}", run.id),
        format!("/api/v1/executions/{}", run.id),
        "/api/v1/executions".to_owned(),
    ] {
        let reply = careful.get(&path).await;
        assert_eq!(reply.status, 200, "{path}");
        assert!(!reply.body.contains("unmet dependencies"), "{path}: {}", reply.body);
    }
    assert_eq!(careful.get(&format!("/api/v1/executions/{}/stream", run.id)).await.status, 403);
    let operator = stage.app.operator().await;
    assert!(
        operator.get(&format!("/servers/web-1/packages/runs/{}", run.id)).await.body.contains("unmet dependencies")
    );
    stage.leave().await;
}

#[actix_web::test]
async fn sec_z07_rights_are_weighed_before_the_server_is_asked() {
    let app = TestApp::start().await;
    // Nobody can sign in to it: whoever gets that far is told so.
    app.app.db.run(|connection| NewServer::new("web-1", "127.0.0.1").insert(connection)).await.unwrap();
    let mut rights = Rights::new(Role::Operator, Scope::All);
    rights.withheld.insert(Permission::Install);
    let (without, with) = (app.signed_in_with("without", rights).await, app.operator().await);
    let (package, seen) = (("package", "probe"), ("seen", "0"));
    for (path, fields) in [
        ("installations", vec![package, seen]),
        ("removals", vec![package, seen]),
        ("updates", vec![("only_security", "true"), seen]),
        ("refreshes", vec![]),
    ] {
        let path = &format!("/servers/web-1/packages/{path}");
        assert_eq!(without.post(path, fields.clone()).await.status, 403, "{path}");
        assert_ne!(with.post(path, fields).await.status, 403, "{path}");
    }
}
