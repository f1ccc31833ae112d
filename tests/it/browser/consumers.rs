//! What used most at a moment: the cursor on a chart asks, and leaving it goes back to now.

use std::time::Duration;

use serde_json::json;

use super::set_up;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;

#[tokio::test]
async fn while_the_cursor_rests_on_a_chart_the_table_beside_it_shows_that_moment() {
    let test = "while_the_cursor_rests_on_a_chart_the_table_beside_it_shows_that_moment";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    browser.driver.goto(format!("{}/servers/this-machine/cpu", hannun.origin)).await.unwrap();
    let live = "return document.querySelectorAll('#consumers tbody td').length > 3 && !!document.querySelector('#chart-cpu .uplot')";
    browser.wait_within(Duration::from_secs(40), "what uses most now", live).await;
    let place = "const box = document.querySelector('#chart-cpu .u-over').getBoundingClientRect();
        return [box.right - 3, box.top + box.height / 2];";
    let place: Vec<f64> = browser.driver.execute(place, vec![]).await.unwrap().convert().unwrap();
    browser.cdp("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": place[0], "y": place[1]})).await;
    browser.wait_until("the moment under the cursor", "return !!document.querySelector('#consumers time')").await;
    let path = browser.path().await;
    assert_eq!(path, "/servers/this-machine/cpu", "the address is the page's own");
    browser.cdp("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": 2, "y": 2})).await;
    browser.wait_until("now again", "return !document.querySelector('#consumers time')").await;
    browser.all_is_well("cpu").await;
    browser.quit().await;
}
