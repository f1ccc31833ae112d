//! Signing in (A03, A04, A05, A06).

use actix_web::http::Method;
use hannun::models::actor::{Role, Scope};

use crate::harness::app::{PASSWORD, TestApp};

#[actix_web::test]
async fn somebody_with_the_right_password_lands_where_they_wanted_to_go() {
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let browser = app.browser();
    let refused = browser.get("/account?x=1").await;
    assert_eq!(refused.status, 303);
    refused.leads_to("/sign-in");
    assert_eq!(browser.get("/sign-in").await.ok().title(), "Sign in · hannun");
    browser.post("/sign-in", [("name", "jiwon"), ("password", PASSWORD)]).await.leads_to("/account?x=1");
    assert_eq!(browser.get("/account").await.ok().heading(), "Account jiwon, Viewer");
}

#[actix_web::test]
async fn sec_a03_an_unknown_name_and_a_wrong_password_look_the_same_and_are_slowed_down() {
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let browser = app.browser();
    let known = browser.post("/sign-in", [("name", "jiwon"), ("password", "wrong")]).await;
    let unknown = browser.post("/sign-in", [("name", "minsu"), ("password", "wrong")]).await;
    assert_eq!((known.status, unknown.status), (unknown.status, known.status));
    assert_eq!(known.body.replace("jiwon", "minsu"), unknown.body);
    assert_eq!(
        known.with_status(422).text(".notice"),
        "Name or password is wrong. Try again, or ask an administrator."
    );
    for _ in 0..4 {
        assert_eq!(browser.post("/sign-in", [("name", "jiwon"), ("password", "wrong")]).await.status, 422);
    }
    let sixth = browser.post("/sign-in", [("name", "jiwon"), ("password", PASSWORD)]).await;
    assert_eq!(sixth.status, 429);
    assert!(sixth.header("Retry-After").unwrap().parse::<u32>().unwrap() > 0);
    let elsewhere = app.browser().post("/sign-in", [("name", "jiwon"), ("password", PASSWORD)]).await;
    elsewhere.leads_to("/");
}

#[actix_web::test]
async fn sec_a04_a_forwarded_address_from_a_stranger_opens_nothing() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let token = browser.token().await;
    let mut last = 0;
    for number in 0..21 {
        let reply = browser
            .ask(Method::POST, "/sign-in")
            .header("Sec-Fetch-Site", "same-origin")
            .header("X-CSRF-Token", &token)
            .header("X-Forwarded-For", &format!("203.0.113.{number}"))
            .header("X-Real-IP", "127.0.0.1")
            .header("Forwarded", "for=127.0.0.1")
            .form([("name", format!("guess{number}").as_str()), ("password", "x")])
            .send()
            .await;
        last = reply.status.as_u16();
    }
    assert_eq!(last, 429, "20 failures of one address are enough");
}

#[actix_web::test]
async fn sec_a05_a_session_id_from_before_the_sign_in_is_worth_nothing() {
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let browser = app.browser();
    browser.set_cookie("sid", "fixed-by-an-attacker");
    browser.post("/sign-in", [("name", "jiwon"), ("password", PASSWORD)]).await.leads_to("/");
    let id = browser.cookie("sid").unwrap();
    assert!(id != "fixed-by-an-attacker" && id.len() >= 43);
    let attacker = app.browser();
    attacker.set_cookie("sid", "fixed-by-an-attacker");
    attacker.get("/").await.leads_to("/sign-in");
}

#[actix_web::test]
async fn sec_a06_the_session_cookie_has_exactly_these_attributes() {
    for (https, name, expected) in [
        (true, "__Host-sid", "HttpOnly; Path=/; SameSite=Lax; Secure"),
        (false, "sid", "HttpOnly; Path=/; SameSite=Lax"),
    ] {
        let app = TestApp::with_config(|config| {
            if https {
                let authority = "hannun.example.com".to_owned();
                config.public_url = Some(hannun::config::PublicUrl { https, authority });
            }
        })
        .await;
        app.user("jiwon", Role::Viewer, Scope::All).await;
        let reply = app.browser().post("/sign-in", [("name", "jiwon"), ("password", PASSWORD)]).await;
        let cookie = reply.set_cookie(name).unwrap();
        let mut attributes: Vec<&str> = cookie.split("; ").skip(1).collect();
        attributes.sort_unstable();
        assert_eq!(attributes.join("; "), expected);
    }
}

#[actix_web::test]
async fn the_language_is_the_account_s_else_the_chosen_one_else_the_browser_s() {
    let app = TestApp::start().await;
    let browser = app.browser();
    let korean = browser.ask(Method::GET, "/sign-in").header("Accept-Language", "ko-KR,en;q=0.5").send().await.ok();
    assert_eq!(korean.title(), "로그인 · hannun");
    browser.get("/sign-in?lang=en").await.ok();
    let chosen = browser.ask(Method::GET, "/sign-in").header("Accept-Language", "ko").send().await.ok();
    assert_eq!(chosen.title(), "Sign in · hannun");
    let viewer = app.viewer().await;
    viewer.post("/account/preferences", [("language", "ko")]).await;
    assert_eq!(viewer.get("/account").await.ok().title(), "계정 · hannun");
}
