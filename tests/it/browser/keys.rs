//! What keys do: single letters, rows of lists, the palette, and what Escape gives back.

use hannun::models::actor::{Role, Scope};

use super::people::sign_in;
use super::shell::with_servers;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};

const ENTER: &str = "\u{e007}";
const ESCAPE: &str = "\u{e00c}";
const CONTROL_D: &str = "\u{e009}d\u{e000}";
const CONTROL_K: &str = "\u{e009}k\u{e000}";

/// Three servers, and an administrator who looks at the first page.
async fn at_the_fleet(browser: &Browser) -> (TestApp, String) {
    let app = with_servers(&["api-1", "db-1", "web-1"]).await;
    app.user("root-admin", Role::Administrator, Scope::All).await;
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(browser, &base, "root-admin").await;
    (app, base)
}

/// The text of what has the focus, as the page names it.
async fn focus_is_on(browser: &Browser, what: &str) {
    let script = format!("return document.activeElement.textContent.trim() === '{what}'");
    browser.wait_until(&format!("the focus on {what}"), &script).await;
}

async fn is_open(browser: &Browser, selector: &str) {
    let script = format!("return document.querySelector('{selector}').matches(':popover-open, :modal')");
    browser.wait_until(&format!("{selector} open"), &script).await;
}

async fn nothing_is_open(browser: &Browser) {
    browser.wait_until("all closed", "return !document.querySelector(':popover-open, :modal')").await;
}

#[actix_web::test]
async fn letters_open_screens_and_the_list_of_keys_unless_the_account_turned_them_off() {
    let Some(browser) = Browser::start("the keys").await else { return };
    let (_app, base) = at_the_fleet(&browser).await;
    browser.driver.goto(format!("{base}/account")).await.unwrap();
    browser.press("?").await;
    is_open(&browser, "#shortcuts").await;
    browser.keep_picture("shortcuts").await;
    browser.press(ESCAPE).await;
    nothing_is_open(&browser).await;
    browser.press("ga").await;
    browser.wait_until("all servers", "return location.pathname === '/'").await;
    browser.click(".nav-foot button").await;
    browser.click("#account .switch").await;
    browser.wait_until("the stored choice", "return document.body.dataset.letters === 'off'").await;
    browser.press("s?j").await;
    nothing_is_open(&browser).await;
    browser.wait_until("no row with the focus", "return document.activeElement === document.body").await;
    browser.press(CONTROL_K).await;
    is_open(&browser, "#jump").await;
    browser.press(ESCAPE).await;
    let seen = "return getComputedStyle(document.querySelector('#shortcuts [data-for=rows]')).display === 'none'";
    browser.wait_until("a list without letters", seen).await;
    browser.all_is_well("the first page").await;
    browser.quit().await;
}

#[actix_web::test]
async fn rows_are_walked_ticked_and_opened_by_keys() {
    let Some(browser) = Browser::start("rows by keys").await else { return };
    let (_app, base) = at_the_fleet(&browser).await;
    browser.press("jj").await;
    focus_is_on(&browser, "db-1").await;
    browser.press("jjk").await;
    focus_is_on(&browser, "db-1").await;
    browser.press(ENTER).await;
    browser.wait_until("its page", "return location.pathname === '/servers/db-1'").await;
    browser.driver.goto(format!("{base}/admin/servers")).await.unwrap();
    browser.press("jjx").await;
    let ticked = "return [...document.querySelectorAll('tbody input:checked')].map(box => box.closest('tr').textContent.includes('db-1')).join()";
    browser.wait_until("db-1 ticked", &format!("return (() => {{ {ticked} }})() === 'true'")).await;
    assert_eq!(browser.text("row-chooser .count").await, "(1)");
    browser.press(&format!("k{ENTER}")).await;
    browser.wait_until("its form", "return document.querySelector('h1').textContent.includes('api-1')").await;
    browser.press("j").await;
    browser.all_is_well("a page without rows").await;
    browser.quit().await;
}

#[actix_web::test]
async fn escape_closes_what_is_open_and_gives_the_focus_back() {
    let Some(browser) = Browser::start("escape").await else { return };
    let _app = at_the_fleet(&browser).await;
    browser.press("jj").await;
    focus_is_on(&browser, "db-1").await;
    for (keys, opened) in [("s", "#choose-server"), ("?", "#shortcuts"), (CONTROL_K, "#jump")] {
        browser.press(keys).await;
        is_open(&browser, opened).await;
        browser.press(ESCAPE).await;
        nothing_is_open(&browser).await;
        focus_is_on(&browser, "db-1").await;
    }
    browser.press("/").await;
    browser.wait_until("the filter", "return document.activeElement.name === 'q'").await;
    browser.press("jkx").await;
    assert_eq!(browser.driver.active_element().await.unwrap().value().await.unwrap().as_deref(), Some("jkx"));
    browser.press(ESCAPE).await;
    browser.wait_until("the filter empty", "return document.activeElement.value === ''").await;
    browser.wait_until("three rows", "return document.querySelectorAll('#fleet-rows tr').length === 3").await;
    browser.press(ESCAPE).await;
    browser.wait_until("a row again", "return document.activeElement.matches('a.key')").await;
    browser.all_is_well("the first page").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_refreshed_list_keeps_the_focus_on_its_row() {
    let Some(browser) = Browser::start("refresh").await else { return };
    let _app = at_the_fleet(&browser).await;
    browser.press("jj").await;
    focus_is_on(&browser, "db-1").await;
    browser.driver.execute("document.querySelector('#fleet-list').old = true", vec![]).await.unwrap();
    browser.press("r").await;
    browser.wait_until("a new list", "return !document.querySelector('#fleet-list').old").await;
    focus_is_on(&browser, "db-1").await;
    browser.quit().await;
}

#[actix_web::test]
async fn the_list_of_keys_names_only_what_works_on_the_page() {
    let Some(browser) = Browser::start("the list of keys").await else { return };
    let (_app, base) = at_the_fleet(&browser).await;
    let named = "return [...document.querySelectorAll('#shortcuts [data-for]')].filter(row => row.checkVisibility()).map(row => row.dataset.for).join(' ')";
    for (path, expected) in [
        ("/", "filter rows rows ticks refresh"),
        ("/admin/servers", "filter rows rows ticks refresh"),
        ("/account", ""),
    ] {
        browser.driver.goto(format!("{base}{path}")).await.unwrap();
        browser.press("?").await;
        is_open(&browser, "#shortcuts").await;
        let found = browser.driver.execute(named, vec![]).await.unwrap();
        assert_eq!(found.json(), expected, "{path}");
    }
    browser.quit().await;
}

#[actix_web::test]
async fn the_palette_leads_to_a_page_of_a_server_by_keys_alone() {
    let Some(browser) = Browser::start("the palette").await else { return };
    let _app = at_the_fleet(&browser).await;
    browser.press(CONTROL_K).await;
    is_open(&browser, "#jump").await;
    let pages =
        "return [...document.querySelectorAll('#jump-options a')].some(link => link.pathname === '/admin/users')";
    browser.wait_until("pages", pages).await;
    browser.keep_picture("palette").await;
    browser.press("1 mem").await;
    let three = "return document.querySelectorAll('#jump-options [role=option]').length === 3";
    browser.wait_until("the memory of three servers", three).await;
    browser.press("\u{e015}").await; // arrow down
    let active = "return document.querySelector('#jump input').getAttribute('aria-activedescendant') === document.querySelector('#jump [data-active]').id";
    browser.wait_until("the second one active, and told to those who cannot see it", active).await;
    browser.press(ENTER).await;
    browser.wait_until("its page", "return location.pathname === '/servers/db-1/memory'").await;
    browser.all_is_well("memory").await;
    browser.click(".jump").await;
    is_open(&browser, "#jump").await;
    browser.press("zzz").await;
    let none = "return document.querySelector('#jump-options').textContent.includes('Nothing matches')";
    browser.wait_until("nothing found", none).await;
    browser.press(ENTER).await;
    browser.all_is_well("memory").await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_server_is_starred_with_the_keyboard_and_with_the_mouse() {
    let Some(browser) = Browser::start("the stars").await else { return };
    let (_app, _base) = at_the_fleet(&browser).await;
    browser.press(CONTROL_K).await;
    is_open(&browser, "#jump").await;
    browser.press("db").await;
    let marked = "return document.querySelector('#jump [data-active] b')?.textContent === 'db-1'";
    browser.wait_until("db-1 marked", marked).await;
    browser.press(CONTROL_D).await;
    browser.wait_until("a star", "return document.querySelector('#jump .star[data-on]') !== null").await;
    browser.wait_until("db-1 marked still", marked).await;
    is_open(&browser, "#jump").await;
    browser.click("#jump .star[data-on]").await;
    browser.wait_until("no star", "return document.querySelector('#jump .star:not([data-on])') !== null").await;
    browser.wait_until("typing goes on", "return document.activeElement.matches('#jump input')").await;
    is_open(&browser, "#jump").await;
}
