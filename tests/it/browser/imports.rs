//! Servers out of `~/.ssh/config` in a real browser: a file is chosen, looked at, some of it is ticked and added.

use hannun::models::actor::{Role, Scope};
use hannun::models::servers::Server;
use thirtyfour::prelude::*;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};

const COUNT: &str = "return document.querySelectorAll('#records input[name=row]').length";

#[actix_web::test]
async fn a_file_is_chosen_looked_at_and_partly_added() {
    let Some(browser) = Browser::start("import of servers").await else { return };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Administrator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/admin/imports/new")).await.unwrap();

    let fixtures = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/import");
    let choose = |field: &str, file: &str| {
        let (css, path) = (format!("file-text[text={field}] input[type=file]"), format!("{fixtures}/{file}"));
        let driver = browser.driver.clone();
        async move { driver.find(By::Css(css)).await.unwrap().send_keys(path).await.unwrap() }
    };
    choose("text", "ssh/personal/config").await;
    browser.wait_until("the servers", &format!("{COUNT} === 5")).await;
    assert!(browser.text("#records").await.contains("github.com"));
    browser.click("details > summary").await;
    choose("known-hosts", "known_hosts").await;
    browser.wait_until("the keys", "return document.querySelector('#records .fp') !== null").await;
    browser.all_is_well("the preview").await;
    browser.keep_picture("imports").await;
    browser.look(Window::Desk, true).await;
    browser.keep_picture("imports-dark").await;
    browser.look(Window::Phone, false).await;
    browser.all_is_well("the preview on a phone").await;
    browser.keep_picture("imports-390").await;
    browser.look(Window::Desk, false).await;

    browser.click("#records .all-rows").await;
    assert!(
        browser
            .driver
            .find(By::Css("#records button[type=submit]"))
            .await
            .unwrap()
            .attr("disabled")
            .await
            .unwrap()
            .is_some()
    );
    browser.click("#records input[value=nas]").await;
    browser.click("#records input[value=pi]").await;
    browser.click("#records button[type=submit]").await;
    browser
        .wait_until("it was added", "return document.querySelector('#toasts')?.textContent.includes('Added 2')")
        .await;
    let servers = app.app.db.run(|connection| Server::all(connection, &Scope::All)).await.unwrap();
    assert_eq!(servers.iter().map(|server| server.name.as_str()).collect::<Vec<_>>(), ["nas", "pi"]);
    browser.all_is_well("after importing").await;
    browser.quit().await;
}
