//! Processes that are killed while scenarios run: a receiver of its own writes down what arrived, and a checker compares that with what
//! hannun says of it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use diesel::prelude::*;
use hannun::db::schema::{deliveries, runs, scenarios};
use hannun::models::actor::{Rights, Role, Scope};
use hannun::models::deliveries::{Delivery, DeliveryState};
use hannun::models::runs::{Run, RunState};
use hannun::models::scenarios::{NewDestination, NewScenario, Overlap};
use hannun::models::users::NewUser;
use hannun::secret::{SecretText, password};
use serde_json::{Value, json};

use crate::harness::members::Shared;
use crate::harness::scenarios::due;
use crate::outbound::receiver::{Receiver, ok};

/// Seconds between two slots.
const EVERY: i64 = 10;
/// Scenarios that run side by side.
const MANY: usize = 20;

/// What is wrong with what hannun says, beside what arrived; nothing where all is well.
fn faults(runs: &[Run], deliveries: &[Delivery], arrived: &[String]) -> Vec<String> {
    let mut faults = Vec::new();
    let mut slots: BTreeMap<i64, Vec<DateTime<Utc>>> = BTreeMap::new();
    for run in runs {
        if run.ended_at.is_none() {
            faults.push(format!("run {} never ended: {:?}", run.id, run.state));
        }
        let of_scenario = slots.entry(run.scenario_id.0).or_default();
        of_scenario.extend(run.scheduled_for);
        of_scenario.extend(serde_json::from_value::<Vec<DateTime<Utc>>>(run.missed.clone()).unwrap());
    }
    for (scenario, mut slots) in slots {
        slots.sort_unstable();
        for pair in slots.windows(2) {
            match (pair[1] - pair[0]).num_seconds() {
                EVERY => {}
                0 => faults.push(format!("scenario {scenario} was run twice for {}", pair[0])),
                _ => faults.push(format!("scenario {scenario} lost what was due between {} and {}", pair[0], pair[1])),
            }
        }
    }
    let mut times: BTreeMap<&str, usize> = BTreeMap::new();
    for key in arrived {
        *times.entry(key).or_default() += 1;
    }
    let known: BTreeSet<&str> = deliveries.iter().map(|delivery| delivery.key.as_str()).collect();
    faults.extend(times.keys().filter(|key| !known.contains(**key)).map(|key| format!("{key} is nobody's delivery")));
    for delivery in deliveries {
        let times = times.get(delivery.key.as_str()).copied().unwrap_or_default();
        match (delivery.state, times) {
            (DeliveryState::NotWanted, 0) | (DeliveryState::Delivered, 1) => {}
            (DeliveryState::Delivered, 2..) if delivery.may_repeat => {}
            (state, times) => faults.push(format!("delivery {} is {state:?} and arrived {times} times", delivery.id)),
        }
    }
    for run in runs.iter().filter(|run| run.state == RunState::Succeeded || run.state == RunState::Failed) {
        let wanted =
            deliveries.iter().filter(|one| one.run_id == run.id && one.state != DeliveryState::NotWanted).count();
        if wanted != 1 {
            faults.push(format!("run {} told {wanted} instead of one", run.id));
        }
    }
    faults
}

fn key_of(request: &str) -> String {
    let line = request.lines().find_map(|line| line.strip_prefix("hannun-delivery: "));
    line.unwrap_or("none").trim().to_owned()
}

fn all(shared: &Shared) -> (Vec<Run>, Vec<Delivery>) {
    let connection = &mut shared.database.owner();
    let runs = Run::query().order(runs::id).load(connection).unwrap();
    (runs, Delivery::query().order(deliveries::id).load(connection).unwrap())
}

/// What is known of those that did not end.
fn open_ones(shared: &Shared) -> String {
    let open: Vec<Run> = Run::query().filter(runs::ended_at.is_null()).load(&mut shared.database.owner()).unwrap();
    let open: Vec<_> = open.iter().map(|run| (run.id.0, run.state, run.token, run.tries)).collect();
    format!("{} runs never ended: {open:?}\n{}", open.len(), shared.logs())
}

fn add_scenarios(shared: &Shared, url: &str, first: DateTime<Utc>) {
    let connection = &mut shared.database.connection();
    let secret = SecretText::new("a long word of the test".to_owned());
    let password_hash = password::hash(&secret, &mut password::Workspace::default()).unwrap();
    let rights = Rights::new(Role::Operator, Scope::All);
    let owner = NewUser { name: "jiwon", password_hash: &password_hash, rights }.insert(connection).unwrap();
    let destination = |condition: Value| NewDestination {
        kind: "http_post".to_owned(),
        settings: json!({ "url": format!("{url}/hook"), "format": "json", "body": "" }),
        channel_id: None,
        condition,
        at_most_once: false,
    };
    // Whatever is read, one of them is told.
    let both = [destination(json!({ "kind": "always" })), destination(json!({ "kind": "failed" }))];
    for number in 0..MANY {
        let schedule = json!({
            "when": { "kind": "interval", "every_seconds": EVERY, "starts_at": first },
            "time_zone": "Asia/Seoul",
        });
        let (name, overlap) = (format!("scenario {number}"), Overlap::Parallel);
        let new = NewScenario { name, overlap, parallel_most: 10, ..due(schedule, first) };
        new.insert(connection, owner.id, &both).unwrap();
    }
}

#[actix_web::test]
async fn rel_j01_j02_j04_j05_processes_that_are_killed_lose_nothing_and_tell_nothing_twice() {
    let test = "rel_j01_j02_j04_j05_processes_that_are_killed_lose_nothing_and_tell_nothing_twice";
    let told = Receiver::start(|_| ok("")).await;
    let url = told.url();
    let entry = told.entry();
    let shared = tokio::task::spawn_blocking(move || {
        let mut shared = Shared::new(test, 1)?;
        shared.allowed = entry;
        add_scenarios(&shared, &url, Utc::now() + TimeDelta::seconds(5));
        let survivor = shared.start("survivor", "work", "5s");
        for (round, pause) in [1_300, 4_100, 700, 2_900, 5_200, 300, 3_700, 4_400, 1_900].into_iter().enumerate() {
            let victim = shared.start(&format!("victim-{round}"), "work", "5s");
            std::thread::sleep(Duration::from_millis(pause));
            victim.program.kill();
        }
        diesel::update(scenarios::table)
            .set(scenarios::enabled.eq(false))
            .execute(&mut shared.database.connection())
            .unwrap();
        // What the dead ones had in hand is free within a minute, and done within another (J05).
        let end = std::time::Instant::now() + Duration::from_mins(2);
        let open = || {
            runs::table.filter(runs::ended_at.is_null()).count().get_result::<i64>(&mut shared.database.connection())
        };
        while open().unwrap() > 0 {
            assert!(std::time::Instant::now() < end, "{}", open_ones(&shared));
            std::thread::sleep(Duration::from_millis(500));
        }
        assert_eq!(survivor.program.stop(), Some(0));
        Some(shared)
    });
    let Some(shared) = shared.await.unwrap() else { return };
    let arrived: Vec<String> = told.asked().iter().map(|request| key_of(request)).collect();
    let (runs, deliveries) = all(&shared);
    assert!(runs.len() >= 2 * MANY, "{} runs", runs.len());
    assert_eq!(faults(&runs, &deliveries, &arrived), Vec::<String>::new());

    // What the checker would say of builds that are broken.
    let without_one: Vec<Run> = runs.iter().filter(|run| run.id != runs[MANY].id).cloned().collect();
    assert!(faults(&without_one, &deliveries, &arrived).iter().any(|fault| fault.contains("lost")), "a run is lost");
    let twice: Vec<String> = arrived.iter().chain(&arrived[..1]).cloned().collect();
    assert!(faults(&runs, &deliveries, &twice).iter().any(|fault| fault.contains("arrived 2 times")));
    assert!(!faults(&runs, &deliveries, &arrived[1..]).is_empty(), "what is said to have arrived did not");
}

#[actix_web::test]
async fn the_checker_finds_a_build_without_the_key_that_forbids_two_runs_of_one_slot() {
    let stage = super::Stage::set(|_| ok("")).await;
    let slot = stage.now();
    let every =
        json!({ "when": { "kind": "interval", "every_seconds": EVERY, "starts_at": slot }, "time_zone": "UTC" });
    let scenario = NewScenario { overlap: Overlap::Parallel, parallel_most: 10, ..due(every, slot) };
    let id = stage.add(scenario, vec![stage.post(json!({ "kind": "failed" }))]).await;
    let again = "update scenarios set next_slot = to_timestamp(extract(epoch from next_slot) - 10), next_run_at = next_run_at - interval '10 s'";
    stage.fire().await;
    stage.execute(again);
    stage.fire().await;
    stage.work_off().await;
    let seen = |runs: Vec<Run>, deliveries: Vec<Delivery>, told: Vec<String>| {
        faults(&runs, &deliveries, &told.iter().map(|request| key_of(request)).collect::<Vec<_>>())
    };
    let runs = stage.runs(id).await;
    let found = seen(runs.clone(), stage.deliveries(runs[0].id).await, stage.told.asked());
    assert_eq!((runs.len(), found), (1, Vec::new()), "the key holds");

    stage.execute("alter table runs drop constraint runs_scenario_id_scheduled_for_key");
    stage.execute(again);
    stage.fire().await;
    stage.work_off().await;
    let runs = stage.runs(id).await;
    let mut deliveries = stage.deliveries(runs[0].id).await;
    deliveries.extend(stage.deliveries(runs[1].id).await);
    let found = seen(runs, deliveries, stage.told.asked());
    assert!(found.iter().any(|fault| fault.contains("was run twice")), "{found:?}");
}
