//! From a slot to a run.

use chrono::TimeDelta;
use hannun::models::runs::{Cause, RunState};
use hannun::models::scenarios::{Missed, NewScenario, Overlap};
use serde_json::json;

use super::{Stage, always, each_five_minutes};
use crate::harness::scenarios::due;
use crate::outbound::receiver::ok;

#[actix_web::test]
async fn rel_j01_j02_a_slot_becomes_one_run_however_many_look_and_the_next_slot_is_written_with_it() {
    let stage = Stage::set(|_| ok("")).await;
    let slot = stage.now();
    let id = stage.add(due(each_five_minutes(), slot), vec![stage.post(always())]).await;
    let fired = futures_util::future::join_all((0..4).map(|_| stage.fire())).await;
    assert_eq!(fired.iter().sum::<usize>(), 1, "{fired:?}");
    let runs = stage.runs(id).await;
    assert_eq!(runs.len(), 1);
    assert_eq!((runs[0].state, runs[0].cause, runs[0].scheduled_for), (RunState::Queued, Cause::Cron, Some(slot)));
    let next = stage.row(id).await.next_slot.unwrap();
    assert!(next > slot && next <= slot + TimeDelta::minutes(5), "{next}");
}

#[actix_web::test]
async fn rel_j06_after_three_hours_one_late_run_stands_for_all_and_the_others_are_listed() {
    let stage = Stage::set(|_| ok("")).await;
    // The clock of a test stands at a full five minutes, or somewhere behind one.
    let first = stage.now() - TimeDelta::seconds(stage.now().timestamp().rem_euclid(300));
    let id = stage.add(due(each_five_minutes(), first), vec![stage.post(always())]).await;
    let quiet = due(each_five_minutes(), first);
    let quiet = stage.add(NewScenario { name: "Quiet".to_owned(), missed: Missed::Skip, ..quiet }, Vec::new()).await;
    stage.advance(first + TimeDelta::minutes(178) - stage.now());
    assert_eq!(stage.fire().await, 2);
    let runs = stage.runs(id).await;
    assert_eq!((runs.len(), runs[0].is_late, runs[0].state), (1, true, RunState::Queued));
    assert_eq!(runs[0].missed.as_array().unwrap().len(), 35);
    let skipped = stage.runs(quiet).await;
    assert_eq!((skipped.len(), skipped[0].state), (1, RunState::Missed));
    assert_eq!(stage.work_off().await, 1, "only one of them is run");
}

#[actix_web::test]
async fn rel_j07_a_slot_that_comes_while_a_run_goes_on_is_skipped_waits_or_runs_beside_it() {
    let stage = Stage::set(|_| ok("")).await;
    let slot = stage.now() - TimeDelta::seconds(stage.now().timestamp().rem_euclid(300));
    let mut ids = Vec::new();
    for (name, overlap, most) in
        [("skip", Overlap::Skip, 1), ("queue", Overlap::Queue, 1), ("parallel", Overlap::Parallel, 2)]
    {
        let new = due(each_five_minutes(), slot);
        let new = NewScenario { name: name.to_owned(), overlap, parallel_most: most, ..new };
        ids.push(stage.add(new, Vec::new()).await);
    }
    for _ in 0..4 {
        stage.fire().await;
        stage.advance(TimeDelta::minutes(5));
    }
    let mut told = Vec::new();
    for id in &ids {
        told.push(stage.runs(*id).await.iter().map(|run| run.state).collect::<Vec<_>>());
    }
    assert_eq!(told[0], [RunState::Queued, RunState::Skipped, RunState::Skipped, RunState::Skipped]);
    assert_eq!(told[1], [RunState::Queued, RunState::Waiting, RunState::Skipped, RunState::Skipped]);
    assert_eq!(told[2], [RunState::Queued, RunState::Queued, RunState::Skipped, RunState::Skipped]);
    let why = stage.runs(ids[0]).await[1].why().unwrap().to_string();
    assert_eq!(why, "The run before it was still going on");
    stage.work_off().await;
    let ended = stage.runs(ids[1]).await;
    assert!(
        ended.iter().all(|run| run.ended_at.is_some()),
        "what waited began when the one before it had ended: {ended:?}"
    );
}

#[actix_web::test]
async fn rel_j09_a_clock_that_goes_back_fires_nothing_twice() {
    let stage = Stage::set(|_| ok("")).await;
    let id = stage.add(due(each_five_minutes(), stage.now()), Vec::new()).await;
    stage.fire().await;
    stage.work_off().await;
    stage.advance(TimeDelta::hours(-2));
    assert_eq!(stage.fire().await, 0);
    stage.advance(TimeDelta::hours(2));
    assert_eq!((stage.fire().await, stage.runs(id).await.len()), (0, 1));
}

#[actix_web::test]
async fn a_scenario_that_is_switched_off_is_not_fired_and_a_date_comes_once() {
    let stage = Stage::set(|_| ok("")).await;
    let now = stage.now();
    let off = NewScenario { enabled: false, ..due(each_five_minutes(), now) };
    let off = stage.add(off, Vec::new()).await;
    let date = json!({ "when": { "kind": "date", "at": now }, "time_zone": "Asia/Seoul" });
    let once = NewScenario { name: "Once".to_owned(), ..due(date, now) };
    let once = stage.add(once, Vec::new()).await;
    assert_eq!(stage.fire().await, 1);
    stage.advance(TimeDelta::days(1));
    assert_eq!(stage.fire().await, 0);
    assert_eq!((stage.runs(off).await.len(), stage.runs(once).await[0].cause), (0, Cause::Date));
    assert_eq!(stage.row(once).await.next_slot, None);
}
