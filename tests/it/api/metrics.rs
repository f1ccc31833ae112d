use actix_web::http::Method;
use chrono::TimeDelta;
use hannun::error::Error;
use hannun::models::actor::{Role, Scope};
use hannun::models::consumer_readings::{Consumer, ConsumerReading, Consumers};
use hannun::models::servers::Server;
use serde_json::json;

use super::program::program;
use crate::harness::app::TestApp;

#[actix_web::test]
async fn history_without_samples_is_empty_and_not_zero() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    assert_eq!(administrator.get("/api/v1/servers/a/metrics").await.status(200), json!([]));
    assert_eq!(administrator.get("/api/v1/servers/a/metrics/latest").await.problem(404), "not-found");
    assert_eq!(administrator.get("/api/v1/servers/a").await.status(200)["metrics"], json!(null));
}

#[actix_web::test]
async fn what_makes_no_sense_is_refused_by_field() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    for (query, field) in [
        ("names=cpu.total,cpu.frobs", "names"),
        ("points=0", "points"),
        ("points=-1", "points"),
        ("from=yesterday", "from"),
        ("from=2026-06-15T13:00:00Z", "from"),
        ("from=2026-06-15T10:00:00Z&to=2026-06-15T09:00:00Z", "from"),
        ("width=3", "width"),
    ] {
        let refused = administrator.get(&format!("/api/v1/servers/a/metrics?{query}")).await;
        assert_eq!(refused.refused_fields(), [field], "{query}");
    }
}

#[actix_web::test]
async fn sec_a08_a_stream_ends_when_its_token_does() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    let made = administrator.post("/api/v1/tokens", json!({"name": "ci", "role": "viewer"})).await.status(201);
    let listener = administrator.with_token(made["token"].as_str().unwrap());
    // The answer is read to its end, which is when the token has ended.
    let listening = listener.ask(Method::GET, "/api/v1/servers/a/metrics/stream", None, None);
    let ending = async {
        administrator.delete("/api/v1/tokens/ci").await.status(204);
    };
    let began = std::time::Instant::now();
    let (answer, ()) = futures_util::future::join(listening, ending).await;
    assert!(began.elapsed() < std::time::Duration::from_secs(6), "{:?}", began.elapsed());
    assert_eq!(answer.reply.status, 200);
    assert_eq!(answer.reply.header("Content-Type"), Some("text/event-stream"));
    assert_eq!(answer.reply.header("X-Accel-Buffering"), Some("no"));
}

#[actix_web::test]
async fn what_used_most_is_told_for_the_reading_nearest_to_a_moment() {
    let app = TestApp::start().await;
    let administrator = program(&app, Role::Administrator).await;
    administrator.post("/api/v1/servers", json!({"name": "a", "address": "b"})).await.status(201);
    assert_eq!(administrator.get("/api/v1/servers/a/consumers").await.problem(404), "not-found");
    let now = app.database.now();
    let store = move |connection: &mut diesel::PgConnection| {
        let server = Server::by_name(connection, &Scope::All, "a")?;
        let one = |name: &str| Consumer {
            pid: 7,
            name: name.to_owned(),
            user: "root".into(),
            cpu: Some(50.0),
            bytes: Some(4096),
        };
        let reading = |minutes, name| ConsumerReading {
            server_id: server.id,
            at: now - TimeDelta::minutes(minutes),
            span_seconds: 300.0,
            by_cpu: Consumers(vec![one(name)]),
            by_memory: Consumers::default(),
        };
        Ok::<_, Error>(ConsumerReading::store(connection, &[reading(10, "early"), reading(5, "late")])?)
    };
    app.app.db.run(store).await.unwrap();
    let at = (now - TimeDelta::minutes(9)).format("%Y-%m-%dT%H:%M:%SZ");
    let told = administrator.get(&format!("/api/v1/servers/a/consumers?at={at}")).await.status(200);
    let one = json!({"pid": 7, "name": "early", "user": "root", "cpu_percent": 50.0, "resident_bytes": 4096});
    assert_eq!(
        (&told["by_cpu"], &told["by_memory"], &told["span_seconds"]),
        (&json!([one]), &json!([]), &json!(300.0))
    );
    assert_eq!(administrator.get("/api/v1/servers/a/consumers").await.status(200)["by_cpu"][0]["name"], "late");
    assert_eq!(administrator.get("/api/v1/servers/a/consumers?at=soon").await.refused_fields(), ["at"]);
}
