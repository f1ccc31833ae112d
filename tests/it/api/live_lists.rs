//! Processes, sockets and filesystems: from a real sshd, and from a host whose commands fail.

use hannun::models::actor::Role;
use hannun::models::actor::Scope;
use hannun::models::host_keys::{GivenKey, HostKey};
use hannun::models::servers::Server;
use serde_json::json;

use super::host_key::approve;
use super::program::program;
use crate::harness::app::TestApp;
use crate::harness::fake_host::Act;
use crate::harness::fake_host::{FakeHost, Manner};
use crate::harness::ssh::{PASSWORD, ask, pool};
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn a_viewer_sees_what_runs_listens_and_is_mounted() {
    let Some(sshd) = Setup::default().start("a_viewer_sees_what_runs_listens_and_is_mounted") else { return };
    let app = TestApp::start().await;
    approve(&program(&app, Role::Administrator).await, &sshd).await;
    let viewer = program(&app, Role::Viewer).await;

    let list = viewer.get("/api/v1/servers/web-1/processes?q=sshd&limit=1").await.status(200);
    let process = &list["items"][0];
    assert!(process["command"].as_str().unwrap().contains("sshd"), "{process}");
    assert!(list["evidence"]["command"].is_string() && list["evidence"]["exit_status"] == 0, "{list}");
    let page = viewer.get("/api/v1/servers/web-1/processes?limit=2&sort=-pid").await.status(200);
    assert_eq!(page["items"].as_array().unwrap().len(), 2);
    assert!(page["next"].is_string());
    assert!(page["items"][0]["pid"].as_u64() > page["items"][1]["pid"].as_u64());

    let one = viewer.get(&format!("/api/v1/servers/web-1/processes/{}", process["pid"])).await.status(200);
    assert_eq!((&one["pid"], &one["started_at"]), (&process["pid"], &process["started_at"]));
    viewer.get("/api/v1/servers/web-1/processes/4294967295").await.problem(404);
    viewer.get("/api/v1/servers/web-1/processes/one").await.problem(404);

    assert_eq!(one["name"], "sshd");
    assert!(one["limits"].as_array().unwrap().iter().any(|limit| limit["name"] == "Max open files"), "{one}");

    let connected = viewer.get("/api/v1/servers/web-1/sockets?show=connected&limit=500").await.status(200);
    let ours = connected["items"].as_array().unwrap().iter().find(|socket| socket["port"] == sshd.port);
    assert!(ours.unwrap()["peer"]["port"].is_u64(), "hannun's own connection");
    assert_eq!((&connected["is_cut"], connected["owners_are_hidden"].is_boolean()), (&json!(false), true));
    assert!(one["hidden_files"].is_u64(), "{one}");
    assert_eq!(viewer.get("/api/v1/servers/web-1/sockets?show=all").await.refused_fields(), ["show"]);

    let sockets = viewer.get("/api/v1/servers/web-1/sockets?sort=-port&limit=500").await.status(200);
    let found = sockets["items"].as_array().unwrap().iter().find(|socket| socket["port"] == sshd.port);
    assert_eq!(found.unwrap()["protocol"], "tcp");
    let filesystems = viewer.get("/api/v1/servers/web-1/filesystems").await.status(200);
    let root = filesystems["items"].as_array().unwrap().iter().find(|filesystem| filesystem["mount"] == "/");
    assert!(root.unwrap()["size_bytes"].as_u64().unwrap() > 0);
    assert_eq!(viewer.get("/api/v1/servers/web-1/filesystems?sort=colour").await.refused_fields(), ["sort"]);
}

#[actix_web::test]
async fn sec_p06_a_program_sends_a_signal_to_the_process_that_it_saw() {
    let test = "sec_p06_a_program_sends_a_signal_to_the_process_that_it_saw";
    let Some(sshd) = Setup::default().start(test) else { return };
    let app = TestApp::start().await;
    approve(&program(&app, Role::Administrator).await, &sshd).await;
    let operator = program(&app, Role::Operator).await;
    // Until it is what it will be: a moment before, it is still called setsid.
    let script = "setsid sleep 1000 </dev/null >/dev/null 2>&1 & \
        until read -r name </proc/$!/comm && [ \"$name\" = sleep ]; do :; done; echo $!";
    let pid = String::from_utf8(pool().run(&sshd.endpoint(), ask(script)).await.unwrap().stdout).unwrap();
    let pid: u32 = pid.trim().parse().unwrap();
    let list = operator.get("/api/v1/servers/web-1/processes?q=sleep&limit=500").await.status(200);
    let seen = list["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|process| process["pid"] == pid)
        .unwrap_or_else(|| panic!("{pid}: {list}"));
    assert!(seen["cpu_percent"].is_number() && seen["threads"] == 1, "{seen}");
    let signals = format!("/api/v1/servers/web-1/processes/{pid}/signals");
    let body = |signal: &str, started_at: &serde_json::Value| json!({"signal": signal, "started_at": started_at});
    assert_eq!(operator.post(&signals, body("TERM", &json!("1@other"))).await.problem(409), "conflict");
    let refused = operator.post(&signals, body("STOPIT", &json!(""))).await.refused_fields();
    assert_eq!(refused, ["signal", "started_at"]);
    let viewer = program(&app, Role::Viewer).await;
    assert_eq!(viewer.post(&signals, body("TERM", &seen["started_at"])).await.problem(403), "forbidden");
    let sent = operator.post(&signals, body("TERM", &seen["started_at"])).await.status(200);
    assert!(matches!(sent["outcome"].as_str(), Some("ended" | "zombie")), "{sent}");
    for odd in ["-1", "0x1", "4294967296"] {
        operator
            .post(&format!("/api/v1/servers/web-1/processes/{odd}/signals"), body("TERM", &seen["started_at"]))
            .await
            .problem(404);
    }
}

#[actix_web::test]
async fn a_failed_command_is_502_with_its_name_status_and_words() {
    let detected = "@uname\nLinux\n6.1.0\nx86_64\nweb-1\n";
    let manner = Manner::default()
        .when("@df", Act::answer("", "df: cannot read\u{1b}[2J table", 7))
        .when("uname", Act::answer(detected, "", 0));
    let host = FakeHost::start(manner).await;
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let credential = json!({"name": "key", "user_name": "deploy", "password": PASSWORD});
    administrator.post("/api/v1/credentials", credential).await.status(201);
    let server = json!({"name": "web-1", "address": "127.0.0.1", "port": host.port, "credential": "key"});
    administrator.post("/api/v1/servers", server).await.status(201);
    trust(&app, &host).await;
    known_platform(&app).await;

    let failed = administrator.get("/api/v1/servers/web-1/filesystems").await;
    let value = failed.value.clone();
    assert_eq!(failed.problem(502), "command-failed");
    assert_eq!(value["command"], "df-gnu");
    assert_eq!(value["command_type"], "list_filesystems");
    assert_eq!(value["exit_status"], 7);
    assert!(value["stderr"].as_str().unwrap().contains("cannot read"), "{value}");
    assert!(value["hint"].is_string() && value["detail"].as_str().unwrap().contains("web-1"), "{value}");
}

#[actix_web::test]
async fn a_server_that_is_away_or_paused_says_so() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator
        .post("/api/v1/credentials", json!({"name": "k", "user_name": "u", "password": "p"}))
        .await
        .status(201);
    // Nothing listens on the discard port of loopback.
    let server = json!({"name": "web-1", "address": "127.0.0.1", "port": 9, "credential": "k"});
    administrator.post("/api/v1/servers", server).await.status(201);
    assert_eq!(administrator.get("/api/v1/servers/web-1/processes").await.problem(502), "unreachable");
    administrator.patch("/api/v1/servers/web-1", json!({"enabled": false})).await.status(200);
    assert_eq!(administrator.get("/api/v1/servers/web-1/processes").await.problem(409), "disabled");
}

async fn trust(app: &TestApp, host: &FakeHost) {
    let (pin, now) = (host.pin(), app.database.now());
    let trusted = app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, "web-1")?;
        let key = GivenKey { algorithm: &pin.algorithm, public_key: &pin.public_key, fingerprint: "SHA256:x" };
        HostKey::pin(connection, server.id, &key, "test", now)
    });
    trusted.await.unwrap();
}

async fn known_platform(app: &TestApp) {
    let now = app.database.now();
    let saved = app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, "web-1")?;
        let platform = hannun::commands::Platform {
            os: "linux".to_owned(),
            capabilities: ["df-output", "timeout"].map(str::to_owned).into(),
            ..hannun::commands::Platform::default()
        };
        let row = hannun::models::platforms::DetectedPlatform::new(server.id, &platform, now);
        Ok::<_, hannun::error::Error>(row.save(connection)?)
    });
    saved.await.unwrap();
}
