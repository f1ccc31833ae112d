//! Setup, sign-in and account in every look (W04).

use hannun::models::actor::{Role, Scope};
use hannun::models::setup_tokens::SetupToken;

use crate::harness::app::{PASSWORD, TestApp};
use crate::harness::browser::{Browser, Window};

const LOOKS: [(&str, Window, bool); 3] =
    [("light", Window::Desk, false), ("dark", Window::Desk, true), ("390", Window::Phone, false)];

/// Signs in as a person does.
pub(crate) async fn sign_in(browser: &Browser, base: &str, name: &str) {
    browser.driver.goto(format!("{base}/sign-in")).await.unwrap();
    browser.type_into("#name", name).await;
    browser.type_into("#password", PASSWORD).await;
    browser.click("button[type=submit]").await;
    browser
        .wait_until("the first page", "return location.pathname === '/' && document.readyState === 'complete'")
        .await;
}

#[actix_web::test]
async fn sec_w04_setup_sign_in_and_account_look_right_and_break_no_rule_of_the_policy() {
    let Some(browser) = Browser::start("setup, sign-in and account").await else { return };
    let app = TestApp::start().await;
    let base = app.listen();
    let now = app.database.now();
    let token = app.app.db.run(move |connection| SetupToken::issue(connection, now)).await.unwrap();
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.driver.goto(format!("{base}/setup?token={}", token.expose())).await.unwrap();
        browser.all_is_well("setup").await;
        browser.keep_picture(&format!("setup-{look}")).await;
    }
    app.user("jiwon", Role::Administrator, Scope::All).await;
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.driver.goto(format!("{base}/sign-in")).await.unwrap();
        browser.type_into("#name", "jiwon").await;
        browser.type_into("#password", "wrong").await;
        browser.click("button[type=submit]").await;
        browser.wait_until("the refusal", "return !!document.querySelector('.notice')").await;
        browser.all_is_well("sign-in").await;
        browser.keep_picture(&format!("sign-in-{look}")).await;
    }
    sign_in(&browser, &base, "jiwon").await;
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.driver.goto(format!("{base}/account")).await.unwrap();
        browser.all_is_well("account").await;
        browser.keep_picture(&format!("account-{look}")).await;
    }
    browser.driver.goto(format!("{base}/nothing")).await.unwrap();
    browser.all_is_well("not found").await;
    browser.keep_picture("not-found").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_refused_password_is_shown_in_place_without_a_new_page() {
    let Some(browser) = Browser::start("a refused password").await else { return };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/account")).await.unwrap();
    browser.driver.execute("window.same = true", vec![]).await.unwrap();
    browser.type_into("#current", PASSWORD).await;
    browser.type_into("#new", "short").await;
    browser.type_into("#again", "short").await;
    browser.click("#password-form button").await;
    browser.wait_until("the problem", "return window.same && !!document.querySelector('#new-problem')").await;
    browser.all_is_well("account").await;
    browser.quit().await;
}

#[actix_web::test]
async fn the_theme_of_the_account_menu_shows_at_once_and_stays() {
    let Some(browser) = Browser::start("the theme").await else { return };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.click(".nav-foot button").await;
    browser.click("#account label:has([value=dark])").await;
    browser.wait_until("the stored theme", "return document.documentElement.dataset.theme === 'dark'").await;
    let paper = browser.driver.execute("return getComputedStyle(document.body).backgroundColor", vec![]).await.unwrap();
    assert_eq!(paper.json(), "rgb(16, 20, 24)");
    browser.all_is_well("the first page, dark").await;
    browser.quit().await;
}
