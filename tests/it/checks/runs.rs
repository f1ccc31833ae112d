//! What a run leaves behind: a state, a value, an answer, a number over time.

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use hannun::commands::script::Privilege;
use hannun::error::RemoteError;
use hannun::models::allowance::Allowance;
use hannun::models::check_results::CheckState;
use hannun::models::checks::CheckValues;
use hannun::models::server_states::ServerState;
use hannun::models::servers::{Server, ServerChanges};
use hannun::remote::Endpoint;

use super::{Scene, add, queue};
use crate::harness::app::TestApp;
use crate::harness::fake_host::{Act, FakeHost, Manner};
use crate::harness::known;
use crate::harness::sshd::Setup;

fn answering(answer: &str) -> CheckValues {
    let (warning, critical) = (queue().warning.filter(|_| answer != "text"), None);
    CheckValues { answer: answer.to_owned(), warning, critical, ..queue() }
}

#[actix_web::test]
async fn a_number_is_judged_by_its_limits_and_kept() {
    for (number, state) in [("9\n", CheckState::Good), ("10.5\n", CheckState::Warning), ("100", CheckState::Critical)] {
        let scene = Scene::new(Act::answer(number, "", 0)).await;
        add(&scene.app, "queue", queue(), &[]).await;
        scene.runner.plan().await.unwrap();
        assert_eq!(scene.result().await.state, CheckState::Waiting);
        assert_eq!(scene.minute().await, 1);
        let result = scene.result().await;
        assert_eq!((result.state, result.value), (state, number.trim().parse().ok()), "{number}");
        assert_eq!((result.ran_at, result.since), (Some(scene.app.database.now()), scene.app.database.now()));
        assert!(result.due_at > scene.app.database.now() && result.error.is_empty());
    }
}

#[actix_web::test]
async fn a_state_that_stays_keeps_its_beginning() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    let since = scene.result().await.since;
    scene.minute().await;
    let result = scene.result().await;
    assert_eq!((result.since, result.ran_at), (since, Some(scene.app.database.now())));
}

#[actix_web::test]
async fn the_rows_of_a_table_are_counted_and_kept() {
    let scene = Scene::new(Act::answer("unit\tstate\nnginx\tfailed\n<b>\tfailed\n", "", 0)).await;
    add(&scene.app, "units", answering("table"), &[]).await;
    scene.minute().await;
    let result = scene.result().await;
    assert_eq!((result.state, result.value), (CheckState::Good, Some(2.0)));
    let reading = result.reading().unwrap();
    assert_eq!((reading.head.join(" "), reading.rows[1].join(" ")), ("unit state".into(), "<b> failed".into()));
}

#[actix_web::test]
async fn a_text_is_kept_and_has_no_value() {
    let scene = Scene::new(Act::answer("all\nis well\0\n", "", 0)).await;
    add(&scene.app, "words", answering("text"), &[]).await;
    scene.minute().await;
    let result = scene.result().await;
    assert_eq!((result.state, result.value), (CheckState::Good, None));
    assert_eq!(result.reading().unwrap().text, "all\nis well\u{fffd}");
}

#[actix_web::test]
async fn sec_x03_what_cannot_be_read_is_a_failure_and_the_last_answer_stays() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    for (act, why) in [
        (Act::answer("many\n", "", 0), "line 1: this is no number"),
        (Act::answer("", "no such queue\n", 3), "no such queue"),
        (Act::Endless, "4096 KiB"),
    ] {
        scene.host.change(|manner| manner.acts[0].1 = act);
        scene.app.app.hosts.pool().close_all().await;
        scene.minute().await;
        let result = scene.result().await;
        assert_eq!((result.state, result.value), (CheckState::Failed, Some(12.0)));
        assert!(result.error.contains(why), "{}", result.error);
    }
}

#[actix_web::test]
async fn sec_x02_a_script_that_never_ends_is_stopped_at_its_own_deadline() {
    let scene = Scene::new(Act::Silent).await;
    add(&scene.app, "queue", CheckValues { timeout_seconds: 1, ..queue() }, &[]).await;
    scene.minute().await;
    let result = scene.result().await;
    assert!(result.state == CheckState::Failed && result.error.contains("within 1 s"), "{}", result.error);
}

#[actix_web::test]
async fn a_server_that_is_away_is_the_trouble_and_its_checks_wait() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    let Scene { app, host, server, runner } = scene;
    drop(host);
    app.app.hosts.pool().close_all().await;
    app.advance(TimeDelta::seconds(60));
    assert_eq!(runner.run_due().await.unwrap(), 1);
    let (result, _) = super::results(&app, server.id).await.remove(0);
    assert_eq!((result.state, result.value), (CheckState::Warning, Some(12.0)), "what it last found");
    assert!(result.due_at > app.database.now());
    let (id, now) = (server.id, app.database.now());
    let away = RemoteError::Unreachable { server: server.name, why: "connection refused".into() };
    app.app.db.run(move |connection| ServerState::failed(connection, id, &away, now)).await.unwrap();
    app.advance(TimeDelta::seconds(60));
    assert_eq!(runner.run_due().await.unwrap(), 0, "it is not asked while it is away");
}

#[actix_web::test]
async fn a_script_that_the_shell_cannot_read_has_failed_and_its_server_is_well() {
    let test = "a_script_that_the_shell_cannot_read_has_failed_and_its_server_is_well";
    let Some(sshd) = Setup::default().start(test) else { return };
    let app = TestApp::start().await;
    let server = known::add(&app, "web-1", &sshd.endpoint()).await;
    for (name, script) in [("a-fi", "echo 1\nfi"), ("b-quote", "echo \"1"), ("c-good", "echo 1")] {
        add(&app, name, CheckValues { script: script.to_owned(), ..queue() }, &[]).await;
    }
    let runner = super::runner(&app);
    runner.plan().await.unwrap();
    app.advance(TimeDelta::seconds(60));
    runner.run_due().await.unwrap();
    let found: Vec<_> = super::results(&app, server.id).await.into_iter().map(|(result, _)| result).collect();
    assert_eq!(
        found.iter().map(|result| result.state).collect::<Vec<_>>(),
        [CheckState::Failed, CheckState::Failed, CheckState::Good]
    );
    assert!(found[0].error.starts_with("The shell cannot read line 2 of the script"), "{}", found[0].error);
    assert!(found[1].error.contains("The shell"), "{}", found[1].error);
}

#[actix_web::test]
async fn sec_z07_checks_run_also_where_hannun_may_only_watch() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    let (id, now) = (scene.server.id, scene.app.database.now());
    let changes = ServerChanges { allow: Some(Allowance::Watch), ..ServerChanges::default() };
    scene.app.app.db.run(move |connection| Server::change(connection, id, &changes, now)).await.unwrap();
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    assert_eq!(scene.result().await.value, Some(12.0));
}

#[actix_web::test]
async fn rel_r07_a_check_that_breaks_off_on_our_side_holds_up_nothing() {
    let scene = Scene::new(Act::answer("12", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    let mut owner = scene.app.database.owner();
    let mut rename = |from, to| diesel::sql_query(format!("alter table {from} rename to {to}")).execute(&mut owner);
    scene.runner.plan().await.unwrap();
    scene.app.advance(TimeDelta::seconds(60));
    rename("platforms", "hidden").unwrap();
    assert_eq!(scene.runner.run_due().await.unwrap(), 1);
    assert_eq!(scene.result().await.state, CheckState::Waiting);
    rename("hidden", "platforms").unwrap();
    assert_eq!((scene.minute().await, scene.result().await.value), (1, Some(12.0)), "the turn was given back");
}

#[actix_web::test]
async fn the_checks_of_a_server_run_one_after_the_other_over_one_connection() {
    let scene = Scene::new(Act::answer("1", "", 0)).await;
    for name in ["a", "b", "c", "d", "e"] {
        add(&scene.app, name, queue(), &[]).await;
    }
    scene.minute().await;
    assert!(super::results(&scene.app, scene.server.id).await.iter().all(|(result, _)| result.value == Some(1.0)));
    assert_eq!((scene.host.connections(), scene.host.most_sessions()), (1, 1));
}

#[actix_web::test]
async fn what_a_check_prints_is_never_run_or_evaluated() {
    let scene = Scene::new(Act::answer("$(touch /tmp/x)\n`id`\n{{ 7*7 }}\n", "", 0)).await;
    add(&scene.app, "words", answering("text"), &[]).await;
    scene.minute().await;
    assert_eq!(scene.result().await.reading().unwrap().text, "$(touch /tmp/x)\n`id`\n{{ 7*7 }}");
    let page = scene.app.viewer().await.get("/servers/web-1/checks").await.ok();
    assert!(page.text("details pre").contains("{{ 7*7 }}"));
}

#[actix_web::test]
async fn what_one_check_asked_of_sudo_stays_known_when_another_asks() {
    let known_line = |name: &str| Act::answer(&format!("command\tno\t/usr/bin/cat\tcat /etc/{name}\n"), "", 0);
    let manner = Manner::default()
        .when("MINE", Act::answer("1", "", 0))
        .when("cat /etc/one", known_line("one"))
        .when("cat /etc/two", known_line("two"))
        .when("os-release", Act::answer(super::DEBIAN, "", 0))
        .when("everything", Act::answer("", "", 0));
    let host = FakeHost::start(manner).await;
    let app = TestApp::start().await;
    known::add(&app, "web-1", &Endpoint { privilege: Privilege::Sudo, ..host.endpoint() }).await;
    for (name, script) in [("one", "MINE\n$as_root cat /etc/one"), ("two", "MINE\n$as_root cat /etc/two")] {
        add(&app, name, CheckValues { script: script.to_owned(), ..queue() }, &[]).await;
    }
    let runner = super::runner(&app);
    runner.plan().await.unwrap();
    app.advance(TimeDelta::seconds(60));
    runner.run_due().await.unwrap();
    let questions: Vec<String> = host.ran().into_iter().filter(|script| script.contains("echo everything")).collect();
    let last = questions.last().unwrap();
    assert!(last.contains("cat /etc/one") && last.contains("cat /etc/two"), "{last}");
}
