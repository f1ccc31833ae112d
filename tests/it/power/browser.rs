//! A person restarts a server, and sees it go and come back without touching the page.

use std::time::Duration;

use hannun::models::actor::{Role, Scope};
use hannun::models::power_requests::PowerState;

use super::{PATH, Stage};
use crate::browser::people::sign_in;
use crate::harness::browser::Browser;
use crate::harness::hosts::{Kind, TestHost};

const MINUTE: Duration = Duration::from_mins(1);

#[actix_web::test]
async fn whoever_restarts_a_server_types_its_name_and_sees_it_come_back() {
    let test = "whoever_restarts_a_server_types_its_name_and_sees_it_come_back";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(mut system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let base = stage.app.listen();
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}{PATH}")).await.unwrap();
    browser.wait_until("how long it is up", "return !!document.querySelector('#boot .facts')").await;
    browser.in_every_look("power").await;
    browser.click("#boot a[href$='deed=restart']").await;
    browser.wait_until("the form", "return !!document.querySelector('#power-form')").await;
    browser.in_every_look("power-restart").await;
    browser.type_into("#name", "web-2").await;
    browser.click("#power-form button").await;
    browser.wait_until("what is wrong with the name", "return !!document.querySelector('#name-problem')").await;
    browser.in_every_look("power-name").await;
    browser.wait_until("an empty field", "document.querySelector('#name').value = ''; return true").await;
    browser.type_into("#name", "web-1").await;
    browser.click("#power-form button").await;
    let says =
        |words: &str| format!("return document.querySelector('#power-request')?.textContent.includes('{words}')");
    system.goes_down().await;
    stage.until(PowerState::Away).await;
    stage.pass(42);
    browser.wait_within(MINUTE, "that it is away", &says("has not answered for 42 s")).await;
    browser.in_every_look("power-away").await;
    system.switch_on();
    browser.wait_within(MINUTE, "that it is back", &says("It is back 42 s after it was asked")).await;
    browser.wait_within(MINUTE, "how long it is up now", "return !!document.querySelector('#boot .facts')").await;
    let listed = "return document.querySelector('#power-requests tbody')?.textContent.includes('Back again')";
    browser.wait_within(MINUTE, "the request in the list", listed).await;
    browser.in_every_look("power-back").await;
    browser.quit().await;
    stage.leave().await;
}
