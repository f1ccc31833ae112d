//! Z05 on every route: a token of group A gets the same answer for a server of group B as for one that does not exist.

use actix_web::http::Method;
use hannun::models::actor::Role;
use hannun::routes;
use serde_json::json;

use super::program::{group, program, program_for};
use crate::harness::app::TestApp;

#[actix_web::test]
async fn sec_z05_a_server_of_another_group_looks_like_no_server_on_every_route() {
    let app = TestApp::start().await;
    let (_, own) = group(&app, "a").await;
    group(&app, "b").await;
    let all = program(&app, Role::Administrator).await;
    all.post("/api/v1/servers", json!({"name": "of-b", "address": "127.0.0.1", "groups": ["b"]})).await.status(201);
    let limited = program_for(&app, "limited", Role::Administrator, own).await;

    let mut looked_at = 0;
    for route in routes::all().iter().filter(|route| route.path.starts_with("/api/v1/servers/{server}")) {
        let ask = async |server: &str| {
            let about_a_table = ["/cron/content", "/cron/versions"].iter().any(|end| route.path.ends_with(end));
            let query = if about_a_table { "?table=user:a" } else { "" };
            let path = route.path.replace("{server}", server).replace("{pid}", "1") + query;
            let body = match (&route.method, route.path) {
                (&Method::POST, path) if path.ends_with("host-key") => Some(json!({"fingerprint": "SHA256:x"})),
                (&Method::DELETE, path) if path.ends_with("/firewall/rules") => {
                    Some(json!({"rule": "4f1c2a9d0b7e6c58"}))
                }
                (_, path) if path.ends_with("/keys") => Some(json!({"path": "/a", "seen": "0"})),
                (&Method::GET | &Method::DELETE, _) => None,
                (_, path) if path.ends_with("/firewall/checks") => Some(json!({"port": 22})),
                (_, path) if path.ends_with("/firewall/rules") => {
                    Some(json!({"action": "allow", "protocol": "tcp", "port": "8443"}))
                }
                (_, path) if path.ends_with("/files/moves") => {
                    Some(json!({"path": "/a", "to": "/b", "seen": "1:1:1:1"}))
                }
                (_, path) if path.ends_with("/cron/runs") => Some(json!({"table": "user:a", "etag": "0", "line": 1})),
                (_, path) if path.ends_with("/power/requests") => Some(json!({"deed": "restart"})),
                (_, path) if path.ends_with("/removals") => Some(json!({"package": "nginx"})),
                (_, path) if path.ends_with("/inspections") => Some(json!({"artifact": 1})),
                (_, path) if path.ends_with("/files/directories") => Some(json!({"path": "/a"})),
                (_, path) if path.contains("/files/") => Some(json!({"path": "/a", "seen": "1:1:1:1"})),
                _ => Some(json!({})),
            };
            limited.ask(route.method.clone(), &path, body, None).await
        };
        let (other, missing) = (ask("of-b").await, ask("missing").await);
        assert_eq!(other.reply.body, missing.reply.body, "{} {}", route.method, route.path);
        assert_eq!(other.problem(404), "not-found", "{} {}", route.method, route.path);
        looked_at += 1;
    }
    assert!(looked_at >= 15, "{looked_at}");
    assert_eq!(all.get("/api/v1/servers").await.names(), ["of-b"]);
}

#[actix_web::test]
async fn sec_z02_figures_for_prometheus_are_cut_to_the_token_s_groups() {
    let app = TestApp::start().await;
    let (_, own) = group(&app, "a").await;
    group(&app, "b").await;
    let all = program(&app, Role::Administrator).await;
    for (name, group) in [("of-a", "a"), ("of-b", "b")] {
        let body = json!({"name": name, "address": "127.0.0.1", "groups": [group]});
        all.post("/api/v1/servers", body).await.status(201);
    }
    let limited = program_for(&app, "limited", Role::Viewer, own).await;
    let figures = limited.get("/metrics?servers=1").await.reply;
    assert_eq!(figures.status, 200);
    assert!(figures.header("Content-Type").unwrap().starts_with("text/plain"));
    assert!(figures.body.contains("hannun_server_up{server=\"of-a\"} 0\n"), "{}", figures.body);
    assert!(figures.body.contains("hannun_servers{state=\"unknown\"} 1\n"), "{}", figures.body);
    assert!(!figures.body.contains("of-b"));
    assert_eq!(app.browser().get("/metrics").await.status, 401);
}

#[actix_web::test]
async fn health_is_told_to_anybody_and_says_nothing_else() {
    let app = TestApp::start().await;
    let alive = app.browser().get("/healthz").await;
    assert_eq!((alive.status.as_u16(), alive.body.as_str()), (200, "ok\n"));
    let ready = app.browser().get("/readyz").await;
    assert_eq!(ready.status, 200, "{}", ready.body);
    assert_eq!(ready.body, r#"{"ready":true,"database":"ok","scheduler":"ok","workers":"ok","disk":"ok"}"#);
}
