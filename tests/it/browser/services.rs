//! A person looks for a service, reads its log as it is written, stops it and starts it again: with the mouse, and without.

use super::scene;
use crate::harness::browser::Browser;
use crate::harness::hosts::TestHost;

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const TAB: &str = "\u{e004}";
/// A shop whose name tools quote and which writes what it is told, one that fails, and one whose name begins like an option.
const UNITS: &str = r"cd /etc/systemd/system; : >/run/sold
printf '[Unit]\nDescription=Shop <img src=x onerror=alert(1)>\n[Service]\nExecStart=/bin/sh -c \047echo open; exec tail -n 0 -f /run/sold\047\n' >shop@.service
printf '[Unit]\nDescription=It fails\n[Service]\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n' >fails.service
printf '[Unit]\nDescription=A dash\n[Service]\nExecStart=/bin/sleep 100000\n[Install]\nWantedBy=multi-user.target\n' >-dash.service
systemctl daemon-reload; systemctl start fails.service; systemctl start 'shop@a\x20b\x2dc.service'; systemctl start -- -dash.service
until systemctl is-failed fails.service; do sleep 0.1; done";
const SHOP: &str = r"shop@a\x20b\x2dc.service";

fn names_are(names: &str) -> String {
    let keys = "[...document.querySelectorAll('.service-table tbody .key')]";
    format!("return {keys}.map((key) => key.textContent).join(' ') === {names:?}")
}

/// The state in the drawer is this one.
fn is_shown(state: &str) -> String {
    format!("return document.querySelector('#drawer .kv .state')?.textContent.trim() === '{state}'")
}

/// How often the log in the drawer says something.
fn says(words: &str, times: usize) -> String {
    format!("return document.querySelector('#drawer .tail')?.textContent.split('{words}').length === {times} + 1")
}

/// Presses Tab until what has the focus is this.
async fn tab_to(browser: &Browser, css: &str) {
    let there = format!("return document.activeElement.matches({css:?})");
    for _ in 0..60 {
        if browser.driver.execute(&there, vec![]).await.unwrap().json() == &serde_json::Value::Bool(true) {
            return;
        }
        browser.press(TAB).await;
    }
    panic!("no number of Tabs leads to {css}");
}

#[actix_web::test]
async fn a_person_finds_a_service_reads_its_log_as_it_is_written_and_restarts_it() {
    let test = "a_person_finds_a_service_reads_its_log_as_it_is_written_and_restarts_it";
    let Some((browser, system, _app, base)) = scene(test, UNITS, TestHost::root).await else { return };
    browser.driver.goto(format!("{base}/servers/web-1/services")).await.unwrap();
    let first = "return document.querySelector('.service-table tbody .key')?.textContent === 'fails.service'";
    browser.wait_until("what failed first", first).await;
    browser.in_every_look("services").await;

    browser.type_into("#service-filter input[name=q]", "shop").await;
    browser.wait_until("one of them", &names_are(SHOP)).await;
    browser.click(".service-table tbody .key").await;
    browser.wait_until("its last lines", &says("open", 1)).await;
    assert!(browser.text("#drawer").await.contains("<img src=x onerror=alert(1)>"), "sec_w05: it is text");
    // What it writes from now on stands there by itself, once each.
    system.run("printf 'sold <b>1</b>\\nsold 2\\n' >>/run/sold");
    browser.wait_until("what it sold", &says("sold 2", 1)).await;
    browser.wait_until("each of them once", &says("sold <b>1</b>", 1)).await;
    // The list renews itself meanwhile, and what is open stays so.
    browser.driver.execute("window.before = document.querySelector('#services')", vec![]).await.unwrap();
    let renewed = "return document.querySelector('#services') !== window.before && document.querySelectorAll('.service-table [aria-selected=true]').length === 1";
    browser.wait_until("a renewed list with the same row chosen", renewed).await;
    browser.wait_until("the same log", &says("sold 2", 1)).await;
    browser.in_every_look("services-drawer").await;

    browser.click("#drawer [commandfor=do-restart]").await;
    browser.wait_until("the dialog", "return document.querySelector('#do-restart').open").await;
    let line = browser.text("#do-restart .cmdline").await;
    assert!(line.contains("systemctl") && line.contains("restart") && line.contains(SHOP), "{line}");
    browser.keep_picture("services-restart-light").await;
    browser.click("#do-restart [command=close]").await;
    browser.wait_until("no dialog", "return !document.querySelector('dialog:modal')").await;
    browser.wait_until("that nothing was done", &says("open", 1)).await;
    browser.click("#drawer [commandfor=do-restart]").await;
    browser.click("#do-restart [type=submit]").await;
    browser.wait_until("that it is open again", &says("open", 2)).await;
    browser.wait_until("what was done", "return !!document.querySelector('.toast')").await;
    browser.all_is_well("after an action").await;
    browser.keep_picture("services-restarted-light").await;

    browser.driver.goto(format!("{base}/servers/web-1/services?show=timers")).await.unwrap();
    browser.wait_until("the timers", "return !!document.querySelector('.service-table tbody .key')").await;
    browser.in_every_look("services-timers").await;
    browser.driver.goto(format!("{base}/servers/web-1/services?unit=ssh.service")).await.unwrap();
    browser.wait_until("what is the way in", "return !!document.querySelector('#do-stop')").await;
    browser.click("#drawer [commandfor=do-stop]").await;
    browser.wait_until("the field for its name", "return !!document.querySelector('#do-stop [name=confirmed]')").await;
    browser.in_every_look("services-way-in").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_service_is_found_stopped_and_started_by_the_keyboard_alone() {
    let test = "a_service_is_found_stopped_and_started_by_the_keyboard_alone";
    let Some((browser, system, _app, base)) = scene(test, UNITS, TestHost::root).await else { return };
    let is_active = || system.run("systemctl is-active -- -dash.service || true");
    browser.driver.goto(format!("{base}/servers/web-1")).await.unwrap();
    browser.press("gs").await;
    let list = "return !!document.querySelector('.service-table tbody .key')";
    browser.wait_until("the list", list).await;
    browser.press("/").await;
    browser.press("a dash").await;
    browser.wait_until("one of them", &names_are("-dash.service")).await;
    tab_to(&browser, ".service-table .key").await;
    browser.press(ENTER).await;
    let open = "return document.activeElement.id === 'drawer' && !!document.querySelector('#do-stop')";
    browser.wait_until("the service with the focus", open).await;
    for (action, state, said) in [("stop", "inactive", "inactive\n"), ("start", "active", "active\n")] {
        tab_to(&browser, &format!("[commandfor=do-{action}]")).await;
        browser.press(ENTER).await;
        let asked = format!("return document.activeElement.matches('#do-{action} [command=close]')");
        browser.wait_until("the question, with the focus on Cancel", &asked).await;
        tab_to(&browser, &format!("#do-{action} [type=submit]")).await;
        browser.press(ENTER).await;
        browser.wait_until(state, &is_shown(state)).await;
        assert_eq!(is_active(), said);
    }
    browser.press(ESCAPE).await;
    let back = "return !document.querySelector('row-drawer') && document.activeElement.id === 'k--dash.service'";
    browser.wait_until("the list, with the focus where it was", back).await;
    browser.all_is_well("by keyboard").await;
    browser.quit().await;
}
