//! Several processes run checks, and no server is asked twice (J05).

use chrono::TimeDelta;
use diesel::RunQueryDsl;
use hannun::models::check_results::CheckState;
use hannun::models::check_turns::{LEASE, Turn};
use hannun::models::checks::CheckValues;

use super::{Scene, add, queue, runner};
use crate::harness::fake_host::Act;
use crate::harness::ssh::eventually;

#[actix_web::test]
async fn rel_j05_of_two_processes_one_runs_what_is_due() {
    let scene = Scene::new(Act::answer("1", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.runner.plan().await.unwrap();
    scene.app.advance(TimeDelta::seconds(60));
    let other = runner(&scene.app);
    let (one, two) = futures_util::future::join(scene.runner.run_due(), other.run_due()).await;
    assert_eq!(one.unwrap() + two.unwrap(), 1);
    assert_eq!(scene.host.ran().iter().filter(|script| script.contains("MINE")).count(), 1);
}

#[actix_web::test]
async fn rel_j05_who_lost_its_turn_does_not_go_on_with_it() {
    let scene = Scene::new(Act::answer("1", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.runner.plan().await.unwrap();
    scene.app.advance(TimeDelta::seconds(60));
    let take = async || {
        let now = scene.app.database.now();
        scene.app.app.db.run(move |connection| Turn::take(connection, now, 10)).await.unwrap()
    };
    let first = take().await[0];
    assert!(take().await.is_empty(), "it is held");
    scene.app.advance(LEASE + TimeDelta::seconds(1));
    let second = take().await[0];
    assert_eq!((second.server_id, second.token), (first.server_id, first.token + 1));
    let now = scene.app.database.now();
    let renew = async |turn: Turn| scene.app.app.db.run(move |connection| turn.renew(connection, now)).await.unwrap();
    assert!(!renew(first).await && renew(second).await);
    let back = scene.app.app.db.run(move |connection| first.give_back(connection)).await.unwrap();
    assert!(!back && take().await.is_empty(), "the first one does not give back what is another's");
}

#[actix_web::test]
async fn a_run_that_broke_off_is_due_again() {
    let scene = Scene::new(Act::answer("1", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.runner.plan().await.unwrap();
    scene.app.advance(TimeDelta::seconds(60));
    let now = scene.app.database.now();
    // A process that took the turn and died.
    scene.app.app.db.run(move |connection| Turn::take(connection, now, 10)).await.unwrap();
    assert_eq!(scene.runner.run_due().await.unwrap(), 0);
    scene.app.advance(LEASE + TimeDelta::seconds(1));
    assert_eq!(scene.runner.run_due().await.unwrap(), 1);
    assert_eq!(scene.result().await.value, Some(1.0));
}

#[actix_web::test]
async fn rel_j05_a_turn_that_was_taken_before_the_clock_was_set_back_does_not_hold_for_hours() {
    let scene = Scene::new(Act::answer("1", "", 0)).await;
    add(&scene.app, "queue", queue(), &[]).await;
    scene.minute().await;
    scene.app.advance(TimeDelta::seconds(60));
    let now = scene.app.database.now();
    scene.app.app.db.run(move |connection| Turn::take(connection, now, 10)).await.unwrap();
    scene.app.advance(TimeDelta::hours(-3));
    assert_eq!(scene.minute().await, 1);
}

#[actix_web::test]
async fn rel_j05_what_was_found_in_a_turn_that_was_lost_is_not_written() {
    let scene = Scene::new(Act::Silent).await;
    add(&scene.app, "queue", CheckValues { timeout_seconds: 2, ..queue() }, &[]).await;
    scene.runner.plan().await.unwrap();
    scene.app.advance(TimeDelta::seconds(60));
    let runner = scene.runner.clone();
    let running = tokio::spawn(async move { runner.run_due().await });
    eventually("it runs", || scene.host.ran().iter().any(|script| script.contains("MINE"))).await;
    let taken = "update check_turns set token = token + 1";
    diesel::sql_query(taken).execute(&mut scene.app.database.connection()).unwrap();
    assert_eq!(running.await.unwrap().unwrap(), 1);
    assert_eq!(scene.result().await.state, CheckState::Waiting);
}
