//! A person at the command box, in a real browser.

use hannun::models::actor::{Role, Scope};

use super::Stage;
use crate::browser::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::sshd::Setup;

#[actix_web::test]
async fn a_person_runs_stops_repeats_edits_and_saves_commands() {
    let test = "a_person_runs_stops_repeats_edits_and_saves_commands";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(sshd) = Setup::default().user("hannun-test", "/bin/sh").start(test) else { return };
    let stage = Stage::set(&sshd.endpoint()).await;
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let base = stage.app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1/terminal/commands")).await.unwrap();
    browser.all_is_well("an empty history").await;
    browser.type_into("#cmd", "echo '<img src=x onerror=alert(1)>'").await;
    browser.type_into("#cmd", "\u{e008}\u{e007}\u{e008}").await; // Shift Enter
    browser.type_into("#cmd", "echo 한글; exit 3").await;
    browser.type_into("#cmd", "\u{e007}").await;
    let entry = |number: usize| format!("document.querySelector('#history > li:nth-child({number})')?");
    let says = |number: usize, words: &str| format!("return {}.textContent.includes({words:?})", entry(number));
    // The newest is on top.
    browser.wait_until("its end", &says(1, "exit 3")).await;
    browser
        .wait_until("its output", &format!("return {}.querySelector('.log')?.textContent === '한글'", entry(1)))
        .await;
    browser.wait_until("the first one", &says(2, "<img src=x")).await;
    browser.wait_until("its end", &says(2, "exit 0")).await;
    browser.all_is_well("two commands").await;
    browser.keep_picture("commands").await;

    browser.type_into("#cmd", "while :; do echo tick; sleep 0.4; done").await;
    browser.type_into("#cmd", "\u{e007}").await;
    let ticks = format!("return ({}.querySelector('.log')?.textContent.match(/tick/g) ?? []).length > 2", entry(1));
    browser.wait_until("output as it comes", &ticks).await;
    browser.all_is_well("a running command").await;
    browser.keep_picture("commands-running").await;
    browser.click("#history > li:first-child form button").await;
    browser.wait_until("its end", &says(1, "Stopped")).await;
    browser.all_is_well("a stopped command").await;

    // What was run before comes back by the arrows, and by its buttons.
    browser.click("#cmd").await;
    browser.press("\u{e013}\u{e013}").await;
    browser.wait_until("the one before", "return document.getElementById('cmd').value === 'echo 한글; exit 3'").await;
    browser.click("#history > li:nth-child(3) [data-act=edit]").await;
    let edited = "return document.getElementById('cmd').value.startsWith(\"echo '<img\")";
    browser.wait_until("the text to be edited", edited).await;
    browser.click("#history > li:nth-child(3) [data-act=again]").await;
    browser.wait_until("the same again", "return document.querySelectorAll('#history > li').length === 4").await;
    browser.wait_until("its end", &says(1, "exit 0")).await;
    browser.click("#history > li:first-child [data-act=save]").await;
    browser.type_into("#save-name", "my <b>command</b>").await;
    browser.all_is_well("the name of a command").await;
    browser.press("\u{e007}").await;
    browser
        .wait_until(
            "a saved command",
            "return document.querySelector('[data-saved]')?.options[1].text === 'my <b>command</b>'",
        )
        .await;

    browser.driver.goto(format!("{base}/servers/web-1/terminal/commands?show=failed")).await.unwrap();
    browser.wait_until("the failed ones", "return document.querySelectorAll('#history > li').length === 2").await;
    browser.driver.goto(format!("{base}/servers/web-1/terminal/commands")).await.unwrap();
    browser.type_into(".toolbar input[name=q]", "tick").await;
    browser.wait_until("the one that ticks", "return document.querySelectorAll('#history > li').length === 1").await;
    browser.wait_until("the one that ticks", &says(1, "Stopped")).await;
    browser.all_is_well("a filtered history").await;
    browser.type_into(".toolbar input[name=q]", " tock").await;
    browser.wait_until("nothing", &says(1, "Nothing matches")).await;
    browser.driver.goto(format!("{base}/servers/web-1/terminal/commands")).await.unwrap();
    for (look, window, dark) in [("dark", Window::Desk, true), ("390", Window::Phone, false)] {
        browser.look(window, dark).await;
        browser.all_is_well(look).await;
        browser.keep_picture(&format!("commands-{look}")).await;
    }
    browser.quit().await;
}
