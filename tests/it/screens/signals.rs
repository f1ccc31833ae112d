//! Signals as people send them, on real servers: to the process that was seen, by who may, and no second time.

use hannun::commands::Started;
use hannun::models::actor::{Actor, Rights, Role, Scope};
use hannun::models::permission::Permission;

use super::processes::{audit, say, server, start, started};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::known;

#[actix_web::test]
async fn sec_p06_an_operator_ends_the_process_that_was_seen_and_it_is_in_the_audit_log() {
    let test = "sec_p06_an_operator_ends_the_process_that_was_seen_and_it_is_in_the_audit_log";
    let Some((app, sshd)) = server(test).await else { return };
    let pid = start(&sshd, "sleep 1000").await;
    let operator = app.operator().await;
    let page = operator.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
    assert_eq!(page.text("#drawer-title"), format!("sleep {pid}"));
    assert_eq!(page.text("#signal .cmdline [data-signal=TERM]"), format!("kill -s TERM {pid}"));
    let path = format!("/servers/web-1/processes/{pid}/signals");
    let seen = started(&page);
    let sent = operator.hx().post(&path, [("signal", "TERM"), ("started", &seen)]).await;
    assert_eq!(sent.header("HX-Trigger"), Some("processes"), "{}", sent.body);
    assert!(sent.body.contains(&format!("Sent TERM to {pid}: it ended")), "{}", sent.body);
    let again = operator.hx().post(&path, [("signal", "TERM"), ("started", &seen)]).await;
    assert_eq!(again.status, 409);
    assert!(again.body.contains("is gone"), "{}", again.body);
    let page = operator.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
    assert_eq!(page.text("#drawer .empty h3"), "This process is gone");
    let told = audit(&app).await;
    let target = format!("TERM to {pid} started {seen}");
    assert!(told.contains(&format!("signal_process {target} succeeded")), "{told:#?}");
    assert!(told.contains(&format!("signal_process {target} refused")), "{told:#?}");
}

#[actix_web::test]
async fn sec_p06_x06_nothing_is_sent_to_another_process_nor_to_what_we_are_signed_in_through() {
    let test = "sec_p06_x06_nothing_is_sent_to_another_process_nor_to_what_we_are_signed_in_through";
    let Some((app, sshd)) = server(test).await else { return };
    let pid = start(&sshd, "sleep 1000").await;
    let operator = app.operator().await;
    let page = operator.get(&format!("/servers/web-1/processes?pid={pid}&seen=1")).await.ok();
    assert!(page.text("#drawer .notice").contains("another one that has its number now"));
    let other = Started { at: "1".into(), ..Started::read(&started(&page)).unwrap() }.to_string();
    let send = async |pid: u32, started: &str| {
        operator
            .hx()
            .post(&format!("/servers/web-1/processes/{pid}/signals"), [("signal", "KILL"), ("started", started)])
            .await
    };
    let answer = send(pid, &other).await;
    assert_eq!(answer.status, 409);
    assert!(answer.body.contains("nothing was sent"), "{}", answer.body);
    let first = send(1, &other).await;
    assert_eq!(first.status, 403, "{}", first.body);
    // The one that serves hannun's own connection.
    let viewer = app.viewer().await;
    let host = app.app.hosts.open(Actor::system("test"), "web-1".into()).await.unwrap();
    let own =
        host.run_script("parent", "echo $PPID", std::time::Duration::from_secs(10)).await.unwrap().unwrap().stdout;
    let own: u32 = String::from_utf8(own).unwrap().trim().parse().unwrap();
    let page = operator.get(&format!("/servers/web-1/processes?pid={own}")).await.ok();
    let refused = send(own, &started(&page)).await;
    assert_eq!(refused.status, 403, "{}", refused.body);
    assert!(refused.body.contains("signed in through"), "{}", refused.body);
    assert_eq!(viewer.get("/servers/web-1/processes").await.status, 200, "the connection lives");
    let bad = send(pid, "").await;
    assert_eq!(bad.status, 422);
    assert_eq!(say(&sshd, &format!("kill -0 {pid} && echo alive; kill {pid}")).await, "alive");
}

#[actix_web::test]
async fn sec_z07_who_may_not_send_signals_is_offered_none_and_refused() {
    let test = "sec_z07_who_may_not_send_signals_is_offered_none_and_refused";
    let Some((app, sshd)) = server(test).await else { return };
    let pid = start(&sshd, "sleep 1000").await;
    let page = app.operator().await.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
    let form = [("signal", "KILL"), ("started", &*started(&page))];
    let path = format!("/servers/web-1/processes/{pid}/signals");
    let mut rights = Rights::new(Role::Operator, Scope::All);
    rights.withheld.insert(Permission::Signal);
    for person in [app.viewer().await, app.signed_in_with("min", rights).await] {
        let page = person.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
        assert!(!page.has("#signal") && page.text("#drawer").contains("You may not send signals"));
        assert_eq!(person.hx().post(&path, form).await.status, 403);
    }
    known::only_watch(&app, "web-1").await;
    let operator = app.operator().await;
    let page = operator.get(&format!("/servers/web-1/processes?pid={pid}")).await.ok();
    assert!(!page.has("#signal") && page.text("#drawer").contains("may only look at this server"));
    assert_eq!(operator.hx().post(&path, form).await.status, 403);
    assert_eq!(say(&sshd, &format!("kill -0 {pid} && echo alive; kill {pid}")).await, "alive");
}

/// Sends KILL there to a process that root has just begun; its number, and what the answer says.
async fn kill_one_of_root(app: &TestApp, system: &TestHost, server: &str) -> (String, String) {
    let sleeper = system.run("sleep 1000 </dev/null >/dev/null 2>&1 & echo $!");
    let (pid, operator) = (sleeper.trim(), app.operator().await);
    let page = operator.get(&format!("/servers/{server}/processes?pid={pid}")).await.ok();
    let form = [("signal", "KILL"), ("started", &*started(&page))];
    let answer = operator.hx().post(&format!("/servers/{server}/processes/{pid}/signals"), form).await;
    (pid.to_owned(), answer.body)
}

#[actix_web::test]
async fn a_process_of_root_is_ended_by_who_may_be_root_there_and_by_nobody_else() {
    let test = "a_process_of_root_is_ended_by_who_may_be_root_there_and_by_nobody_else";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let app = TestApp::start().await;
    known::add(&app, "plain-1", &system.plain()).await;
    known::add(&app, "deploy-1", &system.deploy()).await;
    let (pid, said) = kill_one_of_root(&app, &system, "plain-1").await;
    assert!(said.contains("class=\"fail\"") && said.contains("not permitted"), "{said}");
    assert_eq!(system.run(&format!("kill -0 {pid} && echo alive")), "alive\n");
    let (pid, said) = kill_one_of_root(&app, &system, "deploy-1").await;
    assert!(said.contains(&format!("Sent KILL to {pid}")), "{said}");
}

#[actix_web::test]
async fn a_process_is_ended_on_a_system_of_small_tools_and_on_one_without_any() {
    let test = "a_process_is_ended_on_a_system_of_small_tools_and_on_one_without_any";
    for kind in [Kind::BusyBox, Kind::Coreutils] {
        let Some(system) = TestHost::start(kind, test) else { return };
        let app = TestApp::start().await;
        known::add(&app, "small-1", &system.root()).await;
        let (pid, said) = kill_one_of_root(&app, &system, "small-1").await;
        assert!(said.contains(&format!("Sent KILL to {pid}")), "{kind:?}: {said}");
    }
}

#[actix_web::test]
async fn sec_p08_a_signal_of_which_nobody_heard_the_end_is_not_said_to_be_sent_nor_sent_again() {
    let (app, host) =
        (TestApp::start().await, FakeHost::start(Manner::default().when("kill -s", Act::Cut(Vec::new()))).await);
    known::add_with_platform(&app, "web-1", &host.endpoint(), ("linux", &[])).await;
    let form = [("signal", "TERM"), ("started", "5@b-1")];
    let answer = app.operator().await.hx().post("/servers/web-1/processes/7/signals", form).await;
    assert!(answer.body.contains("was cut") && !answer.body.contains("Sent TERM"), "{}", answer.body);
    let told = audit(&app).await;
    assert!(told.contains(&"signal_process TERM to 7 started 5@b-1 unknown".to_owned()), "{told:#?}");
    assert_eq!(host.ran().iter().filter(|script| script.contains("kill -s")).count(), 1, "once");
}
