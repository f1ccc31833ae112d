//! A person tries a scenario, looks back at what it would have told, and brings another one in from a file.

use chrono::TimeDelta;
use hannun::models::scenarios::Scenario;

use super::scenarios::{fill, scene};
use crate::harness::scenarios::due;
use crate::scenarios::{always, each_five_minutes};

const FILE: &str = "version: 1
scenarios:
- name: Evening check
  schedule:
    when: {kind: cron, expression: '50 18 * * *'}
    time_zone: Asia/Seoul
  source: {kind: cpu_usage, settings: {window_seconds: 60}}
  servers: [web-1]
  destinations:
  - kind: slack
    channel: '#ops-morning'
    settings: {text: 'CPU {{ cpu.total }}', color: none}
    condition: {kind: always}
";

#[actix_web::test]
async fn a_person_tries_a_scenario_and_looks_back_and_nobody_is_told() {
    let test = "a_person_tries_a_scenario_and_looks_back_and_nobody_is_told";
    let Some((browser, stage, base)) = scene(test).await else { return };
    for (hours, value) in [(3, 97.5), (0, 31.5)] {
        let slot = stage.now() - TimeDelta::hours(hours);
        stage.measured("cpu.total", slot - TimeDelta::seconds(20), value).await;
    }
    let id = stage.add(due(each_five_minutes(), stage.now() + TimeDelta::minutes(5)), vec![stage.post(always())]).await;
    browser.driver.goto(format!("{base}/scenarios/{id}")).await.unwrap();
    browser.click("#try").await;
    browser.wait_until("what was read", "return !!document.querySelector('#tried-read')").await;
    browser.in_every_look("scenario-tried").await;
    browser.click("#look-back").await;
    browser.wait_until("when it would have fired", "return !!document.querySelector('#fired')").await;
    browser.click("#fired summary").await;
    browser.in_every_look("scenario-looked-back").await;
    assert_eq!(stage.told.connections(), 0);
    browser.quit().await;
}

#[actix_web::test]
async fn a_person_sees_what_a_file_would_do_before_it_is_brought_in() {
    let test = "a_person_sees_what_a_file_would_do_before_it_is_brought_in";
    let Some((browser, stage, base)) = scene(test).await else { return };
    browser.driver.goto(format!("{base}/scenarios/imports/new")).await.unwrap();
    browser.in_every_look("scenario-import").await;
    fill(&browser, "#text", &FILE.replace("web-1", "nobody")).await;
    browser.click("#plan footer button").await;
    browser.wait_until("what is wrong", "return !!document.querySelector('#problems .notice')").await;
    browser.in_every_look("scenario-import-wrong").await;
    fill(&browser, "#text", FILE).await;
    browser.click("#plan footer button").await;
    browser.wait_until("the plan", "return !!document.querySelector('#plan tbody tr')").await;
    browser.in_every_look("scenario-import-plan").await;
    assert!(stage.app.app.db.run(Scenario::all).await.unwrap().is_empty());
    browser.click("button[name=plan]").await;
    browser
        .wait_until(
            "it is there",
            "return document.body.textContent.includes('Evening check') && !document.querySelector('#import')",
        )
        .await;
    browser.all_is_well("imported").await;
    assert_eq!(stage.app.app.db.run(Scenario::all).await.unwrap().len(), 1);
    browser.quit().await;
}
