//! One run: reads, decides, tells; and what becomes of it where a process dies in between.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chrono::TimeDelta;
use hannun::models::deliveries::DeliveryState;
use hannun::models::runs::{Run, RunState};
use hannun::models::scenarios::{Destination, NewScenario, Overlap, Scenario};
use hannun::scenarios::wish::of_kept;
use hannun::scenarios::{Wish, keep};
use serde_json::{Value, json};

use super::{Stage, always, each_five_minutes};
use crate::harness::scenarios::due;
use crate::outbound::receiver::{answer, ok};

fn above(limit: f64) -> Value {
    json!({ "kind": "while", "question": "above", "value": "cpu.total", "limit": limit })
}

#[actix_web::test]
async fn what_was_measured_is_told_to_those_whose_condition_holds() {
    let stage = Stage::set(|_| ok("")).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 84.25).await;
    let destinations = vec![stage.post(always()), stage.post(above(90.0)), stage.post(above(80.0))];
    let id = stage.add(due(each_five_minutes(), stage.now()), destinations).await;
    stage.fire().await;
    stage.work_off().await;
    let run = &stage.runs(id).await[0];
    assert_eq!((run.state, run.why()), (RunState::Succeeded, None));
    assert_eq!(run.readings[0]["values"]["cpu"]["total"], 84.25);
    let states: Vec<DeliveryState> = stage.deliveries(run.id).await.iter().map(|delivery| delivery.state).collect();
    assert_eq!(states, [DeliveryState::Delivered, DeliveryState::NotWanted, DeliveryState::Delivered]);
    let asked = stage.told.asked();
    assert_eq!(asked.len(), 2);
    let body: Value = serde_json::from_str(asked[0].split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let reading = &body["readings"][0];
    assert_eq!((reading["server"]["name"].as_str(), reading["cpu"]["total"].as_f64()), (Some("web-1"), Some(84.25)));
    assert_eq!(reading["scenario"]["name"], "Morning check");
    assert!(reading["link"].as_str().unwrap().ends_with(&format!("/runs/{}", run.id)));
}

#[actix_web::test]
async fn a_source_that_reads_nothing_is_said_and_told_where_that_is_wanted() {
    let stage = Stage::set(|_| ok("")).await;
    let destinations = vec![stage.post(always()), stage.post(json!({ "kind": "failed" }))];
    let id = stage.add(due(each_five_minutes(), stage.now()), destinations).await;
    stage.fire().await;
    stage.work_off().await;
    let run = &stage.runs(id).await[0];
    assert_eq!(run.state, RunState::Failed);
    assert_eq!(run.why().unwrap().to_string(), "1 of 1 servers could not be read");
    let asked = stage.told.asked();
    assert_eq!(asked.len(), 1, "only the one that asked for it");
    assert!(asked[0].contains("Nothing was measured on web-1 in the 60 s before"), "{}", asked[0]);
}

#[actix_web::test]
async fn rel_j05_j04_what_a_dead_process_had_in_hand_is_done_by_another_and_told_once() {
    let stage = Stage::set(|_| ok("")).await;
    stage.measured("cpu.total", stage.now(), 10.0).await;
    let id =
        stage.add(due(each_five_minutes(), stage.now() + TimeDelta::seconds(20)), vec![stage.post(always())]).await;
    stage.advance(TimeDelta::seconds(20));
    stage.fire().await;
    let stale = stage.taken_and_left().await;
    stage.advance(TimeDelta::seconds(59));
    assert_eq!(stage.fire().await, 0, "it may be alive");
    stage.advance(TimeDelta::seconds(2));
    assert_eq!(stage.fire().await, 1);
    stage.work_off().await;
    let run = &stage.runs(id).await[0];
    assert_eq!((run.state, run.tries, run.token), (RunState::Succeeded, 2, 1));
    // The one that was thought dead comes back (J02).
    stage.scenarios.work(&stale).await.unwrap();
    assert_eq!((stage.told.asked().len(), stage.runs(id).await.len()), (1, 1));
}

#[actix_web::test]
async fn rel_j03_a_run_that_ends_its_worker_is_begun_three_times_and_then_failed() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    for _ in 0..3 {
        stage.fire().await;
        stage.taken_and_left().await;
        stage.advance(TimeDelta::seconds(61));
    }
    stage.fire().await;
    stage.work_off().await;
    let run = &stage.runs(id).await[0];
    assert_eq!((run.state, run.tries), (RunState::Failed, 4));
    assert_eq!(run.why().unwrap().to_string(), "It ended its worker 3 times, and is not begun again");
    assert!(stage.told.asked().is_empty());
}

#[actix_web::test]
async fn rel_j07_a_run_that_was_stopped_while_its_worker_was_dead_reads_and_tells_nothing() {
    let stage = Stage::set(|_| ok("")).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    stage.taken_and_left().await;
    stage.stop(stage.runs(id).await[0].id).await;
    assert_eq!(stage.runs(id).await[0].state, RunState::Running, "somebody may have it in hand");
    stage.advance(TimeDelta::seconds(61));
    stage.fire().await;
    stage.work_off().await;
    let run = stage.runs(id).await.remove(0);
    assert_eq!((run.state, run.why().unwrap().to_string().as_str()), (RunState::Stopped, "jiwon stopped it"));
    assert!(stage.told.asked().is_empty());
}

#[actix_web::test]
async fn rel_j07_a_run_that_waits_does_not_begin_beside_another_one_when_an_old_message_arrives() {
    static ASKED: AtomicUsize = AtomicUsize::new(0);
    let stage = Stage::set(move |_| match ASKED.fetch_add(1, Ordering::SeqCst) {
        0 => answer(503, ""),
        _ => ok(""),
    })
    .await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    let new = NewScenario {
        overlap: Overlap::Queue,
        source_settings: json!({ "window_seconds": 3_600 }),
        ..due(each_five_minutes(), stage.now())
    };
    let id = stage.add(new, vec![stage.post(always())]).await;
    stage.fire().await;
    stage.work_off().await;
    assert_eq!(stage.runs(id).await[0].state, RunState::Delivering);
    // The next two come before that message does: one is at work, one waits.
    stage.execute("update deliveries set next_try_at = next_try_at + interval '1 hour', give_up_at = give_up_at + interval '1 day'");
    for _ in 0..2 {
        stage.advance(stage.row(id).await.next_slot.unwrap() - stage.now());
        stage.fire().await;
    }
    let states = |runs: Vec<Run>| runs.iter().map(|run| run.state).collect::<Vec<_>>();
    assert_eq!(states(stage.runs(id).await), [RunState::Delivering, RunState::Queued, RunState::Waiting]);
    let first = stage.runs(id).await[0].id;
    stage.stop(first).await;
    assert_eq!(states(stage.runs(id).await), [RunState::Stopped, RunState::Queued, RunState::Waiting]);
    stage.work_off().await;
    assert_eq!(states(stage.runs(id).await)[1..], [RunState::Succeeded, RunState::Succeeded]);
}

#[actix_web::test]
async fn rel_r04_runs_that_are_taken_while_the_database_is_away_are_begun_when_it_is_back() {
    let stage = Stage::set(|_| ok("")).await;
    stage.measured("cpu.total", stage.now() - TimeDelta::seconds(20), 10.0).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    stage.fire().await;
    let entry = stage.entry();
    stage.app.database.go_away();
    let comes_back = async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        stage.app.database.come_back();
    };
    let (worked, ()) = tokio::join!(stage.scenarios.work(&entry), comes_back);
    worked.unwrap();
    assert_eq!((stage.runs(id).await[0].state, stage.told.asked().len()), (RunState::Succeeded, 1));
}

#[actix_web::test]
async fn rel_j01_saving_a_scenario_at_the_moment_at_which_it_is_due_loses_nothing() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(always())]).await;
    let (owner, now) = (stage.owner.clone(), stage.now());
    let saved = stage.app.app.db.transaction(move |connection| {
        let actor = owner.actor(connection, None)?;
        let scenario = Scenario::by_id(connection, id)?;
        let wish = of_kept(&scenario, &Destination::of(connection, id)?, &[])?;
        let wish = Wish { name: "Renamed".to_owned(), ..wish };
        keep::save(connection, &actor, (id, scenario.version), wish, now)
    });
    assert_eq!(saved.await.unwrap().next_slot, Some(now));
    assert_eq!((stage.fire().await, stage.runs(id).await.len()), (1, 1));
}

#[actix_web::test]
async fn rel_r10_runs_are_forgotten_with_what_they_told_ninety_days_after_their_end() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), vec![stage.post(json!({ "kind": "failed" }))]).await;
    stage.fire().await;
    stage.work_off().await;
    let run = stage.runs(id).await.remove(0).id;
    for (days, left) in [(90, 1), (1, 0)] {
        stage.advance(TimeDelta::days(days));
        crate::harness::recurring::run(&stage.app, "forget_runs").await;
        assert_eq!((stage.runs(id).await.len(), stage.deliveries(run).await.len()), (left, left), "{days}");
    }
}

#[actix_web::test]
async fn a_condition_looks_at_the_runs_before_this_one() {
    let stage = Stage::set(|_| ok("")).await;
    let three = json!({ "kind": "while", "question": "above", "value": "cpu.total", "limit": 80.0, "for_runs": 3 });
    let recovered = json!({ "kind": "recovered", "question": "above", "value": "cpu.total", "limit": 80.0 });
    let id = stage.add(
        NewScenario { source_settings: json!({ "window_seconds": 10 }), ..due(each_five_minutes(), stage.now()) },
        vec![stage.post(three), stage.post(recovered)],
    );
    let id = id.await;
    let mut told = Vec::new();
    for cpu in [90.0, 91.0, 92.0, 10.0] {
        let next = stage.row(id).await.next_slot.unwrap();
        stage.measured("cpu.total", next - TimeDelta::seconds(10), cpu).await;
        stage.advance(next - stage.now());
        stage.fire().await;
        stage.work_off().await;
        told.push(stage.told.asked().len());
    }
    assert_eq!(told, [0, 0, 1, 2], "{:?}", stage.runs(id).await);
}
