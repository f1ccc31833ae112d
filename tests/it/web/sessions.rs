//! How long a session lasts, and what ends it (A07, A08, A11).

use actix_web::http::Method;
use actix_web::{HttpResponse, web};
use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use hannun::web::extract::Reauthenticated;
use hannun::web::router::{VIEWER, get, post};

use crate::harness::app::{PASSWORD, TestApp};

#[actix_web::test]
async fn sec_a07_polling_does_not_keep_a_session_alive() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let poll = async || viewer.hx().ask(Method::GET, "/account").header("X-Background", "1").send().await;
    for _ in 0..29 {
        app.advance(TimeDelta::minutes(1));
        assert_eq!(poll().await.status, 200);
    }
    app.advance(TimeDelta::minutes(2));
    let over = poll().await;
    assert_eq!((over.status.as_u16(), over.header("HX-Redirect")), (401, Some("/sign-in")));
}

#[actix_web::test]
async fn sec_a07_a_person_who_works_stays_signed_in_for_twelve_hours_and_no_longer() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    for _ in 0..35 {
        app.advance(TimeDelta::minutes(20));
        assert_eq!(viewer.get("/account").await.status, 200);
    }
    app.advance(TimeDelta::minutes(20));
    viewer.get("/account").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn sec_a08_signing_out_ends_the_session_in_the_database() {
    let app = TestApp::start().await;
    let viewer = app.viewer().await;
    let thief = viewer.copy();
    viewer.get("/account").await.ok();
    viewer.post("/sign-out", []).await.leads_to("/sign-in");
    assert_eq!(viewer.cookie("sid"), None);
    thief.get("/account").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn sec_a08_a_new_password_ends_every_other_session_and_renews_this_one() {
    let app = TestApp::start().await;
    let (viewer, other) = (app.viewer().await, app.viewer().await);
    let thief = viewer.copy();
    let form = [("current", PASSWORD), ("new", "seven grey seagulls"), ("again", "seven grey seagulls")];
    viewer.post("/account/password", form).await.leads_to("/account");
    let page = viewer.get("/account").await.ok();
    assert_eq!(page.text("#toasts"), "Password changed. All other sessions and tokens have ended");
    assert!(!viewer.get("/account").await.ok().has("toast-note"), "a toast is shown once");
    other.get("/account").await.leads_to("/sign-in");
    thief.get("/account").await.leads_to("/sign-in");
    let browser = app.browser();
    assert_eq!(browser.post("/sign-in", [("name", "viewer"), ("password", PASSWORD)]).await.status, 422);
    browser.post("/sign-in", [("name", "viewer"), ("password", "seven grey seagulls")]).await.leads_to("/");
}

#[actix_web::test]
async fn sec_a08_a_disabled_person_is_out_at_once() {
    let app = TestApp::start().await;
    app.administrator().await;
    let viewer = app.viewer().await;
    assert_eq!(viewer.get("/account").await.status, 200);
    let (user, now) = (app.user("viewer", Role::Viewer, Scope::All).await, app.database.now());
    app.app.db.run(move |connection| user.disable(connection, now)).await.unwrap();
    viewer.get("/account").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn sec_a11_what_needs_the_password_again_asks_for_it_and_comes_back() {
    async fn secret(_: Reauthenticated) -> HttpResponse {
        HttpResponse::Ok().body("opened")
    }
    let app = TestApp::with_routes(vec![
        get("/proved", VIEWER, || web::to(secret)),
        post("/proved", VIEWER, || web::to(secret)),
    ])
    .await;
    let viewer = app.viewer().await;
    assert_eq!(viewer.get("/proved").await.body, "opened");
    app.advance(TimeDelta::minutes(11));
    viewer.get("/account").await.ok();
    assert_eq!(viewer.post("/proved", []).await.status, 403);
    let page = viewer.get("/proved").await.with_status(403);
    assert_eq!(page.form("form[action='/account/proof']"), [("return_to", "/proved"), ("password", "")].map(owned));
    let wrong = viewer.post("/account/proof", [("return_to", "/proved"), ("password", "wrong")]).await;
    assert_eq!(wrong.with_status(422).text(".problem"), "This is not your password");
    let foreign = viewer.post("/account/proof", [("return_to", "//evil.test"), ("password", PASSWORD)]).await;
    foreign.leads_to("/");
    app.advance(TimeDelta::minutes(11));
    viewer.post("/account/proof", [("return_to", "/proved"), ("password", PASSWORD)]).await.leads_to("/proved");
    assert_eq!(viewer.get("/proved").await.body, "opened");
    app.advance(TimeDelta::minutes(11));
    let fragment =
        viewer.hx().ask(Method::GET, "/proved").header("HX-Current-URL", "http://127.0.0.1:8080/account").send().await;
    assert_eq!(fragment.status, 403);
    fragment.leads_to("/account/proof?return_to=%2Faccount");
}

fn owned((name, value): (&str, &str)) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
