//! A person asks whether a port is open, shuts hannun out by mistake, and sees the server let it in again.

use std::time::Duration;

use chrono::TimeDelta;
use hannun::models::actor::{Role, Scope};

use super::people::sign_in;
use crate::harness::app::TestApp;
use crate::harness::browser::{Browser, Window};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

const LOOKS: [(&str, Window, bool); 3] =
    [("light", Window::Desk, false), ("dark", Window::Desk, true), ("390", Window::Phone, false)];

#[actix_web::test]
async fn whoever_shuts_hannun_out_by_mistake_sees_it_undone() {
    let test = "whoever_shuts_hannun_out_by_mistake_sees_it_undone";
    let Some(browser) = Browser::start(test).await else { return };
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("ufw allow 22/tcp >/dev/null && ufw allow from 10.0.0.0/8 to any port 5432 proto tcp comment '<img src=x onerror=alert(1)>' >/dev/null && ufw --force enable >/dev/null");
    let app = TestApp::with_config(|config| config.remote.connect_timeout = Duration::from_secs(3)).await;
    known::add(&app, "web-1", &system.deploy()).await;
    known::add(&app, "web-2", &system.plain()).await;
    app.user("jiwon", Role::Operator, Scope::All).await;
    let base = app.listen();
    sign_in(&browser, &base, "jiwon").await;
    browser.driver.goto(format!("{base}/servers/web-1/firewall")).await.unwrap();
    browser.wait_until("the rules", "return !!document.querySelector('table.rules')").await;
    browser.type_into("input[name=port]", "5432").await;
    browser.click(".ask-form button").await;
    browser.wait_within(Duration::from_secs(20), "the answer", "return !!document.querySelector('.verdict')").await;
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.all_is_well("firewall").await;
        browser.keep_picture(&format!("firewall-{look}")).await;
    }
    for path in ["firewall", "firewall/rules/new"] {
        browser.driver.goto(format!("{base}/servers/web-2/{path}")).await.unwrap();
        browser.wait_until("why no rule can be added", "return !!document.querySelector('.empty p')").await;
        for (look, window, dark) in LOOKS {
            browser.look(window, dark).await;
            browser.all_is_well("where no rule can be added").await;
            browser.keep_picture(&format!("{}-unsupported-{look}", path.replace('/', "-"))).await;
        }
    }
    browser.look(Window::Desk, false).await;
    let form = "/servers/web-1/firewall/rules/new?action=deny&protocol=tcp&port=22";
    browser.driver.goto(format!("{base}{form}")).await.unwrap();
    assert!(browser.text("#make .cmdline").await.contains("ufw prepend deny proto tcp from any to any port 22"));
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.all_is_well("a new rule").await;
        browser.keep_picture(&format!("firewall-rule-{look}")).await;
    }
    browser.look(Window::Desk, false).await;
    browser.click("#make button[type=submit]").await;
    let waits = "return document.querySelector('#firewall-change')?.textContent.includes('undoes itself in')";
    browser.wait_within(Duration::from_mins(1), "the change that waits", waits).await;
    assert!(system.run("ufw status").contains("DENY"));
    for (look, window, dark) in LOOKS {
        browser.look(window, dark).await;
        browser.all_is_well("a change that waits").await;
        browser.keep_picture(&format!("firewall-armed-{look}")).await;
    }
    browser.look(Window::Desk, false).await;
    let blocks = "[...document.querySelectorAll('table.rules td:first-child')].some(cell => cell.textContent.startsWith('deny'))";
    browser.wait_until("the rule among the others", &format!("return {blocks}")).await;
    let choose = "document.querySelector('#keep-change').focus(); document.querySelector('#firewall-change').dataset.old = 'yes'; return true";
    browser.wait_until("a chosen button", choose).await;
    let renewed = "return !document.querySelector('#firewall-change').dataset.old && document.activeElement?.id === 'keep-change'";
    browser.wait_until("the button still chosen while the seconds run", renewed).await;
    system.run("/bin/sh /run/hannun-firewall/current/undo now");
    assert!(!system.run("ufw status").contains("DENY"));
    app.advance(TimeDelta::seconds(90));
    let undone = "return document.querySelector('#firewall-change')?.textContent.includes('was undone')";
    browser.wait_within(Duration::from_mins(1), "its end", undone).await;
    browser.wait_until("the rules as they are now", &format!("return !{blocks}")).await;
    browser.all_is_well("after a change").await;
    browser.keep_picture("firewall-undone-light").await;
    browser.quit().await;
}
