//! The exact headers of each class of answer (W04, W07).

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use hannun::web::router::{VIEWER, get};

use crate::harness::app::TestApp;
use crate::harness::client::Reply;

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'; object-src 'none'";

/// Every answer has these, whatever it is.
const ALWAYS: [(&str, &str); 6] = [
    ("x-content-type-options", "nosniff"),
    ("x-frame-options", "DENY"),
    ("referrer-policy", "same-origin"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), microphone=(), geolocation=(), usb=()"),
];

#[track_caller]
fn check(what: &str, reply: &Reply, status: u16, kind: Option<&str>, cache: &str, policy: &str) {
    assert_eq!(reply.status.as_u16(), status, "{what}: {}", reply.body);
    assert_eq!(reply.header("content-type"), kind, "{what}");
    assert_eq!(reply.header("cache-control"), Some(cache), "{what}");
    assert_eq!(reply.header("content-security-policy"), Some(policy), "{what}");
    assert_eq!(reply.headers.get_all("content-security-policy").count(), 1, "{what}");
    for (name, value) in ALWAYS {
        assert_eq!(reply.header(name), Some(value), "{what}: {name}");
    }
    assert_eq!(reply.header("server"), None, "{what}");
}

#[actix_web::test]
async fn sec_w07_each_class_of_answer_has_exactly_these_headers() {
    const HTML: Option<&str> = Some("text/html; charset=utf-8");
    let app = TestApp::with_routes(vec![get("/download", VIEWER, || {
        web::to(async || {
            HttpResponse::Ok()
                .insert_header(("Content-Security-Policy", "default-src 'none'; sandbox"))
                .content_type("application/octet-stream")
                .body("<script>")
        })
    })])
    .await;
    let viewer = app.viewer().await;
    let page = viewer.get("/account").await;
    check("page", &page, 200, HTML, "no-store", POLICY);
    check("fragment", &viewer.hx().get("/servers/options").await, 200, HTML, "no-store", POLICY);
    check("sign-in", &app.browser().get("/sign-in").await, 200, HTML, "no-store", POLICY);
    check("not found", &viewer.get("/nothing").await, 404, HTML, "no-store", POLICY);
    check("not found for htmx", &viewer.hx().get("/nothing").await, 404, HTML, "no-store", POLICY);
    let problem = Some("application/problem+json");
    check("not found for programs", &viewer.get("/api/v1/nothing").await, 404, problem, "no-store", POLICY);
    check("redirect", &app.browser().get("/").await, 303, None, "no-store", POLICY);
    let octets = Some("application/octet-stream");
    check("download", &viewer.get("/download").await, 200, octets, "no-store", "default-src 'none'; sandbox");
    let style = viewer.get(&hannun::web::assets::url("css/app.css")).await;
    let forever = "public, max-age=31536000, immutable";
    check("static", &style, 200, Some("text/css; charset=utf-8"), forever, POLICY);
    check(
        "static without its hash",
        &viewer.get("/static/css/app.css").await,
        200,
        Some("text/css; charset=utf-8"),
        "no-cache",
        POLICY,
    );
    let token = viewer.token().await;
    let ask = viewer.ask(Method::POST, "/account/preferences").header("X-CSRF-Token", &token);
    let large =
        ask.header("Sec-Fetch-Site", "same-origin").form([("theme", "x".repeat(2 << 20).as_str())]).send().await;
    assert_eq!(large.status, 413);
    check("too large", &large, 413, HTML, "no-store", POLICY);
    for reply in [&page, &large] {
        assert_eq!(reply.header("vary"), Some("HX-Request"));
        assert_eq!(reply.header("strict-transport-security"), None);
    }
}

#[actix_web::test]
async fn sec_w07_under_https_browsers_are_told_to_stay_there() {
    let app = TestApp::with_config(|config| {
        config.public_url = Some(hannun::config::PublicUrl { https: true, authority: "hannun.example.com".to_owned() });
    })
    .await;
    let reply = app.browser().get("/sign-in").await;
    assert_eq!(reply.header("strict-transport-security"), Some("max-age=31536000"));
}
