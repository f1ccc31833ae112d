//! Much output: it passes, it holds up nobody, and it takes no more memory than its buffers (T01, T04).

use std::time::Duration;

use hannun::models::ids::TerminalId;
use hannun::models::terminals::Recording;
use hannun::terminals::live::WINDOW;
use hannun::terminals::recording::LIMIT;

use super::browser::{at_the_page, shows, type_in};
use super::{PATIENCE, Stage, open};
use crate::harness::alone::{alone, forget_peak, peak, resident};
use crate::harness::ssh::{eventually, eventually_within};

const MIB: usize = 1 << 20;

#[actix_web::test]
async fn sec_t01_fifty_megabytes_pass_through_a_page_that_goes_on_answering() {
    let test = "sec_t01_fifty_megabytes_pass_through_a_page_that_goes_on_answering";
    let Some((browser, stage)) = at_the_page(test).await else { return };
    for count in 1..=2 {
        browser.click(".term-open button").await;
        let tabs = format!("return document.querySelectorAll('[role=tab]').length === {count}");
        browser.wait_until("another tab", &tabs).await;
        browser.wait_until("its prompt", &shows("> ")).await;
    }
    let id = "return document.querySelector('terminal-view:not([hidden])').id.replace('term-', '')";
    browser.click("[role=tab]:first-child").await;
    let id: String = browser.driver.execute(id, vec![]).await.unwrap().convert().unwrap();
    let live = stage.app.app.terminals.find(TerminalId(id.parse().unwrap())).unwrap();
    type_in(&browser, "yes 0123456789abcdef | head -c 50000000; echo the e''nd\n").await;
    eventually("the flood", || live.shown_bytes() > 1_000_000).await;

    // Meanwhile the other one is clicked, typed into, and answers.
    browser.click("[role=tab]:nth-child(2)").await;
    type_in(&browser, "echo answ''ered\n").await;
    browser.wait_until("an answer beside the flood", &shows("\nanswered")).await;
    let meanwhile = live.shown_bytes();
    assert!(meanwhile < 50_000_000, "it was answered when all had passed: {meanwhile}");

    browser.click("[role=tab]:first-child").await;
    let end = "const { buffer } = document.querySelector('terminal-view:not([hidden])').term, lines = [];
        for (let at = Math.max(0, buffer.active.length - 60); at < buffer.active.length; at++) lines.push(buffer.active.getLine(at).translateToString(true));
        return lines.join('\\n').includes('the end');";
    browser.wait_within(Duration::from_mins(5), "what comes after it", end).await;
    assert!(live.shown_bytes() > 50_000_000, "{}", live.shown_bytes());
    let kept = "const { term } = document.querySelector('terminal-view:not([hidden])'); return term.buffer.active.length <= 10000 + term.rows";
    browser.wait_until("no more lines than are kept", kept).await;
    type_in(&browser, "echo st''ill\n").await;
    browser.wait_until("the shell goes on", &shows("\nstill")).await;
    browser.all_is_well("after the flood").await;
    browser.quit().await;
}

#[actix_web::test]
async fn sec_t01_a_browser_that_takes_nothing_of_a_gigabyte_costs_less_than_eight_mebibytes() {
    let test = "terminals::flood::sec_t01_a_browser_that_takes_nothing_of_a_gigabyte_costs_less_than_eight_mebibytes";
    if alone(test).is_some() {
        return;
    }
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let (shell, other) = (open(&operator).await, open(&operator).await);
    let (mut looker, mut beside) = (stage.look(&operator, &shell).await, stage.look(&operator, &other).await);
    looker.until("> ").await;
    beside.until("> ").await;
    // What is needed once for any output.
    looker.type_in("yes 0123456789abcdef | head -c 200000; echo re''ady\r").await;
    looker.until("ready").await;
    let live = stage.app.app.terminals.find(TerminalId(shell.id)).unwrap();
    let (before, so_far) = (resident(), live.shown_bytes());
    forget_peak();
    looker.type_in("yes 0123456789abcdef | head -c 1073741824\r").await;
    let full = looker.taken() + WINDOW;
    eventually_within(PATIENCE, "a full window", || live.shown_bytes() >= full).await;
    beside.type_in("echo answ''ered\r").await;
    beside.until("answered").await;
    let shown = live.shown_bytes();
    assert!(shown - so_far < 8 * MIB as u64, "{shown}: it was read on, while another terminal answered");
    let grown = peak().saturating_sub(before);
    assert!(grown < 8 * MIB, "grew by {grown}");
}

#[actix_web::test]
async fn sec_t04_a_recording_ends_at_fifty_mebibytes_is_marked_and_the_terminal_goes_on() {
    let test = "sec_t04_a_recording_ends_at_fifty_mebibytes_is_marked_and_the_terminal_goes_on";
    let Some(stage) = Stage::set(test).await else { return };
    let operator = stage.operator().await;
    let shell = open(&operator).await;
    let live = stage.app.app.terminals.find(TerminalId(shell.id)).unwrap();
    live.type_in(bytes::Bytes::from_static(b"yes 0123456789abcdef | head -c 55000000\r"));
    eventually_within(Duration::from_mins(2), "all of it", || live.shown_bytes() >= 55_000_000).await;
    let mut looker = stage.look(&operator, &shell).await;
    looker.type_in("echo st''ill\r").await;
    looker.until("still\r\n").await;
    looker.type_in("exit\r").await;
    looker.end().await;
    let row = stage.row(shell.id).await;
    assert_eq!(row.recording, Recording::Cut);
    let recorded = usize::try_from(row.recorded_bytes).unwrap();
    assert!((LIMIT - MIB..=LIMIT).contains(&recorded), "{recorded}");
    let administrator = stage.app.administrator().await;
    let page = administrator.get("/servers/web-1/terminal/recordings").await.ok();
    assert!(page.text("tbody tr").contains("its beginning"), "{}", page.text("tbody tr"));
}
