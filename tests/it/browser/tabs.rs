//! A person with several tabs, and one who has left.

use hannun::models::actor::{Role, Scope};

use super::people::sign_in;
use super::set_up;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;

#[actix_web::test]
async fn sec_w08_after_signing_out_the_back_button_shows_the_sign_in_page() {
    let Some(browser) = Browser::start("sec_w08_after_signing_out_the_back_button_shows_the_sign_in_page").await else {
        return;
    };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/account")).await.unwrap();
    assert_eq!(browser.path().await, "/account");
    browser.click(".nav-foot button").await;
    browser.click("#account form[action='/sign-out'] button").await;
    browser.wait_until("the sign-in page", "return location.pathname === '/sign-in'").await;
    for steps in 1..=2 {
        browser.driver.back().await.unwrap();
        let signed_out = "return location.pathname === '/sign-in' && document.readyState === 'complete'";
        browser.wait_until(&format!("the sign-in page, {steps} steps back"), signed_out).await;
        let text = browser.text("body").await;
        assert!(!text.contains("jiwon") && text.contains("Sign in"), "{text}");
    }
    browser.quit().await;
}

/// What the limiter refused to this tab, or that its page came with another status than 200.
const REFUSED: &str =
    "const all = [...performance.getEntriesByType('resource'), ...performance.getEntriesByType('navigation')];
    return all.filter(e => e.responseStatus === 429 || (e.entryType === 'navigation' && e.responseStatus !== 200))
        .map(e => `${e.responseStatus} ${e.name}`)";

#[tokio::test]
async fn sec_w10_a_person_who_opens_ten_tabs_at_once_is_not_held_up() {
    let test = "sec_w10_a_person_who_opens_ten_tabs_at_once_is_not_held_up";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    let mut tabs = vec![browser.driver.window().await.unwrap()];
    for _ in 0..10 {
        tabs.push(browser.driver.new_tab().await.unwrap());
    }
    for (number, tab) in tabs.iter().enumerate().skip(1) {
        browser.driver.switch_to_window(tab.clone()).await.unwrap();
        let path = ["/servers/this-machine", "/", "/servers/this-machine/cpu"][number % 3];
        // Does not wait for the page: all of them load together.
        let go = format!("setTimeout(() => location.assign('{}{path}'), 0)", hannun.origin);
        browser.driver.execute(&go, vec![]).await.unwrap();
    }
    for tab in tabs.iter().skip(1) {
        browser.driver.switch_to_window(tab.clone()).await.unwrap();
        browser
            .wait_until(
                "the page and its stream",
                "return document.readyState === 'complete' && document.querySelector('live-stream')?.opened === true",
            )
            .await;
        let refused: Vec<String> = browser.driver.execute(REFUSED, vec![]).await.unwrap().convert().unwrap();
        assert_eq!(refused, Vec::<String>::new());
    }
    browser.quit().await;
}
