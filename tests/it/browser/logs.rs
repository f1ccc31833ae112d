//! A person searches the journal, looks at what stands around a line, takes the selection away, and follows it over a cut.

use hannun::models::actor::{Role, Scope};

use super::people::sign_in;
use super::scene;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::relay::Relay;

const ENTER: &str = "\u{e007}";
/// The lines of the table, one below the other, are these.
fn lines_are(lines: &[&str]) -> String {
    let cells = "[...document.querySelectorAll('.log-table td.wrap')]";
    format!("return {cells}.map((cell) => cell.textContent).join('\\n') === {:?}", lines.join("\n"))
}

/// The numbers that the followed log shows, in their order.
async fn numbers(browser: &Browser) -> Vec<u32> {
    let script = "return [...document.querySelector('file-tail .log').textContent.matchAll(/number (\\d+)/g)].map((found) => Number(found[1]))";
    browser.driver.execute(script, vec![]).await.unwrap().convert().unwrap()
}

#[actix_web::test]
async fn a_person_searches_the_journal_looks_around_a_line_and_takes_the_selection_away() {
    let test = "a_person_searches_the_journal_looks_around_a_line_and_takes_the_selection_away";
    let Some((browser, system, _app, base)) = scene(test, ":", TestHost::root).await else { return };
    system.journal("shop", "info", "cart filled\\n");
    system.journal("shop", "err", "payment <img src=x onerror=alert(1)> refused\\n");
    system.journal("shop", "info", "cart left\\n");
    browser.driver.goto(format!("{base}/servers/web-1")).await.unwrap();
    browser.press("gj").await;
    browser.wait_until("the journal", "return !!document.querySelector('.log-table tbody tr')").await;
    browser.in_every_look("logs").await;

    browser.press("/").await;
    browser.press("PAYMENT <img").await;
    browser.press(ENTER).await;
    let hit = "error payment <img src=x onerror=alert(1)> refused";
    browser.wait_until("the line", &lines_are(&[hit])).await;
    browser.in_every_look("logs-found").await;
    browser.driver.execute(
        "fetch(document.querySelector('a[download]').href).then((answer) => answer.text()).then((text) => { window.taken = text })",
        vec![],
    )
    .await
    .unwrap();
    browser.wait_until("the text", "return !!window.taken").await;
    let taken: String = browser.driver.execute("return window.taken", vec![]).await.unwrap().convert().unwrap();
    assert!(taken.lines().count() == 1 && taken.contains("payment <img src=x onerror=alert(1)> refused"), "{taken}");

    browser.click(".log-table td a").await;
    browser.wait_until("what stands around it", "return !!document.querySelector('tr#hit')").await;
    let beside =
        "const hit = document.querySelector('tr#hit'), text = (row) => row.querySelector('td.wrap').textContent;
        return text(hit.previousElementSibling) === 'cart filled' && text(hit.nextElementSibling) === 'cart left'";
    browser.wait_until("its neighbours", beside).await;
    browser.in_every_look("logs-around").await;

    system.run("head -c 5000 /dev/urandom >/var/log/odd.bin; printf 'only line' >/var/log/short.log");
    for (file, name, shown) in [("odd.bin", "logs-binary", "This is no text"), ("short.log", "logs-file", "only line")]
    {
        browser.driver.goto(format!("{base}/servers/web-1/logs?path=/var/log/{file}")).await.unwrap();
        let there = format!("return document.querySelector('#log').textContent.includes('{shown}')");
        browser.wait_until(name, &there).await;
        browser.in_every_look(name).await;
    }
    browser.quit().await;
}

#[actix_web::test]
async fn whoever_follows_a_log_in_the_browser_loses_nothing_and_sees_nothing_twice_over_a_cut() {
    let test = "whoever_follows_a_log_in_the_browser_loses_nothing_and_sees_nothing_twice_over_a_cut";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.journal("shop", "info", "number 0\\n");
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.root()).await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let port = app.listen().rsplit(':').next().unwrap().parse().unwrap();
    let cable = Relay::to(port).await;
    let base = format!("http://127.0.0.1:{}", cable.port);
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1/logs?q=number&follow=1")).await.unwrap();
    let says =
        |words: &str| format!("return document.querySelector('file-tail .log')?.textContent.includes({words:?})");
    browser.wait_until("the first line", &says("number 0\n")).await;
    let number = |from: u32, to: u32| system.journal_numbers("shop", from, to);
    number(1, 50);
    browser.wait_until("what is written", &says("number 50\n")).await;
    cable.cut();
    number(51, 200);
    browser.wait_until("that it was cut off", &says("Updates stopped")).await;
    number(201, 250);
    browser.wait_until("what was written meanwhile", &says("number 250\n")).await;
    // A tab that nobody sees closes its stream, and goes on where it was.
    let seen = |hidden: bool| {
        format!(
            "Object.defineProperty(document, 'hidden', {{ value: {hidden}, configurable: true }}); document.dispatchEvent(new Event('visibilitychange'))"
        )
    };
    browser.driver.execute(&seen(true), vec![]).await.unwrap();
    number(251, 300);
    browser.driver.execute(&seen(false), vec![]).await.unwrap();
    number(301, 310);
    browser.wait_until("the last of them", &says("number 310\n")).await;
    assert_eq!(numbers(&browser).await, (0..=310).collect::<Vec<u32>>());
    browser.in_every_look("logs-follow").await;
    browser.quit().await;
}
