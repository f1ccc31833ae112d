use hannun::models::actor::Role;
use hannun::models::servers::Server;
use serde_json::json;

use super::program::{Program, group, program, program_for};
use crate::harness::app::TestApp;

async fn with_credential(administrator: &Program) {
    let body = json!({"name": "root-key", "user_name": "root", "password": "canary-password"});
    administrator.post("/api/v1/credentials", body).await.status(201);
}

#[actix_web::test]
async fn a_server_is_added_changed_and_deleted() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    with_credential(&administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);

    let body = json!({
        "name": "web-1", "address": "10.0.0.7", "credential": "root-key", "groups": ["web"],
        "labels": {"env": "prod"}, "note": "front door",
    });
    let added = administrator.post("/api/v1/servers", body).await;
    assert_eq!(added.reply.header("Location"), Some("/api/v1/servers/web-1"));
    let added = added.status(201);
    assert_eq!(added["port"], 22);
    assert_eq!(added["credential"], "root-key");
    assert_eq!(added["groups"], json!(["web"]));
    assert_eq!(added["host_key"], "unknown");
    assert_eq!(added["state"]["state"], "unknown");
    assert_eq!((&added["platform"], &added["metrics"]), (&json!(null), &json!(null)));

    let changes = json!({"port": 2222, "credential": null, "labels": {}, "enabled": false});
    let changed = administrator.patch("/api/v1/servers/web-1", changes).await.status(200);
    assert_eq!(changed["port"], 2222);
    assert_eq!(changed["credential"], json!(null));
    assert_eq!(changed["labels"], json!({}));
    assert_eq!(changed["note"], "front door");
    assert_eq!(changed["state"]["state"], "paused");
    assert_eq!(administrator.get("/api/v1/servers/web-1").await.status(200), changed);

    administrator.delete("/api/v1/servers/web-1").await.status(204);
    assert_eq!(administrator.get("/api/v1/servers/web-1").await.problem(404), "not-found");
}

#[actix_web::test]
async fn every_field_that_cannot_be_accepted_is_named() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    let refused = async |body| administrator.post("/api/v1/servers", body).await.refused_fields();
    assert_eq!(
        refused(json!({"name": "new", "address": "-oProxyCommand=id", "port": 0})).await,
        ["name", "address", "port"]
    );
    assert_eq!(refused(json!({"name": "a", "address": "b", "port": 65536})).await, ["port"]);
    assert_eq!(refused(json!({"name": "a", "address": "b", "credential": "x"})).await, ["credential"]);
    assert_eq!(refused(json!({"name": "a", "address": "b", "jump_server": "x"})).await, ["jump_server"]);
    assert_eq!(refused(json!({"name": "a", "address": "b", "groups": ["x"]})).await, ["groups"]);
    assert_eq!(
        refused(json!({"name": "a", "address": "b", "owner_id": 1, "version": 9})).await,
        ["owner_id", "version"]
    );

    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    let own = administrator.patch("/api/v1/servers/a", json!({"jump_server": "a"})).await;
    assert_eq!(own.refused_fields(), ["jump_server"]);
}

#[actix_web::test]
async fn sec_z07_viewers_and_operators_cannot_change_what_hannun_knows() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    for role in [Role::Viewer, Role::Operator] {
        let other = program(&app, role).await;
        assert_eq!(other.get("/api/v1/servers").await.names(), ["a"]);
        let body = json!({"name": "c", "address": "d"});
        assert_eq!(other.post("/api/v1/servers", body).await.problem(403), "forbidden");
        assert_eq!(other.patch("/api/v1/servers/a", json!({"note": "x"})).await.problem(403), "forbidden");
        assert_eq!(other.delete("/api/v1/servers/a").await.problem(403), "forbidden");
        let approval = json!({"fingerprint": "SHA256:x"});
        assert_eq!(other.post("/api/v1/servers/a/host-key", approval).await.problem(403), "forbidden");
    }
    assert_eq!(administrator.get("/api/v1/servers/a").await.status(200)["note"], "");
}

#[actix_web::test]
async fn nobody_without_a_living_token_comes_in() {
    let app = TestApp::start().await;
    let viewer = program(&app, Role::Viewer).await;
    let wrong = viewer.with_token("hnn_0000000000000000000000000000000000000000000");
    let refused = wrong.get("/api/v1/servers").await;
    assert_eq!(refused.reply.header("WWW-Authenticate"), Some("Bearer"));
    assert_eq!(refused.problem(401), "sign-in-needed");
    assert_eq!(app.browser().get("/api/v1/servers").await.status, 401);
}

#[actix_web::test]
async fn sec_w01_a_bearer_token_needs_no_csrf_token_and_a_cookie_does() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "by-token"})).await.status(201);

    let browser = app.administrator().await;
    let ask = browser.ask(actix_web::http::Method::POST, "/api/v1/groups");
    let reply = ask.body("application/json", json!({"name": "by-cookie"}).to_string()).send().await;
    assert_eq!(reply.status, 403, "{}", reply.body);
    assert_eq!(administrator.get("/api/v1/groups").await.names(), ["by-token"]);
}

#[actix_web::test]
async fn sec_z05_an_administrator_of_one_group_stays_inside_it() {
    let app = TestApp::start().await;
    let (_, own) = group(&app, "own").await;
    group(&app, "other").await;
    let all = program(&app, Role::Administrator).await;
    with_credential(&all).await;
    all.post("/api/v1/servers", json!({"name": "far", "address": "b", "groups": ["other"], "credential": "root-key"}))
        .await
        .status(201);
    let limited = program_for(&app, "limited", Role::Administrator, own).await;

    for groups in [json!([]), json!(["other"]), json!(["own", "other"])] {
        let body = json!({"name": "a", "address": "b", "groups": groups});
        assert_eq!(limited.post("/api/v1/servers", body).await.refused_fields(), ["groups"]);
    }
    limited.post("/api/v1/servers", json!({"name": "near", "address": "b", "groups": ["own"]})).await.status(201);
    assert_eq!(limited.get("/api/v1/servers").await.names(), ["near"]);
    // Whoever could use any credential could have its password sent to a machine of their own.
    let steal = json!({"credential": "root-key"});
    assert_eq!(limited.patch("/api/v1/servers/near", steal).await.refused_fields(), ["credential"]);
    let behind = json!({"jump_server": "far"});
    assert_eq!(limited.patch("/api/v1/servers/near", behind).await.refused_fields(), ["jump_server"]);
    assert_eq!(limited.delete("/api/v1/servers/far").await.problem(404), "not-found");
    assert_eq!(limited.get("/api/v1/credentials").await.problem(403), "forbidden");
}

#[actix_web::test]
async fn sec_h03_a_change_of_address_ends_what_was_known() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "one"})).await.status(201);
    let version = async || {
        let scope = hannun::models::actor::Scope::All;
        app.app.db.run(move |connection| Server::by_name(connection, &scope, "a")).await.unwrap().version
    };
    let before = version().await;
    administrator.patch("/api/v1/servers/a", json!({"note": "x"})).await.status(200);
    assert_eq!(version().await, before);
    administrator.patch("/api/v1/servers/a", json!({"address": "two"})).await.status(200);
    assert_eq!(version().await, before + 1);
}

#[actix_web::test]
async fn servers_are_searched_by_what_people_know_of_them() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/groups", json!({"name": "web"})).await.status(201);
    for body in [
        json!({"name": "alpha", "address": "10.0.0.1", "groups": ["web"]}),
        json!({"name": "beta", "address": "10.0.0.2", "labels": {"env": "Prod"}}),
    ] {
        administrator.post("/api/v1/servers", body).await.status(201);
    }
    for (search, found) in [("WEB", vec!["alpha"]), ("prod", vec!["beta"]), ("10.0.0", vec!["alpha", "beta"])] {
        assert_eq!(administrator.get(&format!("/api/v1/servers?q={search}")).await.names(), found, "{search}");
    }
    assert_eq!(administrator.get("/api/v1/servers?sort=-name").await.names(), ["beta", "alpha"]);
}
