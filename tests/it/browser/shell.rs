//! The server selector, and the navigation on a phone.

use hannun::models::actor::{Role, Scope};
use hannun::models::servers::NewServer;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};

pub(super) async fn with_servers(names: &'static [&'static str]) -> TestApp {
    let app = TestApp::start().await;
    app.user("jiwon", Role::Viewer, Scope::All).await;
    app.app
        .db
        .run(move |connection| {
            for name in names {
                NewServer::new(name, "192.0.2.10").insert(connection)?;
            }
            Ok::<_, hannun::error::Error>(())
        })
        .await
        .unwrap();
    app
}

#[actix_web::test]
async fn another_server_is_chosen_by_keys_alone_and_the_screen_stays() {
    let Some(browser) = Browser::start("the server selector").await else { return };
    let app = with_servers(&["api-1", "db-1", "web-1", "web-2"]).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/api-1/memory")).await.unwrap();
    browser.press("s").await;
    browser
        .wait_until("four options", "return document.querySelectorAll('#server-options [role=option]').length === 4")
        .await;
    browser.keep_picture("server-selector").await;
    browser.press("web").await;
    browser
        .wait_until("two options", "return document.querySelectorAll('#server-options [role=option]').length === 2")
        .await;
    browser.press("\u{e015}\u{e007}").await; // arrow down, Enter
    browser.wait_until("the other server", "return location.pathname === '/servers/web-2/memory'").await;
    assert_eq!(browser.text(".server-btn b").await, "web-2");
    browser.press("s").await;
    browser.wait_until("it open", "return document.querySelector('#choose-server').matches(':popover-open')").await;
    browser.press("\u{e00c}").await; // Escape
    browser.wait_until("it closed", "return !document.querySelector('#choose-server').matches(':popover-open')").await;
    browser.all_is_well("memory").await;
    browser.quit().await;
}

#[actix_web::test]
async fn on_a_phone_the_navigation_is_a_menu_and_the_selector_keeps_its_place() {
    let Some(browser) = Browser::start("the phone").await else { return };
    let app = with_servers(&["a-server-with-quite-a-long-name.in.a.domain.example"]).await;
    let base = app.listen();
    browser.look(Window::Phone, false).await;
    sign_in(&browser, &base, "jiwon").await;
    let path = "/servers/a-server-with-quite-a-long-name.in.a.domain.example";
    browser.driver.goto(format!("{base}{path}")).await.unwrap();
    browser.all_is_well("overview").await;
    browser.click(".nav-toggle").await;
    browser.wait_until("the menu", "return document.querySelector('#nav').matches(':popover-open')").await;
    browser.all_is_well("the menu").await;
    browser.keep_picture("nav-390").await;
    browser.click("#nav a[data-key=a]").await;
    browser.wait_until("all servers", "return location.pathname === '/'").await;
    browser.quit().await;
}
