//! The first administrator (A12).

use futures_util::future::join_all;
use hannun::models::setup_tokens::SetupToken;
use hannun::models::users::User;

use crate::harness::app::TestApp;

async fn link(app: &TestApp) -> String {
    let now = app.database.now();
    app.app.db.run(move |connection| SetupToken::issue(connection, now)).await.unwrap().expose().clone()
}

#[actix_web::test]
async fn sec_a12_the_setup_link_makes_one_administrator_signs_them_in_and_is_gone() {
    let app = TestApp::start().await;
    let token = link(&app).await;
    let browser = app.browser();
    let page = browser.get(&format!("/setup?token={token}")).await.ok();
    assert_eq!(page.title(), "Setup · hannun");
    let form = [("token", token.as_str()), ("name", "jiwon"), ("password", "tuesday rain in april")];
    browser.post("/setup", form).await.leads_to("/");
    assert_eq!(browser.get("/account").await.ok().heading(), "Account jiwon, Administrator");
    let again = link(&app).await;
    assert_eq!(app.browser().get(&format!("/setup?token={again}")).await.status, 404);
    assert_eq!(
        app.browser()
            .post("/setup", [("token", again.as_str()), ("name", "eve"), ("password", "tuesday rain in april")])
            .await
            .status,
        404
    );
}

#[actix_web::test]
async fn sec_a12_without_a_good_token_there_is_no_setup_page() {
    let app = TestApp::start().await;
    let token = link(&app).await;
    assert_eq!(app.browser().get("/setup").await.status, 404);
    assert_eq!(app.browser().get("/setup?token=guess").await.status, 404);
    app.advance(chrono::TimeDelta::minutes(16));
    assert_eq!(app.browser().get(&format!("/setup?token={token}")).await.status, 404);
}

#[actix_web::test]
async fn sec_a12_of_twenty_setups_at_once_one_makes_an_administrator() {
    let app = TestApp::start().await;
    let token = link(&app).await;
    let browsers: Vec<_> = (0..20).map(|_| app.browser()).collect();
    let tries = browsers.iter().enumerate().map(|(number, browser)| {
        let (token, name) = (token.clone(), format!("first{number}"));
        async move {
            let form = [("token", token.as_str()), ("name", name.as_str()), ("password", "tuesday rain in april")];
            browser.post("/setup", form).await.status.as_u16()
        }
    });
    let answers = join_all(tries).await;
    assert_eq!(answers.iter().filter(|status| **status == 303).count(), 1, "{answers:?}");
    let people = app.app.db.run(User::all).await.unwrap();
    assert_eq!(people.len(), 1);
}

#[actix_web::test]
async fn sec_a13_a_weak_password_is_refused_with_the_reason_and_the_name_stays() {
    let app = TestApp::start().await;
    let token = link(&app).await;
    let form = [("token", token.as_str()), ("name", "jiwon"), ("password", "password1234")];
    let page = app.browser().post("/setup", form).await.with_status(422);
    assert!(page.text(".problem").starts_with("Too many people use this password"));
    assert_eq!(page.attribute("#name", "value").as_deref(), Some("jiwon"));
    let form = [("token", token.as_str()), ("name", "Ji won"), ("password", "tuesday rain in april")];
    assert!(app.browser().post("/setup", form).await.with_status(422).has("#name[aria-invalid]"));
}
