//! A person looks who tried to sign in, opens an address, and sees who is there.

use hannun::models::actor::{Role, Scope};
use hannun::secret::SecretText;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::logins::kept::{attempt, keep};
use crate::logins::knock;
use crate::outbound::entries;
use crate::outbound::receiver::{Receiver, ok};

#[actix_web::test]
async fn a_person_sees_who_tried_opens_an_address_and_sees_who_is_there() {
    let test = "a_person_sees_who_tried_opens_an_address_and_sees_who_is_there";
    let (Some(system), Some(browser)) = (TestHost::start(Kind::Debian, test), Browser::start(test).await) else {
        return;
    };
    let app = TestApp::start().await;
    app.catch_up();
    known::add(&app, "web-1", &system.root()).await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    for _ in 0..3 {
        knock(&system.address, 22, " from 192.0.2.1 port 22 ssh2");
    }
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1")).await.unwrap();
    browser.press("gl").await;
    browser.wait_until("the address", "return !!document.querySelector('#logins tbody a.key')").await;
    assert!(browser.text("#logins tbody").await.contains("from 192.0.2.1 port 22 ssh2"));
    browser.driver.execute("document.querySelector('#logins tbody a.key').click()", vec![]).await.unwrap();
    browser
        .wait_until("its drawer", "return !!document.querySelector('row-drawer') && location.search.includes('ip=')")
        .await;
    browser.keep_picture("logins").await;
    browser.all_is_well("an address beside the list").await;
    browser.driver.goto(format!("{base}/servers/web-1/logins?show=now")).await.unwrap();
    browser
        .wait_until(
            "hannun's own session",
            "return document.querySelector('#logins tbody')?.textContent.includes('hannun')",
        )
        .await;
    browser.all_is_well("who is there").await;
}

#[actix_web::test]
async fn a_person_without_a_mouse_groups_logins_and_sees_who_is_told_of_an_address() {
    let test = "a_person_without_a_mouse_groups_logins_and_sees_who_is_told_of_an_address";
    let (Some(system), Some(browser)) = (TestHost::start(Kind::Debian, test), Browser::start(test).await) else {
        return;
    };
    let service = Receiver::start(|_| ok(r#"{"asn":"AS15169","as_name":"Google LLC","country_code":"US"}"#)).await;
    let app = TestApp::with_config(|settings| {
        settings.outbound.allowed = entries(&[service.entry()]);
        settings.outbound.ip_service = Some(SecretText::new(format!("{}/{{address}}", service.url())));
    })
    .await;
    app.catch_up();
    let server = known::add(&app, "web-1", &system.root()).await;
    let at = app.database.now() - chrono::TimeDelta::minutes(3);
    keep(&app, server.id, vec![attempt(at, "root", "8.8.8.8"), attempt(at, "admin", "8.8.8.9")]).await;
    app.user("jiwon", Role::Administrator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Phone, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1/logins")).await.unwrap();
    browser.wait_until("the addresses", "return document.querySelectorAll('#logins tbody tr').length >= 2").await;
    // Nothing is replaced under the focus once the server has told.
    browser
        .wait_until(
            "what the server told",
            "return !!document.querySelector('#logins .evidence')?.textContent.includes('exit 0')",
        )
        .await;
    focus(&browser, "#group-address").await;
    // Of radio buttons the arrows choose.
    key(&browser, "ArrowRight", 39).await;
    let network = "return [...document.querySelectorAll('#logins tbody tr')].some((row) => row.textContent.includes('8.8.8.0/24'))";
    browser.wait_until("the network", network).await;
    browser.all_is_well("networks on a phone").await;
    browser.look(Window::Desk, true).await;
    focus(&browser, "#logins tbody a[href*='ip=8.8.8.8']").await;
    key(&browser, "Enter", 13).await;
    let told = "return document.querySelector('#outside')?.textContent.includes('when jiwon looked at it')";
    browser.wait_until("who was told", told).await;
    assert!(browser.text("#outside").await.contains("Google LLC"));
    browser.keep_picture("logins-address").await;
    browser.all_is_well("an address and what others say").await;
    focus(&browser, "#drawer h2 a").await;
    key(&browser, "Enter", 13).await;
    browser.wait_until("its own page", "return location.pathname === '/ips/8.8.8.8'").await;
    browser.wait_until("what was told before", told).await;
    browser.all_is_well("the page of an address").await;
    assert_eq!(service.connections(), 1, "it was asked once");
}

async fn focus(browser: &Browser, css: &str) {
    browser.wait_until(css, &format!("return !!document.querySelector(\"{css}\")")).await;
    browser.driver.execute(format!("document.querySelector(\"{css}\").focus()"), vec![]).await.unwrap();
}

/// Presses a key, wherever the focus is.
async fn key(browser: &Browser, name: &str, code: u32) {
    for kind in ["keyDown", "keyUp"] {
        let text = if name == "Enter" && kind == "keyDown" { "\r" } else { "" };
        let key =
            serde_json::json!({ "type": kind, "key": name, "code": name, "windowsVirtualKeyCode": code, "text": text });
        browser.cdp("Input.dispatchKeyEvent", key).await;
    }
}
