//! A person pauses everything and starts it again, and draws a box over runs.

use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};
use serde_json::json;
use thirtyfour::prelude::*;

use super::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;
use crate::scenarios::{Stage, always, each_five_minutes};

async fn scene(test: &str) -> Option<(Browser, Stage, String)> {
    let browser = Browser::start(test).await?;
    let stage = Stage::set(|_| ok("ok")).await;
    stage.app.user("boss", Role::Administrator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "boss").await;
    Some((browser, stage, base))
}

#[actix_web::test]
async fn a_person_pauses_everything_and_starts_it_again() {
    let test = "a_person_pauses_everything_and_starts_it_again";
    let Some((browser, stage, base)) = scene(test).await else { return };
    browser.driver.goto(format!("{base}/scheduler")).await.unwrap();
    browser.in_every_look("scheduler-empty").await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    stage.work_off().await;
    stage.execute("update runs set took_ms = 10000, state = 'succeeded'");
    stage.advance(TimeDelta::minutes(5));
    stage.fire().await;
    stage.taken_and_left().await;
    stage.advance(TimeDelta::seconds(15));
    browser.wait_until("it sees by itself what runs", "return !!document.querySelector('#open svg.age')").await;
    browser.in_every_look("scheduler").await;
    browser.click("#open-pause").await;
    browser.wait_until("the dialog", "return document.querySelector('#pause-all').open").await;
    browser.type_into("#pause-why", "the mail server moves").await;
    browser.in_every_look("scheduler-dialog").await;
    browser.click("#pause-now").await;
    browser.wait_until("it is paused", "return !!document.querySelector('#paused')").await;
    browser.in_every_look("scheduler-paused").await;
    browser.speak("ko").await;
    browser.driver.goto(format!("{base}/scheduler")).await.unwrap();
    browser.wait_until("Korean", "return document.querySelector('h1').textContent === '스케줄러'").await;
    browser.in_every_look("scheduler-ko").await;
    browser.click("#start-again").await;
    browser.wait_until("it goes on", "return !document.querySelector('#paused')").await;
    let run = stage.runs(id).await[1].id;
    browser.click(&format!("#stop-{run}")).await;
    let told = format!("return document.querySelector('#toasts').textContent.includes('실행 {run}')");
    browser.wait_until("it is told to stop", &told).await;
    assert_eq!(stage.runs(id).await[1].stop_asked_by.as_deref(), Some("boss"));
    browser.all_is_well("stopped").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_person_draws_a_box_over_runs_and_those_are_listed() {
    let test = "a_person_draws_a_box_over_runs_and_those_are_listed";
    let Some((browser, stage, base)) = scene(test).await else { return };
    let id = stage.add(due(each_five_minutes(), stage.now() + TimeDelta::days(1)), Vec::new()).await;
    for (minutes, took, state) in [
        (50, "2000", "succeeded"),
        (40, "60000", "failed"),
        (30, "2500", "partly"),
        (20, "null", "skipped"),
        (10, "3000", "unknown"),
    ] {
        let at = (stage.now() - TimeDelta::minutes(minutes)).to_rfc3339();
        stage.execute(&format!(
            "insert into runs (scenario_id, cause, state, queued_at, started_at, ended_at, took_ms)
             values ({id}, 'person', '{state}', '{at}', '{at}', '{at}', {took})"
        ));
    }
    browser.driver.goto(format!("{base}/runs")).await.unwrap();
    browser.wait_until("the picture", "return !!customElements.get('run-plot')").await;
    browser.in_every_look("runs-over-time").await;
    // From the middle between the first and the second run to behind the third one, over all lengths.
    let place = "const at = (n) => document.querySelectorAll('#run-plot use')[n].getBoundingClientRect();
        const box = document.querySelector('#run-plot svg').getBoundingClientRect();
        const middle = (one, two) => (one.x + two.x) / 2 + 4;
        return [middle(at(0), at(1)), box.top + 2, middle(at(2), at(3)), box.top + box.height * 0.86];";
    let place: Vec<f64> = browser.driver.execute(place, vec![]).await.unwrap().convert().unwrap();
    let mouse = async |kind: &str, x: f64, y: f64| {
        let event = json!({ "type": kind, "x": x, "y": y, "button": "left", "buttons": 1, "clickCount": 1 });
        browser.cdp("Input.dispatchMouseEvent", event).await;
    };
    mouse("mousePressed", place[0], place[1]).await;
    mouse("mouseMoved", f64::midpoint(place[0], place[2]), f64::midpoint(place[1], place[3])).await;
    browser
        .wait_until("the box", "return document.querySelector('.drawn').getAttribute('visibility') === 'visible'")
        .await;
    mouse("mouseMoved", place[2], place[3]).await;
    mouse("mouseReleased", place[2], place[3]).await;
    let rows = "return [...document.querySelectorAll('.run-table tbody tr')].map((row) => row.cells[3].textContent.trim()).join() === 'Partly,Failed'";
    browser.wait_until("what is in it is listed", rows).await;
    browser.wait_until("it has an address", "return new URLSearchParams(location.search).get('from') !== ''").await;
    browser.wait_until("the box stays drawn", "return !!document.querySelector('#run-plot .chosen')").await;
    browser.in_every_look("runs-chosen").await;
    let address = browser.driver.current_url().await.unwrap();
    browser.driver.goto(address.as_str()).await.unwrap();
    browser.wait_until("it leads there again", rows).await;
    browser.driver.find(By::Css("#narrowed a")).await.unwrap().click().await.unwrap();
    let all = "return document.querySelectorAll('.run-table tbody tr').length === 5";
    browser.wait_until("all of them", all).await;
    // The same by the fields alone.
    browser.type_into("#run-filter [name=least]", "30").await;
    browser.press("\u{e007}").await;
    let longest = "return document.querySelectorAll('.run-table tbody tr').length === 1 && document.querySelector('.run-table').textContent.includes('Failed')";
    browser.wait_until("the longest one", longest).await;
    browser.all_is_well("by fields").await;
    browser.quit().await;
}
