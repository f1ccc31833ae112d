//! A person looks for a process, opens it, and ends it; the list renews itself meanwhile and nothing gets lost.

use hannun::models::actor::{Role, Scope};

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::known;
use crate::harness::ssh::{ask, pool};
use crate::harness::sshd::Setup;

const ESCAPE: &str = "\u{e00c}";
const ENTER: &str = "\u{e007}";

#[actix_web::test]
async fn a_person_finds_opens_and_ends_a_process_while_the_list_renews_itself() {
    let test = "a_person_finds_opens_and_ends_a_process_while_the_list_renews_itself";
    let (Some(sshd), Some(browser)) = (Setup::default().start(test), Browser::start(test).await) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &sshd.endpoint()).await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let odd = "sh -c 'sleep 1000; :' hannun-odd '<img src=x onerror=alert(1)>'";
    let script = format!("for n in 1 2 3; do setsid {odd} </dev/null >/dev/null 2>&1 & echo $!; done");
    let started = String::from_utf8(pool().run(&sshd.endpoint(), ask(&script)).await.unwrap().stdout).unwrap();
    let pid: u32 = started.lines().nth(1).unwrap().parse().unwrap();
    let base = app.listen();
    browser.look(Window::Desk, false).await;
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1")).await.unwrap();
    browser.press("gp").await;
    browser.wait_until("the list", "return !!document.querySelector('#process-rows tr')").await;

    browser.press("/").await;
    browser.press("hannun-odd").await;
    browser
        .wait_until("three of them", "return document.querySelectorAll('#process-rows tr').length === 3 && location.search.includes('q=hannun-odd')")
        .await;
    assert!(browser.text(&format!("#p-{pid} td.mono")).await.contains("<img src=x"));
    browser.driver.execute(&format!("document.getElementById('k-{pid}').focus()"), vec![]).await.unwrap();
    browser.press(ENTER).await;
    let open = format!(
        "return document.querySelector('#drawer-title')?.textContent.includes('{pid}') && document.activeElement.id === 'drawer'"
    );
    browser.wait_until("the process with the focus", &open).await;
    assert_eq!(browser.path().await, "/servers/web-1/processes");
    browser.keep_picture("process-drawer").await;

    // The list renews itself: the row stays chosen, the filter filled, the drawer open.
    browser.driver.execute("window.before = document.querySelector('#processes')", vec![]).await.unwrap();
    let renewed = format!(
        "return document.querySelector('#processes') !== window.before && document.querySelector('[aria-selected=true]')?.id === 'p-{pid}' && document.querySelector('#process-filter [name=q]').value === 'hannun-odd' && !!document.querySelector('row-drawer')"
    );
    browser.wait_until("a renewed list with the same row chosen", &renewed).await;
    browser.all_is_well("a process beside the list").await;

    // A page that is loaded again, from its address alone, shows the same.
    browser.driver.refresh().await.unwrap();
    let same = format!(
        "return document.querySelector('#drawer-title')?.textContent.includes('{pid}') && document.querySelectorAll('#process-rows tr').length === 3"
    );
    browser.wait_until("the same after a reload", &same).await;

    browser.press(ESCAPE).await;
    let closed = "return !document.querySelector('row-drawer') && !location.search.includes('pid=')";
    browser.wait_until("a closed drawer", closed).await;
    browser.click(&format!("#k-{pid}")).await;
    browser.wait_until("the process again", &open).await;
    browser.click("#drawer [commandfor=signal]").await;
    browser.wait_until("the dialog", "return document.querySelector('#signal').open").await;
    browser.click("#signal input[value=KILL]").await;
    assert_eq!(browser.text("#signal .cmdline").await, format!("kill -s KILL {pid}"));
    assert_eq!(browser.text("#signal [type=submit]").await, "Send KILL");
    browser.keep_picture("process-signal").await;
    browser.click("#signal [type=submit]").await;
    browser
        .wait_until("what became of it", "return document.querySelector('.toast')?.textContent.includes('it ended')")
        .await;
    let gone = format!(
        "return document.querySelector('#drawer .empty') && !document.getElementById('p-{pid}') ? true : false"
    );
    browser.wait_until("the end of it in the drawer and in the list", &gone).await;
    browser.all_is_well("after a signal").await;

    browser.click("[aria-label='Pause the list']").await;
    browser.wait_until("a paused list", "return location.search.includes('paused=true') && !document.querySelector('#processes [hx-trigger*=every]')").await;
    browser.look(Window::Phone, true).await;
    browser.all_is_well("the list on a phone").await;
    browser.keep_picture("processes-390").await;
    browser.quit().await;
    drop(pool().run(&sshd.endpoint(), ask("pkill -f hannun-odd; true")).await);
}
