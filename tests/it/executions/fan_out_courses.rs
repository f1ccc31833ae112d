//! In which order one command runs on many servers, and what becomes of it when a process dies or rights end.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::{executions, fan_outs, users};
use hannun::error::Error;
use hannun::executions::fan_out::{self, Asking};
use hannun::executions::{FanOutWish, RunFanOut};
use hannun::models::actor::{Actor, Role, Scope};
use hannun::models::audit::{AuditEvent, AuditFilter};
use hannun::models::executions::ExecutionState;
use hannun::models::fan_outs::{FanOut, FanOutState, Member, MemberState};
use hannun::models::ids::FanOutId;
use hannun::models::servers::Server;
use hannun::queue::entry;
use serde_json::{Value, json};

use super::Stage;
use super::fan_outs::{ask, column, end_of, once, three};
use crate::api::program::program;
use crate::harness::app::TestApp;
use crate::harness::known;
use crate::harness::members::Shared;
use crate::harness::ssh::eventually;

/// How long it may take until what a process that died had in hand is somebody else's (J05).
const FREED: Duration = Duration::from_mins(2);

#[actix_web::test]
async fn batches_come_one_after_another_with_a_pause_between_them() {
    let test = "batches_come_one_after_another_with_a_pause_between_them";
    let Some((stage, _sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let wish = json!({ "servers": ["all"], "command": "true", "batch_size": 1, "pause_seconds": 1 });
    let found = end_of(&operator, &ask(&operator, wish).await).await;
    assert_eq!(
        (&found["state"], column(&found, "batch")),
        (&json!("succeeded"), vec![&json!(0), &json!(1), &json!(2)])
    );
    let time = |item: &Value, name: &str| item[name].as_str().unwrap().parse::<DateTime<Utc>>().unwrap();
    let items = found["items"].as_array().unwrap();
    for pair in items.windows(2) {
        let pause = time(&pair[1], "started_at") - time(&pair[0], "ended_at");
        assert!(pause >= chrono::TimeDelta::milliseconds(990), "{pause}: {found}");
    }
}

#[actix_web::test]
async fn where_the_first_server_fails_or_enough_have_failed_no_other_begins() {
    let test = "where_the_first_server_fails_or_enough_have_failed_no_other_begins";
    let Some((stage, _sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let canary = json!({ "servers": ["all"], "command": "exit 3", "canary": true });
    let found = end_of(&operator, &ask(&operator, canary).await).await;
    assert_eq!(
        (&found["state"], column(&found, "exit_status")),
        (&json!("failed"), vec![&json!(3), &Value::Null, &Value::Null])
    );
    assert!(found["items"][1]["why"].as_str().unwrap().contains("the first server failed"), "{found}");

    let wish = json!({ "servers": ["all"], "command": "exit 4", "batch_size": 1, "stop_after": 2 });
    let found = end_of(&operator, &ask(&operator, wish).await).await;
    assert_eq!(column(&found, "exit_status"), [&json!(4), &json!(4), &Value::Null], "{found}");
    assert!(found["why"].as_str().unwrap().contains("2 servers had failed"), "{found}");
    assert_eq!((&found["counts"]["failed"], &found["counts"]["stopped"]), (&json!(2), &json!(1)));
}

/// As if nobody had been heard of for long: another process takes it over.
async fn take_over(stage: &Stage, id: i64) {
    let taken = stage.app.app.db.transaction(move |connection| {
        let token: i64 = diesel::update(fan_outs::table.find(id))
            .set((fan_outs::token.eq(fan_outs::token + 1), fan_outs::lease_until.eq(None::<DateTime<Utc>>)))
            .returning(fan_outs::token)
            .get_result(connection)?;
        Ok(entry(&RunFanOut { fan_out: FanOutId(id), token })?.insert(connection)?)
    });
    assert!(taken.await.unwrap());
}

#[actix_web::test]
async fn job_j05_another_process_goes_on_with_those_that_wait_and_begins_none_twice() {
    let test = "job_j05_another_process_goes_on_with_those_that_wait_and_begins_none_twice";
    let Some((stage, sshd)) = three(test).await else { return };
    let operator = program(&stage.app, Role::Operator).await;
    let file = sshd.home("hannun-test").join("count");
    let command = format!("echo once >> {}; sleep 2", file.display());
    let path = ask(&operator, json!({ "servers": ["all"], "command": command, "batch_size": 1 })).await;
    eventually("the first one", || std::fs::read_to_string(&file).is_ok_and(|text| text == "once\n")).await;
    let id = operator.get(&path).await.status(200)["id"].as_i64().unwrap();
    take_over(&stage, id).await;
    let found = end_of(&operator, &path).await;
    assert_eq!(found["counts"]["waiting"], json!(0), "{found}");
    assert_eq!(std::fs::read_to_string(&file).unwrap().lines().count(), 3, "each server once: {found}");
    let log = stage.app.audit().await;
    let asked = log.iter().filter(|event| event.action == "run_command" && event.outcome.name() == "asked").count();
    assert_eq!(asked, 3);
}

/// A command for all servers, two at a time.
fn ask_for_two_at_a_time(shared: &Shared, command: String) -> FanOutId {
    let wish = FanOutWish { servers: vec!["all".to_owned()], command, batch_size: Some(2), ..FanOutWish::default() };
    // The processes connect as the owner, to whom the queue belongs here.
    let asked = shared.database.owner().transaction(|connection| {
        let servers = Server::all(connection, &Scope::All)?;
        fan_out::ask(connection, &Actor::system("test"), (&wish, &servers), Asking::default(), Utc::now())
    });
    asked.map_err(|error: Error| format!("{error:?}")).unwrap().id
}

/// As if a minute had passed in which nobody heard of what goes on.
fn a_minute_passes(shared: &Shared) {
    let (connection, before) = (&mut shared.database.connection(), Utc::now() - TimeDelta::seconds(1));
    let open = fan_outs::table.filter(fan_outs::ended_at.is_null());
    diesel::update(open).set(fan_outs::lease_until.eq(before)).execute(connection).unwrap();
    let open = executions::table.filter(executions::ended_at.is_null());
    diesel::update(open).set(executions::lease_until.eq(before)).execute(connection).unwrap();
}

#[test]
fn job_j03_j05_once_its_process_is_killed_another_one_runs_the_rest_and_nobody_knows_of_what_ran() {
    let test = "job_j03_j05_once_its_process_is_killed_another_one_runs_the_rest_and_nobody_knows_of_what_ran";
    let Some(shared) = Shared::new(test, 4) else { return };
    let folder = tempfile::tempdir().unwrap();
    let (count, go) = (folder.path().join("count"), folder.path().join("go"));
    let times = || std::fs::read_to_string(&count).unwrap_or_default().lines().count();
    let victim = shared.start("victim", "work", "5s");
    // Until somebody lets them go, they stay.
    let command = format!("echo once >> {}; [ -e {} ] || sleep 100", count.display(), go.display());
    let id = ask_for_two_at_a_time(&shared, command);
    shared.eventually("two of them run", || times() == 2);
    victim.program.kill();
    std::fs::write(&go, "").unwrap();
    a_minute_passes(&shared);

    let _other = shared.start("other", "work", "5s");
    let found = || FanOut::by_id(&mut shared.database.connection(), id).unwrap();
    shared.eventually_within(FREED, "its end", || found().ended_at.is_some());
    assert_eq!(times(), 4, "each server once: {}", shared.logs());
    let members = FanOut::members(&mut shared.database.connection(), id).unwrap();
    let standing: Vec<ExecutionState> = members.iter().map(Member::standing).collect();
    let (unknown, succeeded) = (ExecutionState::Unknown, ExecutionState::Succeeded);
    assert_eq!(standing, [unknown, unknown, succeeded, succeeded], "{members:?}");
    let why = members[0].why().unwrap().to_string();
    assert!(why.starts_with("The process of hannun that ran it has ended"), "{why}");
    assert_eq!(found().state, FanOutState::Partly);
    let filter = AuditFilter { action: Some("run_command".to_owned()), ..AuditFilter::default() };
    let log = AuditEvent::latest(&mut shared.database.connection(), &filter, 100).unwrap();
    let told = |outcome: &str| log.iter().filter(|event| event.outcome.name() == outcome).count();
    assert_eq!((told("asked"), told("unknown"), told("succeeded")), (4, 2, 2), "{log:?}");
}

#[actix_web::test]
async fn job_j05_what_a_program_worked_on_itself_goes_on_nowhere_else_once_it_has_ended() {
    let app = TestApp::start().await;
    let server = known::answering(&app, "web-1").await;
    let now = app.database.now();
    let begun = app.app.db.transaction(move |connection| {
        let wish = FanOutWish { servers: vec!["web-1".to_owned()], command: "id".to_owned(), ..FanOutWish::default() };
        let asking = Asking { is_attended: true, ..Asking::default() };
        fan_out::ask(connection, &Actor::system("test"), (&wish, &[server]), asking, now)
    });
    let id = begun.await.unwrap().id;
    let later = now + chrono::TimeDelta::seconds(61);
    let freed = app.app.db.transaction(move |connection| fan_out::free_lost(connection, later));
    assert_eq!(freed.await.unwrap(), 1);
    let found = app.app.db.run(move |connection| {
        Ok::<_, hannun::error::Error>((FanOut::by_id(connection, id)?, FanOut::members(connection, id)?))
    });
    let (ended, members) = found.await.unwrap();
    assert_eq!(ended.state, FanOutState::Failed);
    assert_eq!(ended.why().unwrap().to_string(), "The program that ran it has ended");
    assert!(members.iter().all(|member| member.state == MemberState::Left && member.execution.is_none()));
}

#[actix_web::test]
async fn sec_z04_whose_account_is_switched_off_begins_nothing_more() {
    let test = "sec_z04_whose_account_is_switched_off_begins_nothing_more";
    let Some((stage, _sshd)) = three(test).await else { return };
    let person = stage.app.signed_in("jiwon", Role::Operator, Scope::All).await;
    let fields =
        [("servers", "all"), ("command", "sleep 1"), ("batch_size", "1"), ("pause_seconds", "1"), ("count", "3")];
    let answer = person.post("/run", fields).await;
    let place = answer.header("location").unwrap().to_owned();
    let administrator = program(&stage.app, Role::Administrator).await;
    let path = place.replace("/run/", "/api/v1/fan-outs/");
    once(&administrator, &path, "its beginning", |found| !found["items"][0]["execution"].is_null()).await;
    let now = stage.app.database.now();
    let off = stage.app.app.db.run(move |connection| {
        diesel::update(users::table.filter(users::name.eq("jiwon"))).set(users::disabled_at.eq(now)).execute(connection)
    });
    off.await.unwrap();
    let found = end_of(&administrator, &path).await;
    assert_eq!(found["state"], json!("partly"), "{found}");
    for item in &found["items"].as_array().unwrap()[1..] {
        assert!(item["execution"].is_null() && item["why"].as_str().unwrap().contains("jiwon"), "{item}");
    }
}
