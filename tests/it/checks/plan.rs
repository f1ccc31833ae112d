//! Which check runs on which server.

use std::collections::BTreeMap;

use chrono::TimeDelta;
use hannun::checks::plan;
use hannun::commands::Platform;
use hannun::db::types::Labels;
use hannun::models::checks::{Check, CheckValues};
use hannun::models::groups::NewGroup;
use hannun::models::platforms::DetectedPlatform;
use hannun::models::servers::{NewServer, Server};

use super::{add, queue, results};
use crate::harness::app::TestApp;

async fn server(app: &TestApp, name: &'static str, labels: &[(&'static str, &'static str)]) -> Server {
    let labels = Labels(labels.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect());
    let insert = app
        .app
        .db
        .run(move |connection| NewServer { labels: &labels, ..NewServer::new(name, "192.0.2.1") }.insert(connection));
    insert.await.unwrap()
}

async fn refresh(app: &TestApp) {
    let now = app.database.now();
    app.app.db.transaction(move |connection| plan::refresh(connection, now)).await.unwrap();
}

async fn of(app: &TestApp, server: &Server) -> Vec<String> {
    results(app, server.id).await.into_iter().map(|(_, check)| check.name).collect()
}

#[actix_web::test]
async fn groups_labels_and_platforms_decide() {
    let app = TestApp::start().await;
    let (web, db) = (server(&app, "web-1", &[("role", "cdn")]).await, server(&app, "db-1", &[]).await);
    let (id, now) = (web.id, app.database.now());
    let group = app
        .app
        .db
        .run(move |connection| {
            let group = NewGroup { name: "db", note: "" }.insert(connection)?;
            db.set_groups(connection, &[group.id])?;
            let linux = Platform { os: "linux".into(), ..Platform::default() };
            DetectedPlatform::new(id, &linux, now).save(connection)?;
            Ok::<_, hannun::error::Error>((group.id, db))
        })
        .await;
    let (group, db) = group.unwrap();
    let only = |all_groups| CheckValues { all_groups, ..queue() };
    let labels = Labels(BTreeMap::from([("role".to_owned(), "cdn".to_owned())]));
    add(&app, "all", queue(), &[]).await;
    add(&app, "cdn", CheckValues { labels, ..queue() }, &[]).await;
    add(&app, "databases", only(false), &[group]).await;
    add(&app, "linux", CheckValues { platform: serde_json::json!({"os": ["linux"]}), ..queue() }, &[]).await;
    add(&app, "nowhere", only(false), &[]).await;
    add(&app, "off", CheckValues { enabled: false, ..queue() }, &[]).await;
    refresh(&app).await;
    assert_eq!(of(&app, &web).await, ["all", "cdn", "linux"]);
    assert_eq!(of(&app, &db).await, ["all", "databases"]);
}

#[actix_web::test]
async fn what_is_not_wanted_any_more_goes() {
    let app = TestApp::start().await;
    let web = server(&app, "web-1", &[]).await;
    let (one, two) = (add(&app, "one", queue(), &[]).await, add(&app, "two", queue(), &[]).await);
    refresh(&app).await;
    assert_eq!(of(&app, &web).await, ["one", "two"]);
    let now = app.database.now();
    let off = CheckValues { enabled: false, ..queue() };
    app.app.db.run(move |connection| Check::change(connection, one.id, &off, &[], now)).await.unwrap();
    refresh(&app).await;
    assert_eq!(of(&app, &web).await, ["two"]);
    app.app.db.run(move |connection| Check::delete(connection, two.id)).await.unwrap();
    assert!(of(&app, &web).await.is_empty(), "its results go with it, before anybody plans");
}

#[actix_web::test]
async fn sec_m01_a_server_has_at_most_as_many_checks_as_series() {
    let app = TestApp::start().await;
    let web = server(&app, "web-1", &[]).await;
    for number in 0..40 {
        add(&app, &format!("check-{number:02}"), queue(), &[]).await;
    }
    refresh(&app).await;
    let names = of(&app, &web).await;
    assert_eq!((names.len(), names[31].as_str()), (32, "check-31"));
}

#[actix_web::test]
async fn a_check_is_never_due_later_than_an_interval_from_now() {
    let app = TestApp::start().await;
    let web = server(&app, "web-1", &[]).await;
    let daily = add(&app, "queue", CheckValues { interval_seconds: 86_400, ..queue() }, &[]).await;
    refresh(&app).await;
    let due_in = async || results(&app, web.id).await[0].0.due_at - app.database.now();
    assert!(due_in().await > TimeDelta::minutes(1));
    let now = app.database.now();
    app.app.db.run(move |connection| Check::change(connection, daily.id, &queue(), &[], now)).await.unwrap();
    refresh(&app).await;
    let due = due_in().await;
    assert!(due > TimeDelta::zero() && due <= TimeDelta::minutes(1), "{due}");
    app.advance(TimeDelta::hours(-3));
    refresh(&app).await;
    assert!(due_in().await <= TimeDelta::minutes(1), "the clock was set back");
    let kept = due_in().await;
    refresh(&app).await;
    assert_eq!(due_in().await, kept, "what is due in time stays so");
}
