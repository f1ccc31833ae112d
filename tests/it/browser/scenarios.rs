//! A person builds a scenario by keyboard and by drag and drop, saves it, and sees it run.

use hannun::models::actor::{Role, Scope};
use serde_json::json;
use thirtyfour::prelude::*;

use super::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, always, each_five_minutes};

const ORDER: &str = "[...document.querySelectorAll('#dests h3')].map((one) => one.textContent.trim()).join()";

pub(super) async fn scene(test: &str) -> Option<(Browser, Stage, String)> {
    let browser = Browser::start(test).await?;
    let stage = Stage::set(|_| ok("ok")).await;
    stage.channel("#ops-morning", "slack", json!({ "url": format!("{}/slack", stage.told.url()) })).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    Some((browser, stage, base))
}

/// The order of the destinations becomes this.
async fn in_order(browser: &Browser, order: &str) {
    browser.wait_until(order, &format!("return {ORDER} === '{order}'")).await;
}

/// Replaces what stands in a field.
pub(super) async fn fill(browser: &Browser, css: &str, text: &str) {
    let field = browser.driver.find(By::Css(css)).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(text).await.unwrap();
}

/// Presses the mouse on one thing and moves it over another, until something of the first has come there; then lets go.
async fn drag(browser: &Browser, from: &str, to: &str, arrived: &str) {
    let (from, to) =
        (browser.driver.find(By::Css(from)).await.unwrap(), browser.driver.find(By::Css(to)).await.unwrap());
    let chain = browser.driver.action_chain().move_to_element_center(&from).click_and_hold();
    let chain = chain.move_by_offset(6, 6).move_by_offset(6, 6).move_to_element_center(&to).move_by_offset(2, 2);
    chain.perform().await.unwrap();
    browser.wait_until("it is over there", arrived).await;
    browser.driver.action_chain().release().perform().await.unwrap();
}

#[actix_web::test]
async fn a_person_builds_and_saves_a_scenario_by_keyboard_alone() {
    let test = "a_person_builds_and_saves_a_scenario_by_keyboard_alone";
    let Some((browser, stage, base)) = scene(test).await else { return };
    browser.driver.goto(format!("{base}/scenarios")).await.unwrap();
    browser.in_every_look("scenarios-empty").await;
    browser.driver.goto(format!("{base}/scenarios/new")).await.unwrap();
    browser.in_every_look("scenario-new").await;
    let focus = async |css: &str| {
        drop(browser.driver.execute(format!("document.querySelector('{css}').focus()"), vec![]).await.unwrap());
    };
    fill(&browser, "#f-name", "아침 점검").await;
    fill(&browser, "#f-servers", "web-1").await;
    focus("#pick-cpu_usage").await;
    browser.press("\u{e007}").await;
    browser.wait_until("the source", "return !!document.querySelector('#source-window_seconds')").await;
    browser.wait_until("the focus stays", "return document.activeElement.id === 'pick-cpu_usage'").await;
    focus("#add-http_get").await;
    browser.press("\u{e007}").await;
    in_order(&browser, "HTTP GET").await;
    browser.wait_until("its first field", "return !!document.activeElement.closest('#fields-1')").await;
    focus("#add-slack").await;
    browser.press("\u{e007}").await;
    in_order(&browser, "HTTP GET,Slack").await;
    browser.wait_until("its first field", "return document.activeElement.id === 'd2-channel'").await;
    // The grip: lifted, moved, put back; lifted, moved, dropped.
    let says = |part: &str| format!("return document.querySelector('#board-says').textContent.includes('{part}')");
    focus("#grip-2").await;
    browser.press(" ").await;
    browser.wait_until("it is said", &says("Slack lifted from place 2")).await;
    browser.press("\u{e013}").await;
    browser.wait_until("it is said", &says("Slack at place 1 of 2")).await;
    browser.press("\u{e00c}").await;
    browser.wait_until("it is said", &says("Slack is back at place 2")).await;
    in_order(&browser, "HTTP GET,Slack").await;
    browser.press(" ").await;
    browser.press("\u{e013}").await;
    browser.press(" ").await;
    browser.wait_until("sent and drawn again", "return document.querySelector('#dests li').dataset.place === '0' && document.querySelector('#dests [id^=open-]').id === 'open-2'").await;
    in_order(&browser, "Slack,HTTP GET").await;
    browser.wait_until("the focus follows", "return document.activeElement.id === 'grip-2'").await;
    // What is typed is seen at once, and the field keeps the focus.
    fill(&browser, "#d2-text", "*{{ server.name }}* CPU {{ cpu.total }} %").await;
    let shown = "return document.querySelector('.message')?.textContent.includes('web-1 CPU 31.2 %') && document.activeElement.id === 'd2-text'";
    browser.wait_until("the preview", shown).await;
    browser.press("{{ x").await;
    browser
        .wait_until(
            "what is wrong",
            "return document.querySelector('#preview .notice')?.textContent.includes('Line 1')",
        )
        .await;
    browser.press(&"\u{e003}".repeat(4)).await;
    browser.wait_until("the preview", shown).await;
    focus("#remove-1").await;
    browser.press("\u{e007}").await;
    in_order(&browser, "Slack").await;
    browser.in_every_look("scenario-draft").await;
    focus("#f-name").await;
    browser.press("\u{e007}").await;
    browser.wait_until("it is saved", "return /^.scenarios.\\d+$/.test(location.pathname)").await;
    assert!(browser.text("#toasts").await.contains("아침 점검"));
    let scenarios = stage.app.app.db.run(hannun::models::scenarios::Scenario::all).await.unwrap();
    assert_eq!((scenarios.len(), scenarios[0].name.as_str(), scenarios[0].enabled), (1, "아침 점검", true));
    browser.all_is_well("saved").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_person_drags_a_source_and_destinations_and_another_order() {
    let test = "a_person_drags_a_source_and_destinations_and_another_order";
    let Some((browser, _stage, base)) = scene(test).await else { return };
    browser.driver.goto(format!("{base}/scenarios/new")).await.unwrap();
    fill(&browser, "#f-name", "Dragged").await;
    fill(&browser, "#f-servers", "web-1").await;
    drag(&browser, "#pick-load", "#read .slot", "return !!document.querySelector('#read li[data-act]')").await;
    browser.wait_until("the source", "return document.querySelector('#st-src').textContent.includes('Load')").await;
    let over = "return !!document.querySelector('#dests li[data-act]')";
    drag(&browser, "#add-slack", "#dests .slot", over).await;
    in_order(&browser, "Slack").await;
    drag(&browser, "#add-http_get", "#dests .slot", over).await;
    in_order(&browser, "Slack,HTTP GET").await;
    let first = "return document.querySelector('#dests li[data-place]').dataset.name === 'HTTP GET'";
    drag(&browser, "#grip-2", "#grip-1", first).await;
    browser
        .wait_until("drawn again", "return document.querySelector('#dests li[data-place]').dataset.place === '0'")
        .await;
    in_order(&browser, "HTTP GET,Slack").await;
    fill(&browser, "#d2-url", "https://example.org/?load={{ load.1 }}").await;
    // The bar at the top covers what has scrolled under it.
    browser.driver.execute("scrollTo(0, 0)", vec![]).await.unwrap();
    browser.click("#save").await;
    browser.wait_until("it is saved", "return /^.scenarios.\\d+$/.test(location.pathname)").await;
    in_order(&browser, "HTTP GET,Slack").await;
    browser.all_is_well("dragged").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_person_switches_runs_and_stops_a_scenario_without_losing_what_is_unsaved() {
    let test = "a_person_switches_runs_and_stops_a_scenario_without_losing_what_is_unsaved";
    let Some((browser, stage, base)) = scene(test).await else { return };
    stage.measured("cpu.total", stage.now() - chrono::TimeDelta::seconds(20), 31.5).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    stage.work_off().await;
    let run = stage.runs(id).await[0].id;
    browser.driver.goto(format!("{base}/scenarios/{id}")).await.unwrap();
    browser.in_every_look("scenario").await;
    fill(&browser, "#f-name", "Unsaved").await;
    browser.click("#enabled").await;
    browser
        .wait_until("it is off", "return document.querySelector('.lede').textContent.includes('It is disabled')")
        .await;
    browser.click("#run-now").await;
    browser.wait_until("it runs", "return !document.querySelector('#stop').disabled").await;
    browser.click("#stop").await;
    browser
        .wait_until("it is stopped", "return document.querySelector('#runs tbody').textContent.includes('Stopped')")
        .await;
    assert_eq!(browser.driver.find(By::Css("#f-name")).await.unwrap().prop("value").await.unwrap().unwrap(), "Unsaved");
    browser.click("#save").await;
    browser.wait_until("it is saved", "return document.querySelector('h1').textContent.includes('Unsaved')").await;
    assert!(!stage.row(id).await.enabled, "saving leaves the switch");
    for (path, name) in
        [(format!("runs/{run}"), "run"), ("runs".to_owned(), "runs"), ("scenarios".to_owned(), "scenarios")]
    {
        browser.driver.goto(format!("{base}/{path}")).await.unwrap();
        browser.in_every_look(name).await;
    }
    browser.speak("ko").await;
    browser.driver.goto(format!("{base}/scenarios/{id}")).await.unwrap();
    browser.wait_until("Korean", "return document.querySelector('#st-dst').textContent.includes('보내기')").await;
    browser.in_every_look("scenario-ko").await;
    browser.click("button[commandfor=delete]").await;
    browser.click("#delete button[type=submit]").await;
    browser.wait_until("it is gone", "return location.pathname === '/scenarios'").await;
    browser.quit().await;
}

#[actix_web::test]
async fn an_administrator_adds_a_channel_and_sends_a_test_through_it() {
    let test = "an_administrator_adds_a_channel_and_sends_a_test_through_it";
    let Some(browser) = Browser::start(test).await else { return };
    let stage = Stage::set(|_| ok("ok")).await;
    stage.app.user("boss", Role::Administrator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "boss").await;
    browser.driver.goto(format!("{base}/admin/channels/new")).await.unwrap();
    let shown = "return document.querySelector('#f-slack_url').checkVisibility() && !document.querySelector('#f-webhook_url').checkVisibility()";
    browser.wait_until("what Slack wants to know, and nothing else", shown).await;
    browser.in_every_look("channel-new").await;
    fill(&browser, "#f-name", "ops-morning").await;
    fill(&browser, "#f-slack_url", &format!("{}/services/T/B/x", stage.told.url())).await;
    browser.click("#record button[type=submit]").await;
    browser.wait_until("its page", "return document.querySelector('#channel-tried') !== null").await;
    browser.click("form[action$='/tests'] button").await;
    let taken = "return document.querySelector('#channel-tried').textContent.includes('It was taken')";
    browser.wait_until("that it was taken", taken).await;
    browser.in_every_look("channel-tried").await;
    assert_eq!(stage.told.asked().len(), 1);
    browser.driver.goto(format!("{base}/admin/channels")).await.unwrap();
    browser.in_every_look("channels").await;
    browser.quit().await;
}
