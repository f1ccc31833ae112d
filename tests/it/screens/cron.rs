//! The page about timetables: what it says, what is changed by it, and what it does not show to whom.

use hannun::models::actor::Scope;
use hannun::models::allowance::Allowance;
use hannun::models::groups::{Group, GroupChanges, NewGroup};
use hannun::models::servers::{Server, ServerChanges};

use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;

async fn scene(test: &str) -> Option<(TestApp, TestHost)> {
    let system = TestHost::start(Kind::Debian, test)?;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    known::add(&app, "web-2", &system.plain()).await;
    Some((app, system))
}

async fn answered(client: &Client, path: &str) -> Page {
    answered_region(client, path, "#cron").await
}

/// The page once the server has answered in a region of it.
pub(super) async fn answered_region(client: &Client, path: &str, region: &str) -> Page {
    for _ in 0..20 {
        let page = client.get(path).await.ok();
        if page.attribute(region, "hx-trigger").as_deref() != Some("load") {
            return page;
        }
    }
    panic!("{path} waits for its server for ever");
}

/// Sends the form of a page as it stands, with other values for some of its fields.
async fn send(client: &Client, page: &Page, others: &[(&str, &str)]) -> crate::harness::client::Reply {
    client.send_form("/servers/web-1/cron/edits", page, others).await
}

const TABLE: &str = "# nightly\\nMAILTO=ops@example.org\\n50 8 * * 1-5 /bin/report \"<img src=x onerror=alert(1)>\"\\n0 0 30 2 * never\\n61 * * * * bad\\n";

#[actix_web::test]
async fn every_line_has_a_sentence_and_the_next_time_of_the_server_s_zone() {
    let test = "every_line_has_a_sentence_and_the_next_time_of_the_server_s_zone";
    let Some((app, system)) = scene(test).await else { return };
    system.run("ln -sf /usr/share/zoneinfo/Asia/Seoul /etc/localtime");
    system.run(&format!("printf '{TABLE}' >/var/spool/cron/crontabs/deploy; chown deploy /var/spool/cron/crontabs/deploy; printf '@daily root x\\n' >/etc/cron.d/backup.sh"));
    system.run("printf 'START_HOURS_RANGE=3-22\n1\t5\tcron.daily\tnice run-parts /etc/cron.daily\n' >/etc/anacrontab");
    let operator = app.operator().await;
    let page = answered(&operator, "/servers/web-1/cron").await;
    let table = page.table(".cron-table");
    let row = |part: &str| {
        table.rows.iter().find(|row| row.join(" ").contains(part)).unwrap_or_else(|| panic!("{part}: {table:?}"))
    };
    assert_eq!(row("/bin/report")[0], "every weekday at 08:50");
    assert!(row("/bin/report")[3].ends_with("08:50") && row("/bin/report")[2] == "deploy");
    assert!(row("/bin/report")[1].contains("<img src=x onerror=alert(1)>"), "sec_w05: it is text");
    assert_eq!(row("nice run-parts")[0], "once a day, by anacron");
    assert_eq!(row("never")[3], "never");
    assert!(row("61 * * * * bad")[0].contains("is no minute"), "{:?}", row("61 * * * * bad"));
    assert!(page.text(".cron-table").contains("no dot"), "a file that cron ignores says so");
    assert!(page.text("#server-time").ends_with("Asia/Seoul"));
    assert!(page.text("#scripts").contains("/etc/cron.daily") && page.text("#scripts").contains("every day at 06:25"));
    assert!(page.has("#timers"));
    // One line beside the list.
    let page = answered(&operator, "/servers/web-1/cron?tab=user:deploy&line=3").await;
    assert_eq!(page.texts("#times li").len(), 5);
    assert!(page.text("#drawer").contains("ops@example.org"), "{}", page.text("#drawer"));
    // When it came last, by the log of the server.
    system.run("logger -t 'CRON[1]' '(deploy) CMD (/bin/report \"<img src=x onerror=alert(1)>\")'");
    let page = answered(&operator, "/servers/web-1/cron?tab=user:deploy&line=3").await;
    assert_eq!(page.texts("#last-times li").len(), 1, "{}", page.text("#drawer"));
    let page = answered(&operator, "/servers/web-1/cron?q=/bin/report").await;
    assert_eq!(page.table(".cron-table").rows.len(), 2, "the table's name and the line that fits");
}

#[actix_web::test]
async fn a_line_is_added_changed_switched_and_deleted_by_forms_and_put_back() {
    let test = "a_line_is_added_changed_switched_and_deleted_by_forms_and_put_back";
    let Some((app, system)) = scene(test).await else { return };
    let shown = || system.run("crontab -l -u deploy 2>/dev/null || true");
    let operator = app.operator().await;
    // Added: what changes is shown first.
    let page = operator.get("/servers/web-1/cron/editor?deed=add&tab=user:deploy").await.ok();
    let new = [("time", "50 8 * * 1-5"), ("command", "/bin/report"), ("comment", "every morning")];
    let page = send(&operator, &page, &new).await.ok();
    assert_eq!(page.texts(".diff p[data-d='+']"), ["+ # every morning", "+ 50 8 * * 1-5 /bin/report"]);
    assert!(page.text("#meaning").contains("every weekday at 08:50"), "{}", page.text("#meaning"));
    assert_eq!(shown(), "", "nothing is changed yet");
    assert_eq!(send(&operator, &page, &[("confirmed", "true")]).await.status, 303);
    assert_eq!(shown(), "# every morning\n50 8 * * 1-5 /bin/report\n");
    // The others; a header of three lines stands before them in the file.
    for (deed, others, after) in [
        ("change", &[("time", "@daily")][..], "# every morning\n@daily /bin/report\n"),
        ("off", &[], "# every morning\n#hannun-off: @daily /bin/report\n"),
        ("on", &[], "# every morning\n@daily /bin/report\n"),
        ("delete", &[], "# every morning\n"),
    ] {
        let page = operator.get(&format!("/servers/web-1/cron/editor?deed={deed}&tab=user:deploy&line=5")).await.ok();
        let page = if deed == "change" { send(&operator, &page, others).await.ok() } else { page };
        assert!(page.has(".diff"), "{deed}: {}", page.text("main"));
        assert_eq!(send(&operator, &page, &[("confirmed", "true")]).await.status, 303, "{deed}");
        assert_eq!(shown(), after, "{deed}");
    }
    let versions = operator.get("/servers/web-1/cron/versions?tab=user:deploy").await.ok();
    assert_eq!(versions.table("#versions").rows.len(), 4, "what was there before each but the first");
    let link = versions.attributes("#versions a", "href").pop().unwrap();
    let page = operator.get(&link).await.ok();
    assert_eq!(send(&operator, &page, &[("confirmed", "true")]).await.status, 303);
    assert_eq!(shown(), "# every morning\n50 8 * * 1-5 /bin/report\n", "the oldest is back");
    // The whole text, too.
    let page = operator.get("/servers/web-1/cron/editor?deed=text&tab=/etc/cron.d/e2scrub_all").await.ok();
    let page = send(&operator, &page, &[("text", "# gone\r\n")]).await.ok();
    assert_eq!(send(&operator, &page, &[("text", "# gone\r\n"), ("confirmed", "true")]).await.status, 303);
    assert_eq!(system.run("cat /etc/cron.d/e2scrub_all"), "# gone\n");
}

#[actix_web::test]
async fn what_cannot_be_accepted_is_said_beside_its_field_and_nothing_entered_is_lost() {
    let test = "what_cannot_be_accepted_is_said_beside_its_field_and_nothing_entered_is_lost";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let form = operator.get("/servers/web-1/cron/editor?deed=add&tab=/etc/crontab").await.ok();
    for (time, user, command, field) in [
        ("61 * * * *", "root", "x", "time"),
        ("* * * *", "root", "x", "time"),
        ("@often", "root", "x", "time"),
        ("@daily", "a b", "x", "user"),
        ("@daily", "root", " ", "command"),
    ] {
        let reply =
            send(&operator, &form, &[("time", time), ("user", user), ("command", command), ("confirmed", "true")])
                .await;
        let page = reply.with_status(422);
        assert!(
            page.has(&format!("#{field}-problem")) || page.text(".fields").contains("Enter"),
            "{time} {user} {command}"
        );
        assert_eq!(page.attribute("#time", "value").as_deref(), Some(time));
    }
    assert!(!system.run("cat /etc/crontab").contains("often"));
}

#[actix_web::test]
async fn sec_x06_a_table_that_was_changed_since_it_was_shown_is_not_overwritten() {
    let test = "sec_x06_a_table_that_was_changed_since_it_was_shown_is_not_overwritten";
    let Some((app, system)) = scene(test).await else { return };
    system.run("printf '@daily a\\n' | crontab -u deploy -");
    let operator = app.operator().await;
    let page = operator.get("/servers/web-1/cron/editor?deed=delete&tab=user:deploy&line=4").await.ok();
    assert!(page.text(".diff").contains("@daily a"));
    system.run("printf '@daily b\\n' | crontab -u deploy -");
    assert_eq!(send(&operator, &page, &[("confirmed", "true")]).await.status, 409);
    assert_eq!(system.run("crontab -l -u deploy"), "@daily b\n");
}

#[actix_web::test]
async fn sec_z07_who_may_not_read_files_sees_no_table_and_who_may_not_change_them_changes_none() {
    let test = "sec_z07_who_may_not_read_files_sees_no_table_and_who_may_not_change_them_changes_none";
    let Some((app, system)) = scene(test).await else { return };
    system.run("printf '@daily secret-job\\n' | crontab -u deploy -");
    let (viewer, operator) = (app.viewer().await, app.operator().await);
    let page = answered(&viewer, "/servers/web-1/cron").await;
    assert!(page.text("#cron").contains("Timetables are not shown to you"), "{}", page.text("#cron"));
    assert!(!page.text("main").contains("secret-job"));
    assert_eq!(viewer.get("/servers/web-1/cron/editor?deed=add").await.status, 403);
    assert_eq!(viewer.post("/servers/web-1/cron/edits", [("deed", "add")]).await.status, 403);
    let shown = operator.get("/servers/web-1/cron/editor?deed=delete&tab=user:deploy&line=4").await.ok();
    let changes = ServerChanges { allow: Some(Allowance::ReadFiles), ..ServerChanges::default() };
    let now = app.database.now();
    let narrower = app.app.db.run(move |connection| {
        let server = Server::by_name(connection, &Scope::All, "web-1")?;
        Server::change(connection, server.id, &changes, now).map(drop)
    });
    narrower.await.unwrap();
    assert_eq!(send(&operator, &shown, &[("confirmed", "true")]).await.status, 403, "the switch");
    assert!(system.run("crontab -l -u deploy").contains("secret-job"));
    assert!(!answered(&operator, "/servers/web-1/cron").await.has("a[href*='deed=add']"));
}

#[actix_web::test]
async fn without_root_the_page_says_whose_tables_are_missing() {
    let test = "without_root_the_page_says_whose_tables_are_missing";
    let Some((app, system)) = scene(test).await else { return };
    system.run("printf '@daily of-root\\n' | crontab -u root - && printf '@daily of-plain\\n' | crontab -u plain -");
    let page = answered(&app.operator().await, "/servers/web-2/cron").await;
    assert!(page.text(".notice").contains("the tables of other users are not shown"), "{}", page.text("#cron"));
    assert!(page.text("#cron").contains("of-plain") && !page.text("#cron").contains("of-root"));
    let page = answered(&app.operator().await, "/servers/web-2/cron?tab=/etc/crontab&line=19").await;
    assert!(page.text("#drawer").contains("takes root") && !page.has("#drawer a[href*='deed=delete']"));
}

#[actix_web::test]
async fn a_daemon_that_does_not_run_is_said_to_be_one() {
    let test = "a_daemon_that_does_not_run_is_said_to_be_one";
    let Some((app, system)) = scene(test).await else { return };
    system.run("systemctl stop cron");
    let page = answered(&app.operator().await, "/servers/web-1/cron").await;
    assert!(page.text(".notice").contains("does not run"), "{}", page.text("#cron"));
}

#[actix_web::test]
async fn sec_z07_the_switch_of_a_group_counts_on_pages_as_the_server_s_own_does() {
    let test = "sec_z07_the_switch_of_a_group_counts_on_pages_as_the_server_s_own_does";
    let Some((app, _system)) = scene(test).await else { return };
    let operator = app.operator().await;
    assert!(answered(&operator, "/servers/web-1/cron").await.has("a[href*='deed=add']"));
    let now = app.database.now();
    let narrower = app.app.db.run(move |connection| {
        let group = NewGroup { name: "production", note: "" }.insert(connection)?;
        let changes = GroupChanges { allow: Some(Allowance::ReadFiles), ..GroupChanges::default() };
        Group::change(connection, group.id, &changes, now)?;
        Server::by_name(connection, &Scope::All, "web-1")?.set_groups(connection, &[group.id])
    });
    narrower.await.unwrap();
    let page = answered(&operator, "/servers/web-1/cron").await;
    assert!(!page.has("a[href*='deed=add']") && page.text(".page-head").contains("may only be watched"));
    let page = operator.get("/servers/web-1/power/requests/new?deed=restart").await.ok();
    assert!(!page.has("#power-form") && page.text("main").contains("may only be watched"), "{}", page.text("main"));
}
