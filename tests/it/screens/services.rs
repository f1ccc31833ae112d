//! Services as people see and change them, on real servers: systemd, OpenRC, and scripts in `/etc/init.d`.

use hannun::models::actor::Role;
use hannun::services::Counting;
use serde_json::json;

use super::processes::audit;
use crate::api::program::program;
use crate::harness::app::TestApp;
use crate::harness::client::Client;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;
use crate::harness::page::Page;

/// A name that tools quote: an instance whose name holds escaped signs.
const ODD: &str = "odd@a\\x20b\\x2dc.service";
const ODD_URL: &str = "odd%40a%5Cx20b%5Cx2dc.service";

/// Units of the test's own.
const UNITS: &str = r"cd /etc/systemd/system
printf '[Unit]\nDescription=Odd %%I <img src=x onerror=alert(1)>\n[Service]\nExecStart=/bin/sleep 100000\n' >odd@.service
printf '[Unit]\nDescription=It fails\nRequires=cron.service\n[Service]\nExecStart=/bin/false\n[Install]\nWantedBy=multi-user.target\n' >fails.service
printf '[Unit]\nDescription=A dash\n[Service]\nExecStart=/bin/sleep 100000\n[Install]\nWantedBy=multi-user.target\n' >-dash.service
printf '[Timer]\nOnCalendar=*-*-* 03:00:00 UTC\n[Install]\nWantedBy=timers.target\n' >nightly.timer
printf '[Service]\nType=oneshot\nExecStart=/bin/true\n' >nightly.service
systemctl daemon-reload; systemctl start nightly.timer; systemctl start fails.service; systemctl start odd@a\\x20b\\x2dc.service; until systemctl is-failed fails.service; do sleep 0.1; done";

async fn scene(test: &str) -> Option<(TestApp, TestHost)> {
    let system = TestHost::start(Kind::Debian, test)?;
    system.run(UNITS);
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.deploy()).await;
    Some((app, system))
}

/// Does something, as the dialog of the drawer does.
async fn act(client: &Client, unit: &str, action: &str, confirmed: &str) -> crate::harness::client::Reply {
    let form = [("unit", unit), ("action", action), ("confirmed", confirmed)];
    client.hx().post("/servers/web-1/services/actions", form).await
}

#[actix_web::test]
async fn a_viewer_sees_what_failed_first_and_the_menu_counts_it() {
    let Some((app, _system)) = scene("a_viewer_sees_what_failed_first_and_the_menu_counts_it").await else { return };
    let viewer = app.viewer().await;
    let page = viewer.region("/servers/web-1/services", "services").await;
    let names = page.texts(".service-table tbody .key");
    assert_eq!(names.first().map(String::as_str), Some("fails.service"), "{names:?}");
    assert!(names.iter().any(|name| name == ODD) && names.iter().any(|name| name == "ssh.service"), "{names:?}");
    assert!(!page.has("main img") && page.text(".service-table").contains("<img src=x onerror=alert(1)>"));
    assert_eq!(page.text(".region-head .t-crit"), "1 failed");
    let whole = viewer.get("/servers/web-1").await.ok();
    assert_eq!(whole.text("nav a[href='/servers/web-1/services'] .t-crit"), "1");
    let narrowed = viewer.region("/servers/web-1/services?q=secure+shell", "services").await;
    assert_eq!(narrowed.texts(".service-table tbody .key"), ["ssh.service"]);
    let nothing = viewer.region("/servers/web-1/services?q=no-such-thing", "services").await;
    assert_eq!(nothing.text("#services .empty h3"), "No service matches “no-such-thing”");
}

#[actix_web::test]
async fn the_menu_counts_what_failed_to_everybody_although_nobody_looked() {
    let test = "the_menu_counts_what_failed_to_everybody_although_nobody_looked";
    let Some((app, system)) = scene(test).await else { return };
    known::add(&app, "web-2", &system.plain()).await;
    let (viewer, admin) = (app.viewer().await, app.administrator().await);
    let shown = async |client: &Client| {
        let page = client.get("/servers/web-1").await.ok();
        page.texts("nav a[href='/servers/web-1/services'] .t-crit")
    };
    assert_eq!(shown(&viewer).await, [""; 0], "nobody knows");
    let (db, hosts, clock) = (app.app.db.clone(), app.app.hosts.clone(), app.app.clock.clone());
    let counting = Counting { db, hosts, clock };
    assert_eq!(counting.count_due().await.unwrap(), 2);
    assert_eq!((shown(&viewer).await, shown(&admin).await), (vec!["1".to_owned()], vec!["1".to_owned()]));
    system.run("systemctl reset-failed");
    assert_eq!(counting.count_due().await.unwrap(), 0, "nothing is due");
    app.advance(chrono::TimeDelta::minutes(5));
    // What happened since is known to all once it was counted again, or somebody looked.
    assert_eq!(counting.count_due().await.unwrap(), 2);
    assert_eq!(shown(&viewer).await, [""; 0]);
    system.run("systemctl start fails.service; until systemctl is-failed fails.service; do sleep 0.1; done");
    admin.region("/servers/web-1/services", "services").await;
    assert_eq!(shown(&viewer).await, ["1"]);
}

#[actix_web::test]
async fn a_timer_says_when_it_runs_next_and_what_it_starts() {
    let Some((app, system)) = scene("a_timer_says_when_it_runs_next_and_what_it_starts").await else { return };
    system.run("printf '[Timer]\\nOnActiveSec=1s\\nOnUnitActiveSec=1h\\nUnit=nightly.service\\n' >/etc/systemd/system/often.timer; systemctl daemon-reload; systemctl start often.timer; until systemctl show -p LastTriggerUSec often.timer | grep -q UTC; do sleep 0.1; done");
    let viewer = app.viewer().await;
    let page = viewer.region("/servers/web-1/services?show=timers&q=nightly", "services").await;
    let row = page.texts(".service-table tbody tr td");
    assert!(row[0].contains("nightly.timer") && row[2].contains("03:00") && row[4] == "nightly.service", "{row:?}");
    let page = viewer.region("/servers/web-1/services?show=timers&q=often", "services").await;
    let row = page.texts(".service-table tbody tr td");
    assert!(!row[2].is_empty() && !row[3].is_empty(), "by the clock since boot, and run once: {row:?}");
}

#[actix_web::test]
async fn a_service_shows_what_it_needs_and_its_files_to_whoever_may_read_files() {
    let test = "a_service_shows_what_it_needs_and_its_files_to_whoever_may_read_files";
    let Some((app, _system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let page = operator.region("/servers/web-1/services?unit=fails.service", "drawer").await;
    assert!(page.text("#drawer .notice").contains("exit-code, status 1"), "{}", page.text("#drawer"));
    assert!(
        page.text("#drawer").contains("cron.service") && page.text("#drawer pre.log").contains("ExecStart=/bin/false")
    );
    let viewer = app.viewer().await;
    let page = viewer.region("/servers/web-1/services?unit=fails.service", "drawer").await;
    assert!(page.text("#drawer").contains("/etc/systemd/system/fails.service") && !page.has("#drawer pre.log"));
    assert!(!page.has("#drawer dialog"), "a viewer is offered nothing to do");
    let gone = operator.region("/servers/web-1/services?unit=no-such.service", "drawer").await;
    assert_eq!(gone.text("#drawer .empty h3"), "There is no such service");
}

#[actix_web::test]
async fn an_operator_restarts_a_service_of_any_name_and_it_is_in_the_audit_log() {
    let test = "an_operator_restarts_a_service_of_any_name_and_it_is_in_the_audit_log";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    for unit in [ODD, "-dash.service", "cron.service"] {
        let quoted = unit.replace('\\', "\\\\");
        let pid = || system.run(&format!("systemctl show -p MainPID --value -- \"{quoted}\""));
        let before = pid();
        let page =
            operator.region(&format!("/servers/web-1/services?unit={}", unit.replace('\\', "%5C")), "drawer").await;
        assert_eq!(page.text("#drawer-title"), unit);
        let action = if unit == "-dash.service" { "start" } else { "restart" };
        assert!(
            page.text(&format!("#do-{action} .cmdline"))
                .contains(&format!("systemctl --no-pager --no-ask-password {action} -- '{unit}'")),
            "{}",
            page.text("#drawer")
        );
        let done = act(&operator, unit, action, "").await;
        assert_eq!(done.header("HX-Trigger"), Some("services"), "{unit}: {}", done.body);
        assert_ne!(pid(), before, "{unit}");
        let told = audit(&app).await;
        assert!(told.contains(&format!("control_service {action} {unit} succeeded")), "{told:#?}");
    }
}

#[actix_web::test]
async fn whether_a_service_starts_with_the_server_is_changed_and_what_ends_at_once_is_said_to_have_failed() {
    let test = "whether_a_service_starts_with_the_server_is_changed_and_what_ends_at_once_is_said_to_have_failed";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let is_enabled = || system.run("systemctl is-enabled fails.service || true");
    assert_eq!(act(&operator, "fails.service", "enable", "").await.status, 200);
    assert_eq!(is_enabled(), "enabled\n");
    assert_eq!(act(&operator, "fails.service", "disable", "").await.status, 200);
    assert_eq!(is_enabled(), "disabled\n");
    let failed = act(&operator, "fails.service", "start", "").await;
    assert!(failed.body.contains("class=\"fail\"") && failed.body.contains("exit-code"), "{}", failed.body);
    let told = audit(&app).await;
    assert!(told.contains(&"control_service start fails.service failed".to_owned()), "{told:#?}");
    let unknown = act(&operator, "no-such.service", "start", "").await;
    assert!(unknown.body.contains("no-such.service not found"), "{}", unknown.body);
    for bad in ["", "a b", "x;id", "../x", "ssh*"] {
        assert_eq!(act(&operator, bad, "stop", "").await.status, 422, "{bad}");
    }
    assert_eq!(act(&operator, "cron.service", "kill", "").await.status, 422);
}

#[actix_web::test]
async fn sec_p06_what_hannun_comes_in_through_is_stopped_only_by_whoever_writes_its_name() {
    let test = "sec_p06_what_hannun_comes_in_through_is_stopped_only_by_whoever_writes_its_name";
    let Some((app, system)) = scene(test).await else { return };
    let operator = app.operator().await;
    let page = operator.region("/servers/web-1/services?unit=ssh.service", "drawer").await;
    assert!(page.has("#do-stop input[name=confirmed]") && !page.has("#do-reload input[name=confirmed]"));
    for (action, confirmed) in [("stop", ""), ("restart", "sshd.service"), ("disable", "ssh")] {
        let refused = act(&operator, "ssh.service", action, confirmed).await;
        assert_eq!(refused.status, 422, "{action}: {}", refused.body);
    }
    // Another name of the same service is the same service.
    assert_eq!(act(&operator, "sshd.service", "stop", "").await.status, 422);
    assert_eq!(system.run("systemctl is-active ssh.service"), "active\n");
    let before = system.run("systemctl show -p MainPID --value ssh.service");
    let done = act(&operator, "ssh.service", "restart", "ssh.service").await;
    assert_eq!(done.status, 200, "{}", done.body);
    assert_ne!(system.run("systemctl show -p MainPID --value ssh.service"), before);
}

#[actix_web::test]
async fn sec_z07_who_may_change_nothing_is_offered_nothing_and_refused() {
    let test = "sec_z07_who_may_change_nothing_is_offered_nothing_and_refused";
    let Some((app, system)) = scene(test).await else { return };
    known::add(&app, "web-2", &system.plain()).await;
    let operator = app.operator().await;
    // Without root the server's own tool refuses, in its own words.
    let form = [("unit", "cron.service"), ("action", "restart"), ("confirmed", "")];
    let refused = operator.hx().post("/servers/web-2/services/actions", form).await;
    assert!(
        refused.body.contains("authentication required") || refused.body.contains("ccess denied"),
        "{}",
        refused.body
    );
    assert_eq!(act(&app.viewer().await, "cron.service", "stop", "").await.status, 403);
    known::only_watch(&app, "web-1").await;
    let page = operator.region("/servers/web-1/services?unit=cron.service", "drawer").await;
    assert!(!page.has("#drawer dialog") && page.text("#drawer").contains("may only look at this server"));
    assert_eq!(act(&operator, "cron.service", "stop", "").await.status, 403);
    assert_eq!(system.run("systemctl is-active cron.service"), "active\n");
}

#[actix_web::test]
async fn programs_read_and_change_services_too() {
    let Some((app, system)) = scene("programs_read_and_change_services_too").await else { return };
    let program = program(&app, Role::Operator).await;
    let list = program.get("/api/v1/servers/web-1/services?q=odd").await.status(200);
    assert_eq!(list["items"][0]["name"], ODD, "{list}");
    let one = program.get(&format!("/api/v1/servers/web-1/services/{ODD_URL}")).await.status(200);
    assert_eq!((&one["state"], &one["is_way_in"]), (&json!("active"), &json!(false)), "{one}");
    let path = |unit: &str| format!("/api/v1/servers/web-1/services/{unit}/actions");
    let done = program.post(&path(ODD_URL), json!({ "action": "stop" })).await.status(200);
    assert_eq!(done["service"]["state"], "inactive", "{done}");
    assert_eq!(system.run("systemctl is-active 'odd@a\\x20b\\x2dc.service' || true"), "inactive\n");
    program.post(&path("ssh.service"), json!({ "action": "stop" })).await.problem(422);
    program.get("/api/v1/servers/web-1/services/no-such.service").await.problem(404);
    program.get("/api/v1/servers/web-1/services/a%20b").await.problem(404);
}

#[actix_web::test]
async fn services_of_openrc_and_of_scripts_are_listed_started_and_stopped() {
    let test = "services_of_openrc_and_of_scripts_are_listed_started_and_stopped";
    for (kind, unit, looks) in [
        (Kind::OpenRc, "demo", "rc-service demo status >/dev/null"),
        (Kind::Coreutils, "demo", "service demo status >/dev/null"),
    ] {
        let Some(system) = TestHost::start(kind, test) else { return };
        if kind == Kind::Coreutils {
            system.run(
                "printf '#!/bin/sh\\n### BEGIN INIT INFO\\n# Provides: demo\\n# Required-Start:\\n# Required-Stop:\\n# Default-Start: 2 3 4 5\\n# Default-Stop:\\n# Short-Description: A demo\\n### END INIT INFO\\ncase $1 in start) touch /run/demo ;; stop) rm -f /run/demo ;; status) [ -e /run/demo ] || exit 3; echo demo runs ;; esac\\n' >/etc/init.d/demo; chmod 755 /etc/init.d/demo; service demo start",
            );
        }
        let app = TestApp::start().await;
        known::add(&app, "web-1", &system.deploy()).await;
        let operator = app.operator().await;
        let is_there = |page: &Page| page.texts(".service-table tbody .key").iter().any(|name| name == unit);
        let page = operator.region("/servers/web-1/services?state=active", "services").await;
        assert!(is_there(&page), "{kind:?}: {}", page.text("#services"));
        let drawer = operator.region("/servers/web-1/services?unit=demo", "drawer").await;
        assert!(drawer.text("#drawer pre.log").contains("#!/"), "{kind:?}: {}", drawer.text("#drawer"));
        assert_eq!(act(&operator, unit, "stop", "").await.status, 200, "{kind:?}");
        let state = || system.run(&format!("{looks} 2>&1 && echo runs || echo stopped"));
        assert_eq!(state(), "stopped\n", "{kind:?}");
        let stopped = operator.region("/servers/web-1/services?state=inactive", "services").await;
        assert!(is_there(&stopped), "{kind:?}: {}", stopped.text("#services"));
        assert_eq!(act(&operator, unit, "start", "").await.status, 200, "{kind:?}");
        assert_eq!(state(), "runs\n", "{kind:?}");
        for action in ["disable", "enable"] {
            let done = act(&operator, unit, action, "").await;
            assert_eq!(done.status, 200, "{kind:?} {action}: {}", done.body);
        }
        let ssh = act(&operator, "ssh", "stop", "").await;
        assert_eq!(ssh.status, 422, "{kind:?}: {}", ssh.body);
    }
}

#[actix_web::test]
async fn a_server_without_an_init_system_that_is_known_says_so() {
    let test = "a_server_without_an_init_system_that_is_known_says_so";
    let Some(system) = TestHost::start(Kind::BusyBox, test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "web-1", &system.root()).await;
    let page = app.viewer().await.region("/servers/web-1/services", "services").await;
    assert!(page.has("#services .fail"), "{}", page.text("#services"));
}
