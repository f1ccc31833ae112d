//! Logs as people read them, on real servers: the journal, files, what is added to both, and what may not be read.

use std::time::Duration;

use actix_web::http::Method;
use hannun::models::actor::Role;
use tokio::sync::Notify;
use tokio::time::timeout;

use super::processes::audit;
use crate::api::program::program;
use crate::harness::app::{TO_THE_END, TestApp};
use crate::harness::client::Client;
use crate::harness::events::follow;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;
use crate::harness::ssh::eventually;

async fn scene(test: &str) -> Option<(TestApp, TestHost)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.root()).await;
    known::add(&app, "web-2", &system.plain()).await;
    Some((app, system))
}

async fn part(client: &Client, path: &str) -> Page {
    client.region(path, "log").await
}

/// Whether somebody follows the journal there.
fn is_followed(system: &TestHost) -> bool {
    system.run("ps -eo args").contains("journalctl -q --no-pager -o json -f")
}

fn texts(page: &Page) -> Vec<String> {
    page.texts(".log-table td.wrap")
}

#[actix_web::test]
async fn the_journal_is_filtered_and_searched_on_the_server() {
    let Some((app, system)) = scene("the_journal_is_filtered_and_searched_on_the_server").await else { return };
    system.journal("shop", "err", "payment a.b refused\\npayment axb refused\\n");
    system.journal("shop", "info", "payment taken\\n");
    let admin = app.administrator().await;
    let page = part(&admin, "/servers/web-1/logs?q=payment").await;
    assert_eq!(texts(&page).len(), 3, "{:?}", texts(&page));
    let page = part(&admin, "/servers/web-1/logs?q=A.B+ref").await;
    assert_eq!(texts(&page), ["error payment a.b refused"], "a text is itself, capital or small");
    let page = part(&admin, "/servers/web-1/logs?q=a.b+ref&pattern=1").await;
    assert_eq!(texts(&page).len(), 2);
    let page = part(&admin, "/servers/web-1/logs?q=payment&priority=err").await;
    assert_eq!(texts(&page).len(), 2);
    let page = part(&admin, "/servers/web-1/logs?q=payment&until=2020-01-01T00:00").await;
    assert!(page.has("#log .empty"), "{}", page.text("#log"));
    let page = part(&admin, "/servers/web-1/logs?q=payment&since=2099-01-01T00:00").await;
    assert!(page.has("#log .empty"), "{}", page.text("#log"));
    let page = part(&admin, "/servers/web-1/logs?q=payment&since=2020-01-01T00:00").await;
    assert_eq!(texts(&page).len(), 3);
    let boot = system.run("journalctl -q --no-pager -n 1 -o export | sed -n 's/^_BOOT_ID=//p'");
    let page = part(&admin, &format!("/servers/web-1/logs?q=payment&boot={}", boot.trim())).await;
    assert_eq!(texts(&page).len(), 3, "since this start of the server");
    let page = part(&admin, "/servers/web-1/logs?q=payment&boot=0123456789abcdef0123456789abcdef").await;
    assert!(page.has("#log") && texts(&page).is_empty(), "{}", page.text("#log"));
    let page = part(&admin, "/servers/web-1/logs?unit=ssh.service").await;
    assert!(texts(&page).iter().any(|line| line.contains("Server listening")), "{:?}", texts(&page));
    let broken = part(&admin, "/servers/web-1/logs?q=%28&pattern=1").await;
    assert!(broken.text("#log .fail").contains("parenthesis"), "{}", broken.text("#log"));
    let whole = admin.get("/servers/web-1/logs?since=soon&unit=a+b").await.ok();
    assert!(whole.text("#log-filter").contains("cannot be the name of a unit") && !whole.has("#log"));
}

#[actix_web::test]
async fn sec_x04_lines_of_any_bytes_are_text_and_lead_to_what_stands_around_them() {
    let test = "sec_x04_lines_of_any_bytes_are_text_and_lead_to_what_stands_around_them";
    let Some((app, system)) = scene(test).await else { return };
    system.journal("odd", "info", "before\\n\\033[2J<img src=x onerror=alert(1)>\\377\\nafter\\n");
    system.run("head -c 20000 /dev/zero | tr '\\0' x | systemd-cat -t odd; journalctl --sync");
    let admin = app.administrator().await;
    let page = part(&admin, "/servers/web-1/logs?q=onerror").await;
    let line = texts(&page).concat();
    assert!(line.contains("␛[2J<img src=x onerror=alert(1)>") && !line.contains('\u{1b}'), "{line}");
    assert!(!page.has("main img") && !page.has("#log img"));
    let around = page.attribute(".log-table td a", "href").unwrap();
    let page = part(&admin, &around).await;
    let lines = texts(&page);
    let hit = lines.iter().position(|line| line.contains("onerror")).unwrap();
    assert_eq!((lines[hit - 1].as_str(), lines[hit + 1].as_str()), ("before", "after"));
    assert!(page.text(".log-table tr.hit").contains("onerror"));
    assert!(lines.iter().all(|line| line.len() < 20_000));
}

#[actix_web::test]
async fn pages_of_the_journal_meet_without_a_gap_and_without_a_line_twice() {
    let test = "pages_of_the_journal_meet_without_a_gap_and_without_a_line_twice";
    let Some((app, system)) = scene(test).await else { return };
    system.journal_numbers("many", 1, 700);
    let admin = app.administrator().await;
    let mut path = "/servers/web-1/logs?q=number".to_owned();
    let mut seen = Vec::new();
    for _ in 0..4 {
        let page = part(&admin, &path).await;
        let mut lines: Vec<String> = texts(&page).into_iter().filter(|line| line.starts_with("number")).collect();
        lines.extend(seen);
        seen = lines;
        match page.attributes("#log .table-foot a[href*='before=']", "href").pop() {
            Some(older) => path = older,
            None => break,
        }
    }
    let expected: Vec<String> = (1..=700).map(|number| format!("number {number}")).collect();
    assert_eq!(seen, expected);
}

#[actix_web::test]
async fn a_journal_that_only_root_may_read_says_so() {
    let Some((app, system)) = scene("a_journal_that_only_root_may_read_says_so").await else { return };
    known::add(&app, "web-3", &system.deploy()).await;
    system.journal("shop", "info", "for root alone\\n");
    let admin = app.administrator().await;
    let page = part(&admin, "/servers/web-2/logs?q=root+alone").await;
    assert!(page.text("#log .notice").contains("own part of the journal"), "{}", page.text("#log"));
    assert!(page.has("#log .empty"));
    let root = part(&admin, "/servers/web-3/logs?q=root+alone&as=root").await;
    // sudo writes down what hannun asks for, the text that is searched for among it.
    assert_eq!(texts(&root).first().map(String::as_str), Some("for root alone"), "{:?}", texts(&root));
    assert!(audit(&app).await.contains(&"read_journal journal succeeded".to_owned()), "what root read is on record");
    // Where root cannot be had it is refused, and nothing is shown as if it were all.
    let refused = part(&admin, "/servers/web-2/logs?q=root+alone&as=root").await;
    assert!(refused.has("#log .fail"), "{}", refused.text("#log"));
    let viewer = app.viewer().await;
    let page = part(&viewer, "/servers/web-2/logs").await;
    assert!(page.text("#log .notice").contains("not"), "{}", page.text("#log"));
    assert_eq!(viewer.get("/servers/web-2/logs/text").await.status, 403);
}

#[actix_web::test]
async fn files_are_searched_with_their_older_selves_packed_or_not() {
    let test = "files_are_searched_with_their_older_selves_packed_or_not";
    let Some((app, system)) = scene(test).await else { return };
    system.run(
        "cd /var/log; printf 'oldest needle\\n' >shop.log.2; gzip shop.log.2; printf 'old needle\\n' >shop.log.1; xz shop.log.1
         printf 'one\\nneedle <b>\\nthree\\n\\033[31mred\\n' >shop.log; touch -d '3 days ago' shop.log.2.gz; touch -d '2 days ago' shop.log.1.xz; cp shop.log shop.log.zst",
    );
    let admin = app.administrator().await;
    let page = part(&admin, "/servers/web-1/logs?path=/var/log/shop.log&q=NEEDLE&rotated=1").await;
    assert_eq!(texts(&page), ["oldest needle", "old needle", "needle <b>"]);
    assert_eq!(page.texts(".log-file").len(), 3);
    let around = page.attributes(".log-table td a", "href").pop().unwrap();
    let page = part(&admin, &around).await;
    assert_eq!(texts(&page), ["one", "needle <b>", "three", "␛[31mred"]);
    assert!(page.text("tr.hit").contains("needle"));
    let plain = part(&admin, "/servers/web-1/logs?path=/var/log/shop.log").await;
    assert_eq!(texts(&plain).len(), 4);
    let packed = part(&admin, "/servers/web-1/logs?path=/var/log/shop.log.zst").await;
    assert!(packed.text("#log").contains("no program that unpacks"), "{}", packed.text("#log"));
    let binary = part(&admin, "/servers/web-1/logs?path=/var/log/wtmp").await;
    assert!(binary.text("#log .notice").contains("no text"), "{}", binary.text("#log"));
    let missing = part(&admin, "/servers/web-1/logs?path=/var/log/no-such").await;
    assert!(missing.text("#log .fail").contains("No such file"), "{}", missing.text("#log"));
    let folder = part(&admin, "/servers/web-1/logs?path=/var/log").await;
    assert!(folder.has("#log .notice"), "{}", folder.text("#log"));
    let whole = admin.get("/servers/web-1/logs").await.ok();
    let offered = whole.attributes("#log-filter select[name=path] option", "value");
    assert!(
        offered.contains(&"/var/log/shop.log".to_owned()) && !offered.iter().any(|path| path.contains("shop.log.")),
        "{offered:?}"
    );
}

#[actix_web::test]
async fn the_selection_is_taken_away_as_a_text() {
    let Some((app, system)) = scene("the_selection_is_taken_away_as_a_text").await else { return };
    system.journal("shop", "info", "first\\033[2J line\\nsecond line\\n");
    let admin = app.administrator().await;
    let text = admin.get("/servers/web-1/logs/text?q=line").await;
    assert_eq!(text.status, 200);
    assert!(
        text.header("content-disposition").unwrap().starts_with("attachment"),
        "{:?}",
        text.header("content-disposition")
    );
    let lines: Vec<&str> = text.body.lines().filter(|line| line.contains("shop")).collect();
    assert!(lines[0].ends_with("first\\u{1b}[2J line") && lines[1].ends_with("second line"), "{lines:?}");
    let file = admin.get("/servers/web-1/logs/text?path=/etc/hostname").await;
    assert!(file.body.ends_with("debian-1\n"), "{}", file.body);
}

#[actix_web::test]
async fn programs_read_logs_too() {
    let Some((app, system)) = scene("programs_read_logs_too").await else { return };
    system.journal("shop", "warning", "stock is low\\n");
    let program = program(&app, Role::Administrator).await;
    let sources = program.get("/api/v1/servers/web-1/logs/sources").await.status(200);
    assert_eq!(sources["journal"], "all");
    assert!(sources["files"].as_array().unwrap().iter().any(|file| file["path"] == "/var/log/syslog"), "{sources}");
    assert_eq!(sources["boots"][0]["number"], 0, "{sources}");
    let page = program.get("/api/v1/servers/web-1/logs?q=stock&priority=warning").await.status(200);
    assert_eq!(
        (&page["lines"][0]["text"], &page["lines"][0]["priority"]),
        (&"stock is low".into(), &4.into()),
        "{page}"
    );
    let file = program.get("/api/v1/servers/web-1/logs?source=/etc/hostname&lines=5").await.status(200);
    assert_eq!((&file["lines"][0]["text"], &file["lines"][0]["number"]), (&"debian-1".into(), &1.into()), "{file}");
    program.get("/api/v1/servers/web-1/logs?source=etc").await.problem(422);
    program.get("/api/v1/servers/web-1/logs?lines=5000").await.problem(422);
}

#[actix_web::test]
async fn a_span_of_a_chart_leads_to_its_log_and_back() {
    let Some((app, _system)) = scene("a_span_of_a_chart_leads_to_its_log_and_back").await else { return };
    let now = app.database.now();
    let text = |minutes| (now - chrono::TimeDelta::minutes(minutes)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let (from, to) = (text(20), text(10));
    let viewer = app.administrator().await;
    let charts = viewer.get(&format!("/servers/web-1/cpu?from={from}&to={to}")).await.ok();
    let log = charts.attribute("#charts .zoomed a[href*='/logs?']", "href").unwrap();
    assert_eq!(log, format!("/servers/web-1/logs?since={from}&until={to}"));
    let page = viewer.get(&log).await.ok();
    assert_eq!(page.attribute("#log-filter input[name=since]", "value").unwrap(), from.trim_end_matches('Z'));
    let back = page.attribute(".page-head a[href*='/cpu?']", "href").unwrap();
    assert_eq!(back, format!("/servers/web-1/cpu?from={}&to={}", text(25), text(5)));
}

#[actix_web::test]
async fn a_spike_leads_to_the_log_of_its_minute_and_back() {
    let Some((app, _system)) = scene("a_spike_leads_to_the_log_of_its_minute_and_back").await else { return };
    let now = app.database.now();
    let text = |seconds| (now - chrono::TimeDelta::seconds(seconds)).format("%Y-%m-%dT%H:%M:%SZ").to_string();
    let admin = app.administrator().await;
    for screen in ["cpu", "memory"] {
        let charts = admin.get(&format!("/servers/web-1/{screen}?at={}", text(600))).await.ok();
        let log = charts.attribute("#consumers a[href*='/logs?']", "href").unwrap();
        assert_eq!(log, format!("/servers/web-1/logs?since={}&until={}", text(630), text(570)));
        let page = admin.get(&log).await.ok();
        assert_eq!(page.attribute("#log-filter input[name=until]", "value").unwrap(), text(570).trim_end_matches('Z'));
        let back = page.attribute(".page-head a[href*='/cpu?']", "href").unwrap();
        assert_eq!(back, format!("/servers/web-1/cpu?from={}&to={}", text(930), text(270)));
        admin.get(&back).await.ok();
    }
}

#[actix_web::test]
async fn whoever_follows_loses_nothing_and_gets_nothing_twice_over_a_cut() {
    let test = "whoever_follows_loses_nothing_and_gets_nothing_twice_over_a_cut";
    let Some((app, system)) = scene(test).await else { return };
    let admin = app.administrator().await;
    system.journal("many", "info", "number 0\\n");
    let page = part(&admin, "/servers/web-1/logs?q=number&follow=1").await;
    let mut after = page.attribute("file-tail", "data-after").unwrap();
    assert!(page.text(".log").contains("number 0"));
    let (origin, cookie) = (app.listen(), format!("sid={}", admin.cookie("sid").unwrap()));
    let mut seen = Vec::new();
    for round in 0..3 {
        let (from, to) = (round * 200 + 1, round * 200 + 200);
        // Half of them while nobody listens, half while somebody does.
        system.journal_numbers("many", from, to - 100);
        let path =
            format!("/servers/web-1/logs/stream?q=number&after={}", after.replace(';', "%3B").replace('=', "%3D"));
        let headers = [("Cookie", cookie.as_str())];
        let caught_up = Notify::new();
        let listening = follow(&origin, &path, (&headers, "lines"), |lines| {
            let has =
                |number: u32| lines.iter().any(|line| line.as_str().unwrap().ends_with(&format!("number {number}")));
            if has(to - 100) {
                caught_up.notify_one();
            }
            has(to)
        });
        let writing = async {
            caught_up.notified().await;
            system.journal_numbers("many", to - 99, to);
        };
        let ((lines, last), ()) = futures_util::future::join(listening, writing).await;
        seen.extend(lines);
        after = last;
    }
    let numbers: Vec<String> =
        seen.iter().map(|line| line.as_str().unwrap().rsplit("  ").next().unwrap().to_owned()).collect();
    let expected: Vec<String> = (1..=600).map(|number| format!("number {number}")).collect();
    assert_eq!(numbers, expected);
    drop(app);
    eventually("the end of journalctl, to which nobody listens", || !is_followed(&system)).await;
}

#[actix_web::test]
async fn sec_z02_following_a_journal_ends_when_the_switch_does_not_allow_it_any_more() {
    let test = "sec_z02_following_a_journal_ends_when_the_switch_does_not_allow_it_any_more";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let following = async {
        let ask = operator.ask(Method::GET, "/servers/web-1/logs/stream").header(TO_THE_END, "1");
        timeout(Duration::from_secs(30), ask.send()).await.expect("it goes on for ever")
    };
    let closing = async {
        eventually("that it is followed", || is_followed(&system)).await;
        known::only_watch(&app, "web-1").await;
    };
    let (reply, ()) = futures_util::future::join(following, closing).await;
    assert_eq!(reply.status, 200);
    let (_, end) = reply.body.split_once("event: end\ndata: ").unwrap_or_else(|| panic!("{}", reply.body));
    assert!(end.starts_with("web-1 allows no more than “Only watch”"), "{end}");
    eventually("the end of journalctl", || !is_followed(&system)).await;
}
