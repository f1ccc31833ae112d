//! A destination that is a command: run once, with the rights of the owner, on a real server.

use chrono::TimeDelta;
use hannun::commands::{AddedCommand, Catalog, CommandType, Conditions};
use hannun::installations::ask::RunExecution;
use hannun::models::command_runs::CommandRun;
use hannun::models::deliveries::{Delivery, DeliveryState};
use hannun::models::executions::{Execution, ExecutionState};
use hannun::models::ids::{ExecutionId, ScenarioId};
use hannun::models::runs::RunState;
use hannun::models::scenarios::NewDestination;
use serde_json::{Value, json};

use super::{Stage, always, each_five_minutes};
use crate::harness::known;
use crate::harness::scenarios::due;
use crate::harness::ssh::{eventually, runs};
use crate::harness::sshd::{Setup, Sshd};
use crate::outbound::receiver::ok;

/// A stage with a server `db-1` that answers.
async fn stage(test: &str) -> Option<(Stage, Sshd)> {
    let sshd = Setup::default().user("hannun-test", "/bin/sh").start(test)?;
    let stage = Stage::set(|_| ok("")).await;
    known::add(&stage.app, "db-1", &sshd.endpoint()).await;
    Some((stage, sshd))
}

fn command(words: &str, more: &Value) -> NewDestination {
    let mut settings = json!({ "command": words, "server": "db-1", "run_as": "user", "variables": "",
        "time_limit_seconds": 30 });
    for (name, value) in more.as_object().unwrap() {
        settings[name] = value.clone();
    }
    NewDestination {
        kind: "run_command".to_owned(),
        settings,
        channel_id: None,
        condition: always(),
        at_most_once: false,
    }
}

/// A scenario whose run has asked for its command, which nobody has begun.
async fn asked(stage: &Stage, destination: NewDestination) -> ScenarioId {
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![destination]).await;
    stage.fire().await;
    stage.execute("update scenarios set enabled = false");
    let job = stage.entry();
    stage.scenarios.work(&job).await.unwrap();
    id
}

async fn one(stage: &Stage, id: ScenarioId) -> Delivery {
    let run = stage.runs(id).await.remove(0);
    stage.deliveries(run.id).await.remove(0)
}

async fn commands(stage: &Stage, id: ScenarioId) -> Vec<CommandRun> {
    let delivery = one(stage, id).await.id;
    stage.app.app.db.run(move |connection| CommandRun::of_delivery(connection, delivery)).await.unwrap()
}

async fn output(stage: &Stage, id: ExecutionId) -> String {
    let parts = stage.app.app.db.run(move |connection| Execution::output(connection, id, 0)).await.unwrap();
    String::from_utf8(parts.into_iter().flat_map(|part| part.bytes).collect()).unwrap()
}

/// Looks at what waits until nothing does.
async fn to_the_end(stage: &Stage) {
    for _ in 0..5 {
        stage.work_off().await;
        stage.advance(TimeDelta::seconds(3));
        stage.fire().await;
    }
    stage.work_off().await;
}

#[actix_web::test]
async fn rel_j03_a_command_runs_once_and_is_told_when_it_has_ended() {
    let test = "rel_j03_a_command_runs_once_and_is_told_when_it_has_ended";
    let Some((stage, _sshd)) = stage(test).await else { return };
    let variables = "CPU={{ cpu.total }}\nODD={{ \"x'; touch /tmp/hannun-odd; $(id)\" }}";
    let words = "printf '%s|%s' \"$SCENARIO_CPU\" \"$SCENARIO_ODD\"; cat; env | grep -c '^SCENARIO_'";
    let id = asked(&stage, command(words, &json!({ "variables": variables }))).await;
    let waits = one(&stage, id).await;
    assert_eq!((waits.state, waits.tries), (DeliveryState::Pending, 1), "{:?}", waits.why());
    assert_eq!(stage.runs(id).await[0].state, RunState::Delivering);
    to_the_end(&stage).await;
    let ran = commands(&stage, id).await;
    assert_eq!((ran.len(), ran[0].state, ran[0].actor.as_str()), (1, ExecutionState::Succeeded, "jiwon"));
    assert_eq!(output(&stage, ran[0].id).await, "84.5|x'; touch /tmp/hannun-odd; $(id)2\n");
    assert!(!std::path::Path::new("/tmp/hannun-odd").exists(), "X05: a value is no part of the command");
    let told = one(&stage, id).await;
    assert_eq!((told.state, told.tries, told.status), (DeliveryState::Delivered, 1, Some(0)), "{:?}", told.why());
    assert_eq!(stage.runs(id).await[0].state, RunState::Succeeded);
    let log = stage.app.audit().await;
    let about = log.iter().filter(|event| event.action == "run_command" && event.actor == "jiwon").count();
    assert_eq!(about, 2, "asked for and ended");
}

#[actix_web::test]
async fn sec_x05_a_script_of_an_administrators_own_is_given_no_values_which_it_could_take_for_the_text() {
    let test = "sec_x05_a_script_of_an_administrators_own_is_given_no_values_which_it_could_take_for_the_text";
    let Some((stage, sshd)) = stage(test).await else { return };
    let own = AddedCommand {
        command_type: CommandType::RunCommand,
        name: "own".to_owned(),
        on: Conditions { os: vec!["linux".to_owned()], ..Conditions::default() },
        script: "$as_root_fed /bin/sh".to_owned(),
        format: "content".to_owned(),
    };
    stage.app.app.hosts.replace_catalog(Catalog::built_in().with_added(vec![own]).unwrap());
    let file = sshd.home("hannun-test").join("it-ran");
    let variables = format!("ODD={{{{ \"x touch {}\" }}}}", file.display());
    let id = asked(&stage, command("true", &json!({ "variables": variables }))).await;
    to_the_end(&stage).await;
    let told = one(&stage, id).await;
    assert_eq!((told.state, commands(&stage, id).await.len()), (DeliveryState::Failed, 0), "{:?}", told.why());
    assert!(told.why().unwrap().to_string().contains("takes no parameters"), "{:?}", told.why());
    assert!(!file.exists());
}

#[actix_web::test]
async fn a_command_that_fails_is_told_with_its_status_and_not_run_again() {
    let test = "a_command_that_fails_is_told_with_its_status_and_not_run_again";
    let Some((stage, _sshd)) = stage(test).await else { return };
    let id = asked(&stage, command("exit 3", &json!({}))).await;
    to_the_end(&stage).await;
    let told = one(&stage, id).await;
    assert_eq!((told.state, told.status, commands(&stage, id).await.len()), (DeliveryState::Failed, Some(3), 1));
    assert_eq!(stage.runs(id).await[0].state, RunState::Failed);
}

#[actix_web::test]
async fn rel_j03_j04_what_may_have_been_done_is_told_as_that_and_not_done_again() {
    let test = "rel_j03_j04_what_may_have_been_done_is_told_as_that_and_not_done_again";
    let Some((stage, _sshd)) = stage(test).await else { return };
    let id = asked(&stage, command("true", &json!({}))).await;
    // As if the one who asked had died before it said so.
    let lost = "update deliveries set state = 'sending', next_try_at = null, lease_until = now() - interval '10 years'";
    stage.execute(lost);
    stage.fire().await;
    // And as if the one who ran it had died with it.
    stage.execute("delete from apalis.jobs where job_type = 'executions'");
    stage.execute(
        "update executions set state = 'running', started_at = now(), lease_until = now() - interval '10 years'",
    );
    let (id_of, now) = (commands(&stage, id).await[0].id, stage.now());
    let lost = stage.app.app.db.run(move |connection| Execution::free_lost(connection, now)).await.unwrap();
    let token = lost.iter().find(|(lost, _)| *lost == id_of).unwrap().1;
    let again = RunExecution { execution: id_of, token };
    assert!(stage.commands().work(&again).await.unwrap());
    to_the_end(&stage).await;
    let ran = commands(&stage, id).await;
    assert_eq!((ran.len(), ran[0].state), (1, ExecutionState::Unknown));
    assert_eq!(one(&stage, id).await.state, DeliveryState::Unknown);
}

#[actix_web::test]
async fn sec_z04_a_command_needs_the_rights_that_its_owner_has_now() {
    let Some((stage, _sshd)) = stage("sec_z04_a_command_needs_the_rights_that_its_owner_has_now").await else { return };
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.5).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![command("true", &json!({}))]).await;
    stage.execute("update users set role = 'viewer' where name = 'jiwon'");
    stage.fire().await;
    to_the_end(&stage).await;
    let run = stage.runs(id).await.remove(0);
    assert_eq!((run.state, stage.deliveries(run.id).await.len()), (RunState::Refused, 0), "{:?}", run.why());
    assert!(!stage.row(id).await.enabled, "it is switched off");
}

#[actix_web::test]
async fn rel_j07_stopping_a_run_ends_its_command_on_the_server() {
    let test = "rel_j07_stopping_a_run_ends_its_command_on_the_server";
    let Some((stage, _sshd)) = stage(test).await else { return };
    let id = asked(&stage, command("sleep 98.765", &json!({ "time_limit_seconds": 120 }))).await;
    let job = serde_json::json!({ "execution": commands(&stage, id).await[0].id, "token": 0 });
    let (worker, job) = (stage.commands(), serde_json::from_value(job).unwrap());
    let working = tokio::spawn(async move { worker.work(&job).await.unwrap() });
    eventually("it runs", || runs("sleep 98.765")).await;
    let run = stage.runs(id).await.remove(0).id;
    stage.stop(run).await;
    assert!(working.await.unwrap());
    eventually("it has ended", || !runs("sleep 98.765")).await;
    assert_eq!(stage.runs(id).await[0].state, RunState::Stopped);
    assert_eq!(commands(&stage, id).await[0].state, ExecutionState::Stopped);
}
