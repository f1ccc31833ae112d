//! Logins and addresses by a program.

use chrono::TimeDelta;
use hannun::commands::logins::Login;
use hannun::models::actor::Role;

use super::program::program;
use crate::harness::app::TestApp;
use crate::harness::known;
use crate::logins::kept::{attempt, keep};

#[actix_web::test]
async fn a_program_reads_logins_page_by_page_and_what_is_known_of_an_address() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await;
    let now = app.database.now();
    let ago = |minutes| now - TimeDelta::minutes(minutes);
    let unknown = Login { is_unknown_user: true, ..attempt(ago(1), "hunter2", "203.0.113.5") };
    keep(&app, server.id, vec![attempt(ago(2), "root", "203.0.113.5"), unknown]).await;
    let operator = program(&app, Role::Operator).await;
    let first = operator.get("/api/v1/servers/web-1/logins?limit=1").await.status(200);
    assert_eq!(first["items"][0]["user"], "hunter2");
    let next = first["next"].as_str().unwrap();
    let second = operator.get(&format!("/api/v1/servers/web-1/logins?limit=1&cursor={next}")).await.status(200);
    assert_eq!((second["items"][0]["user"].as_str(), second["next"].is_null()), (Some("root"), true));
    let address = operator.get("/api/v1/ips/::ffff:203.0.113.5").await.status(200);
    assert_eq!((address["kind"].as_str(), address["address"].as_str()), (Some("documentation"), Some("203.0.113.5")));
    assert_eq!((address["servers"][0]["failed"].as_i64(), address["users"].as_array().unwrap().len()), (Some(2), 2));
    for wrong in ["/api/v1/ips/10.0.0", "/api/v1/servers/web-1/logins?ip=x", "/api/v1/servers/web-1/logins?cursor=x"] {
        operator.get(wrong).await.problem(422);
    }
}

#[actix_web::test]
async fn sec_z07_a_program_that_may_only_look_is_told_no_name_that_may_be_a_password() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await;
    let unknown = Login { is_unknown_user: true, ..attempt(app.database.now(), "hunter2", "203.0.113.5") };
    keep(&app, server.id, vec![unknown]).await;
    let viewer = program(&app, Role::Viewer).await;
    let all = viewer.get("/api/v1/servers/web-1/logins").await.status(200);
    assert!(all["items"][0]["user"].is_null() && !all.to_string().contains("hunter2"));
    for guess in ["user=hunter2", "q=hunter"] {
        let found = viewer.get(&format!("/api/v1/servers/web-1/logins?{guess}")).await.status(200);
        assert_eq!(found["items"].as_array().unwrap().len(), 0, "{guess}");
    }
    assert_eq!(viewer.get("/api/v1/ips/203.0.113.5").await.status(200)["users"].as_array().unwrap().len(), 0);
}
