//! What went wrong, in the look that the request asks for; and what errors must not tell (W12).

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use hannun::error::{Error, FieldErrors, RemoteError, Result};
use hannun::web::router::{OPERATOR, Route, VIEWER, get, other};

use crate::harness::app::TestApp;

const DETAIL: &str = "relation \"users\" in /var/lib/hannun/secret.key on console.lan";

async fn internal() -> Result<HttpResponse> {
    Err(Error::internal(anyhow::anyhow!(DETAIL)))
}

async fn panicking() -> Result<HttpResponse> {
    panic!("{DETAIL}")
}

async fn remote() -> Result<HttpResponse> {
    let (server, command) = ("web-1".to_owned(), "ps-procps".to_owned());
    Err(RemoteError::Failed { server, command, status: 127, stderr: "sh: <b>ps</b>: \u{1b}[31mnot found".to_owned() }
        .into())
}

async fn invalid() -> Result<HttpResponse> {
    Err(FieldErrors::default().and("port", "Choose a port from 1 to 65535").into())
}

fn failing() -> Vec<Route> {
    vec![
        get("/internal", VIEWER, || web::to(internal)),
        get("/panicking", VIEWER, || web::to(panicking)),
        get("/remote", VIEWER, || web::to(remote)),
        get("/invalid", VIEWER, || web::to(invalid)),
        get("/api/v1/remote", VIEWER, || web::to(remote)),
        get("/api/v1/invalid", VIEWER, || web::to(invalid)),
        get("/api/v1/internal", VIEWER, || web::to(internal)),
        other(Method::DELETE, "/api/v1/thing", OPERATOR, || web::to(invalid)),
    ]
}

#[actix_web::test]
async fn sec_w12_our_own_faults_tell_a_number_and_nothing_else() {
    let app = TestApp::with_routes(failing()).await;
    let administrator = app.administrator().await;
    for path in ["/internal", "/panicking", "/api/v1/internal"] {
        for client in [administrator.clone(), administrator.hx()] {
            let reply = client.get(path).await;
            assert_eq!(reply.status, 500, "{path}");
            for secret in ["\"users\"", "/var/lib", "console.lan", "relation", "panicked", ".rs"] {
                assert!(!reply.body.contains(secret), "{path} tells {secret}: {}", reply.body);
            }
        }
    }
    let page = administrator.get("/internal").await.with_status(500);
    assert_eq!(page.heading(), "Something went wrong");
    assert_eq!(page.text("main code").len(), 12);
    assert_eq!(administrator.get("/account").await.status, 200, "the process lives (R07)");
}

#[actix_web::test]
async fn sec_w12_an_error_of_the_database_tells_no_table() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let mut owner = app.database.owner();
    diesel::connection::SimpleConnection::batch_execute(&mut owner, "alter table sessions rename to gone").unwrap();
    let reply = viewer.get("/account").await;
    assert_eq!(reply.status, 500);
    assert!(!reply.body.contains("sessions") && !reply.body.contains("relation"), "{}", reply.body);
}

#[actix_web::test]
async fn sec_w12_a_request_that_cannot_be_read_tells_nothing_of_the_program() {
    let app = TestApp::start().await;
    let administrator = app.administrator().await;
    let token = administrator.token().await;
    let send = async |path: &str, kind: &str, body: &'static [u8]| {
        let ask = administrator.ask(Method::POST, path).header("Sec-Fetch-Site", "same-origin");
        ask.header("X-CSRF-Token", &token).body(kind, body).send().await
    };
    let replies = [
        send("/api/v1/groups", "application/json", b"{\"name\": ").await,
        send("/api/v1/groups", "application/json", b"[1, 2]").await,
        send("/api/v1/groups", "application/json", b"\xff\xfe").await,
        send("/api/v1/groups", "text/plain", b"name=web").await,
        send("/admin/groups", "application/json", b"{}").await,
        send("/admin/groups", "application/x-www-form-urlencoded", b"name=%ff%fe&name").await,
        administrator.get("/api/v1/servers?limit=many&colour=blue").await,
        administrator.get("/servers/%ff%fe").await,
        administrator.get("/admin/servers/999999999999999999999999").await,
    ];
    for reply in replies {
        assert!(reply.status.is_client_error(), "{} {}", reply.status, reply.body);
        for inside in [".rs", "serde", "actix", "diesel", "panicked", "/root", "/var/lib", env!("CARGO_MANIFEST_DIR")] {
            assert!(!reply.body.contains(inside), "{inside}: {}", reply.body);
        }
    }
}

#[actix_web::test]
async fn a_server_s_failure_is_a_block_for_htmx_a_page_for_a_browser_and_a_document_for_a_program() {
    let app = TestApp::with_routes(failing()).await;
    let operator = app.operator().await;
    let block = operator.hx().get("/remote").await;
    assert_eq!((block.status.as_u16(), block.header("HX-Retarget")), (200, None));
    assert!(!block.body.contains("<html"));
    let page = block.ok();
    assert_eq!(page.text(".fail h3"), "ps-procps exited with 127 on web-1");
    assert_eq!(page.text(".fail pre[hx-disable]"), "sh: <b>ps</b>: ␛[31mnot found");
    let page = operator.get("/remote").await.with_status(502);
    assert_eq!(page.heading(), "The server did not do it");
    let viewer = app.viewer().await;
    assert!(!viewer.get("/remote").await.with_status(502).has(".fail pre"), "what a server said is for operators");
    let document: serde_json::Value = serde_json::from_str(&operator.get("/api/v1/remote").await.body).unwrap();
    assert_eq!(document["type"], "urn:hannun:command-failed");
    assert_eq!((&document["status"], &document["exit_status"]), (&502.into(), &127.into()));
    assert_eq!(document["hint"], "Read what the command said");
}

#[actix_web::test]
async fn a_form_that_cannot_be_accepted_names_its_fields_in_every_look() {
    let app = TestApp::with_routes(failing()).await;
    let operator = app.operator().await;
    assert_eq!(operator.get("/invalid").await.with_status(422).text(".empty ul"), "port Choose a port from 1 to 65535");
    let toast = operator.hx().get("/invalid").await;
    assert_eq!(toast.status, 422);
    toast.toast("Some fields need another value port: Choose a port from 1 to 65535");
    let document: serde_json::Value = serde_json::from_str(&operator.get("/api/v1/invalid").await.body).unwrap();
    assert_eq!(document["errors"], serde_json::json!([{"field": "port", "detail": "Choose a port from 1 to 65535"}]));
}

#[actix_web::test]
async fn a_page_that_does_not_exist_says_so_in_the_reader_s_language() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    assert_eq!(viewer.get("/nothing").await.with_status(404).heading(), "Not found");
    viewer.post("/account/preferences", [("language", "ko")]).await;
    assert_eq!(viewer.get("/nothing").await.with_status(404).heading(), "찾을 수 없음");
    let reply = viewer.ask(Method::PUT, "/account").send().await;
    assert_eq!(reply.status, 405);
}
