//! A person finds a line of a crontab, looks at it, switches it off, and adds another.

use super::scene;
use crate::harness::browser::Window;
use crate::harness::hosts::TestHost;
use crate::harness::known;

#[actix_web::test]
async fn a_person_switches_a_line_off_and_adds_another() {
    let test = "a_person_switches_a_line_off_and_adds_another";
    let zone = "ln -sf /usr/share/zoneinfo/Asia/Seoul /etc/localtime";
    let Some((browser, system, app, base)) = scene(test, zone, TestHost::deploy).await else { return };
    system.run("printf '# nightly\\nMAILTO=ops@example.org\\nPATH=/usr/local/bin:/usr/bin:/bin\\n50 8 * * 1-5 /usr/local/bin/report --to team@example.org\\n*/5 * * * * /usr/bin/true # <img src=x onerror=alert(1)>\\n0 0 30 2 * /bin/never\\n61 * * * * /bin/bad\\n#hannun-off: 30 4 1,15 * 5 /usr/local/bin/archive\\n' >/var/spool/cron/crontabs/deploy; chown deploy:crontab /var/spool/cron/crontabs/deploy; chmod 600 /var/spool/cron/crontabs/deploy");
    system.run("printf '0 1 * * * root /bin/x\\n' >/etc/cron.d/backup.sh");
    known::add(&app, "web-2", &system.plain()).await;
    let lines = "return document.querySelectorAll('.cron-table a.key').length > 5";
    for (path, name) in
        [("web-1/cron", "cron"), ("web-1/cron?tab=user:deploy&line=4", "cron-line"), ("web-2/cron", "cron-not-root")]
    {
        browser.driver.goto(format!("{base}/servers/{path}")).await.unwrap();
        let wanted = if name == "cron-not-root" { "return !!document.querySelector('#cron .notice')" } else { lines };
        browser.wait_until("the lines", wanted).await;
        browser.in_every_look(name).await;
    }
    browser.look(Window::Desk, false).await;
    browser.driver.goto(format!("{base}/servers/web-1/cron?tab=user:deploy&line=4")).await.unwrap();
    browser.wait_until("the line", "return !!document.querySelector('#drawer a[href*=\"deed=off\"]')").await;
    browser.click("#drawer a[href*='deed=off']").await;
    browser.wait_until("what changes", "return document.querySelectorAll('.diff p').length > 1").await;
    browser.in_every_look("cron-off").await;
    browser.click("#edit button[name=confirmed]").await;
    // The bad line stands in the way of crontab itself: it says so.
    browser.wait_until("its words", "return document.body.textContent.includes('bad minute')").await;
    assert!(system.run("cat /var/spool/cron/crontabs/deploy").contains("\n50 8"), "nothing was changed");
    browser.driver.goto(format!("{base}/servers/web-1/cron/editor?deed=delete&tab=user:deploy&line=7")).await.unwrap();
    browser.click("#edit button[name=confirmed]").await;
    browser.wait_until("the lines", lines).await;
    assert!(!system.run("crontab -l -u deploy").contains("/bin/bad"));
    browser.driver.goto(format!("{base}/servers/web-1/cron/editor?deed=add&tab=user:deploy")).await.unwrap();
    browser.type_into("#time", "*/10 9-17 * * 1-5").await;
    browser.type_into("#command", "/usr/local/bin/poll").await;
    browser.click("#edit button.btn[type=submit]").await;
    browser.wait_until("what it means", "return !!document.querySelector('#meaning')").await;
    browser.in_every_look("cron-add").await;
    browser.click("#edit button[name=confirmed]").await;
    browser.wait_until("the lines", lines).await;
    assert!(system.run("crontab -l -u deploy").ends_with("*/10 9-17 * * 1-5 /usr/local/bin/poll\n"));
    browser.driver.goto(format!("{base}/servers/web-1/cron/versions?tab=user:deploy")).await.unwrap();
    browser.wait_until("its versions", "return document.querySelectorAll('#versions tbody tr').length === 2").await;
    browser.all_is_well("versions").await;
    browser.keep_picture("cron-versions-light").await;
    browser.quit().await;
}
