//! Servers as code in a real browser: the plan follows what is typed, a file is chosen, a box asks for removal.

use hannun::models::actor::{Role, Scope};
use thirtyfour::prelude::*;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};

const FLEET: &str =
    "groups: [web]\nservers:\n  web-1: {address: 10.0.0.7, groups: [web], labels: {team: 결제}}\n  web-2: 10.0.0.8\n";

#[actix_web::test]
async fn a_text_is_pasted_planned_while_typing_and_applied() {
    let Some(browser) = Browser::start("servers as code").await else { return };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Administrator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/admin/inventory")).await.unwrap();
    assert_eq!(browser.text(".sidenav [aria-current=page]").await, "Import YAML");

    browser.type_into("#text", "servers:\n  web-1: {adress: 10.0.0.7}").await;
    browser.wait_until("the problem", "return document.querySelectorAll('#problems .notice').length === 2").await;
    assert!(browser.text("#problems").await.contains("Did you mean address?"));
    browser.keep_picture("inventory-problem").await;

    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("fleet.yml");
    std::fs::write(&path, FLEET).unwrap();
    let chooser = browser.driver.find(By::Css("file-text input[type=file]")).await.unwrap();
    chooser.send_keys(path.to_str().unwrap()).await.unwrap();
    browser.wait_until("the plan", "return document.querySelector('#plan [name=plan]') !== null").await;
    browser.wait_until("no problem", "return document.querySelector('#problems .notice') === null").await;
    let name = browser.driver.find(By::Css("#file")).await.unwrap().value().await.unwrap();
    assert_eq!(name.as_deref(), Some("fleet.yml"));
    assert_eq!(browser.text("#plan [name=plan]").await, "Apply 3 changes");
    browser.all_is_well("the plan").await;
    browser.keep_picture("inventory-plan").await;
    browser.look(Window::Desk, true).await;
    browser.keep_picture("inventory-plan-dark").await;
    browser.look(Window::Phone, false).await;
    browser.all_is_well("the plan on a phone").await;
    browser.keep_picture("inventory-plan-390").await;
    browser.look(Window::Desk, false).await;

    browser.click("#plan [name=plan]").await;
    browser.wait_until("it applied", "return document.querySelector('#files') !== null").await;
    assert!(browser.text("#files").await.contains("fleet.yml"));

    browser.driver.goto(format!("{base}/admin/inventory?file=fleet.yml")).await.unwrap();
    let script = "const text = document.querySelector('#text'); text.value = 'groups: [web]\\nservers: {web-2: 10.0.0.80}\\n'; text.dispatchEvent(new Event('input', { bubbles: true })); return true";
    browser.driver.execute(script, vec![]).await.unwrap();
    browser.wait_until("the box", "return document.querySelector('#plan [name=remove]') !== null").await;
    assert_eq!(browser.text("#plan [name=plan]").await, "Apply 1 change");
    browser.click("#plan [name=remove]").await;
    let two = "return document.querySelector('#plan [name=plan]')?.textContent === 'Apply 2 changes'";
    browser.wait_until("the removal", two).await;
    browser.click("#plan [name=plan]").await;
    browser
        .wait_until("it applied", "return document.querySelector('#toasts')?.textContent.includes('1 removed')")
        .await;
    browser.all_is_well("after applying").await;
    browser.quit().await;
}
