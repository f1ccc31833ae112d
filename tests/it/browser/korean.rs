//! The screens about what runs on a server and who may come in, as they are read in Korean.

use super::scene;
use crate::harness::hosts::TestHost;

/// Each page, what is there once it is whole, and a word that it must say.
const PAGES: [(&str, &str, &str, &str); 8] = [
    ("services", ".service-table tbody .key", "ko-services", "서비스"),
    ("services?unit=cron.service", "#drawer .kv", "ko-service", "마지막 줄들입니다"),
    ("services?show=timers", ".service-table tbody .key", "ko-timers", "타이머"),
    ("logs", ".log-table tbody tr", "ko-logs", "따라가기"),
    ("cron?tab=user:deploy&line=2", "#mail", "ko-cron", "메일로 보냅니다"),
    ("accounts?user=deploy", ".account-key", "ko-accounts", "사용자"),
    ("power", "#boot .facts", "ko-power", "다시 시작"),
    ("power/requests/new?deed=restart", "#power-form", "ko-restart", "web-1"),
];

#[actix_web::test]
async fn services_logs_cron_accounts_and_power_are_read_in_korean() {
    let test = "services_logs_cron_accounts_and_power_are_read_in_korean";
    // Written as it is: `crontab` would put lines of its own before them.
    let prepare = "cd /var/spool/cron/crontabs; printf 'MAILTO=ops@example.org\\n*/5 * * * * /usr/bin/true\\n' >deploy; chown deploy:crontab deploy; chmod 600 deploy";
    let Some((browser, _system, _app, base)) = scene(test, prepare, TestHost::root).await else { return };
    browser.speak("ko").await;
    for (path, whole, name, word) in PAGES {
        browser.driver.goto(format!("{base}/servers/web-1/{path}")).await.unwrap();
        let there = format!(
            "return document.documentElement.lang === 'ko' && !!document.querySelector({whole:?}) && document.querySelector('main').textContent.includes({word:?})"
        );
        browser.wait_until(name, &there).await;
        browser.in_every_look(name).await;
    }
    browser.quit().await;
}
