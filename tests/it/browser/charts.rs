//! Charts under a cursor: what the legend says of a moment, and of a gap.

use hannun::metrics::catalogue::Metric;
use hannun::models::actor::{Role, Scope};
use serde_json::json;

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::screens::measured;

#[actix_web::test]
async fn in_a_gap_the_legend_shows_nothing_and_behind_it_what_was_there() {
    let test = "in_a_gap_the_legend_shows_nothing_and_behind_it_what_was_there";
    let Some(browser) = Browser::start(test).await else { return };
    let app = TestApp::start().await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let server = known::answering(&app, "web-1").await;
    measured(&app, server.id, Metric::MemoryPercent, "", (3000, 2000), 60.0).await;
    measured(&app, server.id, Metric::MemoryPercent, "", (1000, 0), 70.0).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1/memory?range=1h")).await.unwrap();
    browser.wait_until("a drawn chart", "return !!document.querySelector('#chart-memory-percent .uplot')").await;
    // From the left edge, an hour ago: seconds of it that have passed.
    for (seconds, value) in [(1200.0, "60"), (2000.0, ""), (2500.0, ""), (2550.0, ""), (3000.0, "70")] {
        let place = format!(
            "document.querySelector('#chart-memory-percent').scrollIntoView({{ block: 'center' }});
            const box = document.querySelector('#chart-memory-percent .u-over').getBoundingClientRect();
            return [box.left + box.width * {seconds} / 3600, box.top + box.height / 2];"
        );
        let place: Vec<f64> = browser.driver.execute(place, vec![]).await.unwrap().convert().unwrap();
        browser.cdp("Input.dispatchMouseEvent", json!({"type": "mouseMoved", "x": place[0], "y": place[1]})).await;
        let said = format!(
            "return document.querySelector('#chart-memory-percent [data-line]').textContent.startsWith('{value}')
                && ('{value}' !== '' || document.querySelector('#chart-memory-percent [data-line]').textContent === '')"
        );
        browser.wait_until(&format!("“{value}” {seconds} s after the beginning"), &said).await;
    }
    browser.quit().await;
}
