//! Every screen, light, dark and on a phone: nothing refused by the policy, no error in a script, no sideways scrolling.
//!
//! With `HANNUN_SCREENSHOTS` set to a folder, the pictures are kept there (`script/screenshots`), and with
//! `HANNUN_SCREENSHOTS_AFTER` they are taken that many seconds later, when the charts have something to show.

use std::path::PathBuf;
use std::time::Duration;

use super::set_up;
use crate::harness::browser::{Browser, Window};
use crate::harness::running::Running;

/// Path and file name of every screen that can be opened by its address.
const SCREENS: &[(&str, &str)] = &[
    ("/", "fleet"),
    ("/servers/this-machine", "overview"),
    ("/servers/this-machine/cpu", "cpu"),
    ("/servers/this-machine/memory", "memory"),
    ("/servers/this-machine/disks", "disks"),
    ("/servers/this-machine/processes", "processes"),
    ("/servers/this-machine/processes?pid=1&view=tree", "processes-drawer"),
    ("/servers/this-machine/sockets", "sockets"),
    ("/servers/this-machine/sockets?show=connections", "connections"),
    ("/servers/this-machine/checks", "checks"),
    ("/servers/this-machine/capabilities", "capabilities"),
    ("/admin", "admin"),
    ("/admin/servers", "admin-servers"),
    ("/admin/servers/new", "admin-server-new"),
    ("/admin/servers/1", "admin-server"),
    ("/admin/servers/1/history", "admin-server-history"),
    ("/admin/servers/1/delete", "admin-server-delete"),
    ("/admin/groups", "admin-groups"),
    ("/admin/credentials", "admin-credentials"),
    ("/admin/credentials/new", "admin-credential-new"),
    ("/admin/users", "admin-users"),
    ("/admin/users/new", "admin-user-new"),
    ("/admin/commands", "admin-commands"),
    ("/admin/commands/new", "admin-command-new"),
    ("/admin/checks", "admin-checks"),
    ("/admin/checks/new", "admin-check-new"),
    ("/admin/audit-events", "admin-audit-events"),
    ("/account", "account"),
    ("/no-such-page", "not-found"),
];

#[tokio::test]
async fn sec_w04_every_screen_shows_in_both_themes_and_on_a_phone_without_a_refusal() {
    let test = "sec_w04_every_screen_shows_in_both_themes_and_on_a_phone_without_a_refusal";
    let (Some(hannun), Some(browser)) = (Running::demo(test), Browser::start(test).await) else { return };
    browser.look(Window::Desk, false).await;
    set_up(&browser, &hannun).await;
    let value = "return [...document.querySelectorAll('main')].some(m => /\\d+ %/.test(m.textContent))";
    browser.wait_until("the first values of this machine", value).await;
    let folder = std::env::var_os("HANNUN_SCREENSHOTS").map(PathBuf::from);
    let later = std::env::var("HANNUN_SCREENSHOTS_AFTER").ok().and_then(|text| text.parse().ok());
    tokio::time::sleep(Duration::from_secs(later.unwrap_or_default())).await;
    let mut problems = Vec::new();
    for (window, dark, look) in
        [(Window::Desk, false, "light"), (Window::Desk, true, "dark"), (Window::Phone, false, "390")]
    {
        browser.look(window, dark).await;
        for (path, name) in SCREENS {
            browser.driver.goto(format!("{}{path}", hannun.origin)).await.unwrap();
            browser.wait_until("the page", "return document.readyState === 'complete'").await;
            problems.extend(browser.problems().await.into_iter().map(|problem| format!("{path} {look}: {problem}")));
            problems.extend(browser.barriers().await.into_iter().map(|barrier| format!("{path} {look}: {barrier}")));
            let overflow = browser.overflow().await;
            if overflow > 0 {
                problems.push(format!("{path} {look}: scrolls sideways by {overflow} pixels"));
            }
            if let Some(folder) = &folder {
                browser.settle().await;
                browser.driver.screenshot(&folder.join(format!("{name}-{look}.png"))).await.unwrap();
            }
        }
    }
    assert!(problems.is_empty(), "{problems:#?}");
    browser.quit().await;
    assert_eq!(hannun.stop(), Some(0), "it ends well when it is told to");
}
