//! A terminal lives in the process that opened it, and requests may come to another one.

use hannun::models::actor::{Role, Scope};
use hannun::models::ids::TerminalId;
use hannun::models::terminals::Terminal;

use super::browser::{shows, type_in};
use super::{Stage, open};
use crate::browser::people::sign_in;
use crate::harness::browser::{Browser, Window};
use crate::harness::relay::Relay;

const LOST: &str = "return document.querySelector('terminal-view [data-note]').textContent.includes('Another process')";

fn port(origin: &str) -> u16 {
    origin.rsplit(':').next().unwrap().parse().unwrap()
}

#[actix_web::test]
async fn a_page_that_comes_to_another_process_says_so_and_finds_its_shell_again() {
    let test = "a_page_that_comes_to_another_process_says_so_and_finds_its_shell_again";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(stage) = Stage::set(test).await else { return };
    let (first, second) = (port(&stage.origin), port(&stage.app.listen_as_another_process()));
    stage.app.user("jiwon", Role::Operator, Scope::All).await;
    let proxy = Relay::to(first).await;
    let origin = format!("http://127.0.0.1:{}", proxy.port);
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &origin, "jiwon").await;
    browser.driver.goto(format!("{origin}/servers/web-1/terminal")).await.unwrap();
    browser.click(".term-open button").await;
    browser.wait_until("the prompt", &shows("> ")).await;
    type_in(&browser, "mark=kept; echo re''ady\n").await;
    browser.wait_until("an answer", &shows("\nready")).await;

    // The line is cut, and what comes next comes to the other process; also what is loaded anew.
    proxy.lead_to(second);
    proxy.cut();
    browser.wait_until("what is the matter", LOST).await;
    browser.driver.refresh().await.unwrap();
    browser.wait_until("what is the matter, anew", LOST).await;
    browser.all_is_well("a terminal in another process").await;
    browser.keep_picture("terminal-elsewhere").await;

    // What other processes hold counts: with four more there, none is opened here.
    let operator = stage.operator().await;
    for _ in 0..4 {
        open(&operator).await;
    }
    browser.click(".term-open button").await;
    let full = "return document.getElementById('toasts').textContent.includes('You have 5 terminals open')";
    browser.wait_until("the limit of a person", full).await;

    proxy.lead_to(first);
    proxy.cut();
    let view = "terminal-view[data-state=open]";
    browser.wait_until("the line", &format!("return Boolean(document.querySelector('{view}'))")).await;
    browser.click("[role=tab]:first-child").await;
    type_in(&browser, "echo $mark-\n").await;
    browser.wait_until("the same shell", &shows("\nkept-")).await;
    browser.quit().await;
}

#[actix_web::test]
async fn a_terminal_is_ended_through_another_process_too() {
    let test = "a_terminal_is_ended_through_another_process_too";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(stage) = Stage::set(test).await else { return };
    let shell = open(&stage.operator().await).await;
    let other = stage.app.listen_as_another_process();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &other, "jiwon").await;
    browser.driver.goto(format!("{other}/servers/web-1/terminal")).await.unwrap();
    browser.wait_until("what is the matter", LOST).await;
    browser.click("terminal-view [data-act=end]").await;
    let over = "return document.querySelector('terminal-view [data-note]').textContent.includes('ended by jiwon')";
    browser.wait_until("its end", over).await;
    let id = TerminalId(shell.id);
    let row = stage.app.app.db.run(move |connection| Terminal::by_id(connection, id)).await.unwrap();
    assert!(row.ended_at.is_some());
    browser.quit().await;
}
