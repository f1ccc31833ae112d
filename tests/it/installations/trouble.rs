//! What goes wrong around a run: workers that die, connections that are cut, locks, rights, people who change their minds.

use std::time::Duration;

use chrono::TimeDelta;
use hannun::clock::Clock;
use hannun::error::Error;
use hannun::installations::ask;
use hannun::installations::run::Runs;
use hannun::models::actor::Actor;
use hannun::models::audit::AuditEntry;
use hannun::models::executions::{Execution, ExecutionState, NewExecution};
use hannun::models::servers::NewServer;
use tokio_util::sync::CancellationToken;

use super::{Stage, Worker, name, nothing_is_left, why};
use crate::harness::app::TestApp;
use crate::harness::hosts::{Kind, TestHost};

#[actix_web::test]
async fn rel_j03_a_dead_worker_s_run_goes_on_and_another_worker_sees_its_end() {
    let test = "rel_j03_a_dead_worker_s_run_goes_on_and_another_worker_sees_its_end";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let mut stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let run = ask::install(&host, name("slow")).await.unwrap();
    // Its script waits for somebody to say go from here on, and not before.
    let begun = tokio::time::Instant::now() + Duration::from_mins(1);
    while !stage.log(run.id).await.contains("step 0\n") {
        assert!(tokio::time::Instant::now() < begun, "{}", stage.log(run.id).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    stage.worker.take().unwrap().kill();
    stage.app.app.hosts.pool().close_all().await;
    // Its lease runs out: a minute, which the test does not wait.
    let id = run.id;
    let now = chrono::Utc::now() + TimeDelta::minutes(2);
    let lost = stage.app.app.db.run(move |connection| {
        let lost = Execution::free_lost(connection, now)?;
        for (execution, token) in &lost {
            hannun::queue::entry(&ask::RunExecution { execution: *execution, token: *token })?.insert(connection)?;
        }
        Ok::<_, Error>(lost)
    });
    assert_eq!(lost.await.unwrap().len(), 1);
    stage.worker = Some(Worker::start(&stage.app));
    let before = stage.run(id).await.log_bytes;
    stage.until(id, |run| run.log_bytes > before).await;
    system.run("touch /tmp/go");
    let run = stage.ended(id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{}", why(&run));
    let log = stage.log(id).await;
    assert_eq!(log.matches("step 0\n").count(), 1, "it ran once, and nothing of its log came twice: {log}");
    assert_eq!(system.run("dpkg-query -W -f '${Status}' slow"), "install ok installed");
    stage.leave().await;
}

#[actix_web::test]
async fn rel_r06_a_worker_that_is_told_to_end_leaves_its_run_to_the_next_one() {
    let test = "rel_r06_a_worker_that_is_told_to_end_leaves_its_run_to_the_next_one";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let mut stage = Stage::set(&system.deploy()).await;
    let run = ask::install(&stage.host().await, name("slow")).await.unwrap();
    stage.until(run.id, |run| run.state == ExecutionState::Running).await;
    stage.worker.take().unwrap().end().await;
    system.run("touch /tmp/go");
    stage.worker = Some(Worker::start(&stage.app));
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_p07_a_run_that_is_stopped_ends_on_the_server_too() {
    let Some(system) = TestHost::start(Kind::Debian, "sec_p07_a_run_that_is_stopped_ends_on_the_server_too") else {
        return;
    };
    let stage = Stage::set(&system.deploy()).await;
    let host = stage.host().await;
    let run = ask::install(&host, name("slow")).await.unwrap();
    stage.until(run.id, |run| run.log_bytes > 0).await;
    let refused = ask::install(&host, name("probe")).await.unwrap_err();
    assert!(refused.to_string().contains("busy with slow"), "{refused}");
    ask::stop(&host, run.id, (&run.command_type, &run.target)).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Stopped, "{}", why(&run));
    assert_eq!(run.stop_asked_by.as_deref(), Some("the test"));
    assert_eq!(system.run("ps -eo args= | grep -c '[s]low.postinst' || true").trim(), "0");
    stage.leave().await;
}

#[actix_web::test]
async fn another_one_s_lock_is_waited_for_and_seen_to_be() {
    let Some(system) = TestHost::start(Kind::Debian, "another_one_s_lock_is_waited_for_and_seen_to_be") else { return };
    let stage = Stage::set(&system.deploy()).await;
    system.run("DEBIAN_FRONTEND=noninteractive setsid apt-get -y install slow >/dev/null 2>&1 </dev/null &");
    system.run("until ps -eo args= | grep -q '[s]low.postinst'; do sleep 0.1; done");
    let run = ask::install(&stage.host().await, name("probe")).await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(30);
    while !stage.log(run.id).await.contains("lock") {
        assert!(tokio::time::Instant::now() < end, "{}", stage.log(run.id).await);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(stage.run(run.id).await.state, ExecutionState::Running);
    system.run("touch /tmp/go");
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{} {}", why(&run), stage.log(run.id).await);
    stage.leave().await;
}

#[actix_web::test]
async fn who_may_not_become_root_changes_nothing_and_is_told_why() {
    let Some(system) = TestHost::start(Kind::Debian, "who_may_not_become_root_changes_nothing_and_is_told_why") else {
        return;
    };
    let stage = Stage::set(&system.plain()).await;
    let refused = ask::install(&stage.host().await, name("probe")).await.unwrap_err();
    assert!(refused.to_string().contains("needs root on web-1"), "{refused}");
    stage.leave().await;
    // The credential says sudo, and sudo says no.
    let lying = hannun::remote::Endpoint { privilege: hannun::commands::script::Privilege::Sudo, ..system.plain() };
    let stage = Stage::set(&lying).await;
    let run = ask::install(&stage.host().await, name("probe")).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Failed);
    assert!(why(&run).starts_with("Nothing was changed"), "{}", why(&run));
    nothing_is_left(&system).await;
    stage.leave().await;
}

#[actix_web::test]
async fn rel_j03_what_left_nothing_on_the_server_is_unknown_and_never_repeated() {
    let test = "rel_j03_what_left_nothing_on_the_server_is_unknown_and_never_repeated";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let run = ask::install(&stage.host().await, name("slow")).await.unwrap();
    stage.until(run.id, |run| run.state == ExecutionState::Running).await;
    system.run("rm -rf /var/tmp/hannun-run-*; touch /tmp/go");
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Unknown, "{}", why(&run));
    stage.leave().await;
}

#[actix_web::test]
async fn rel_j03_a_fault_of_ours_is_tried_three_times_and_then_told() {
    let app = TestApp::start().await;
    let id = app.app.db.run(|connection| {
        let server_id = NewServer::new("web-1", "127.0.0.1").insert(connection)?.id;
        let now = chrono::Utc::now();
        let asked = AuditEntry::by(&Actor::system("the test"), "install_package").asked(connection, now)?;
        let new = NewExecution {
            server_id,
            command_type: "install_package",
            command: "apt-get".into(),
            line: "apt-get".into(),
            script: "true".into(),
            as_root: true,
            run_as: "deploy".into(),
            // A name that no version of ours would have stored.
            target: "-x".into(),
            artifact_id: None,
            unsigned: false,
            actor_kind: "system",
            actor: "the test".into(),
            address: None,
            asked_number: asked.number,
            place: "0".into(),
            queued_at: now,
        };
        Ok::<_, Error>(new.insert(connection)?.id)
    });
    let id = id.await.unwrap();
    let runs = Runs {
        db: app.database.db.clone(),
        hosts: app.app.hosts.clone(),
        clock: Clock::system(),
        store: app.app.artifacts.clone(),
        sealer: app.app.sealer.clone(),
        stop: CancellationToken::new(),
    };
    let find = async || app.app.db.run(move |connection| Execution::by_id(connection, id)).await.unwrap();
    for token in 0..2 {
        let failed = runs.work(&ask::RunExecution { execution: id, token }).await;
        assert!(matches!(failed, Err(Error::Internal(_))), "{token}: {failed:?}");
        assert_eq!(find().await.state, ExecutionState::Queued, "{token}");
        let later = chrono::Utc::now() + TimeDelta::minutes(2);
        let freed = app.app.db.run(move |connection| Execution::free_lost(connection, later)).await.unwrap();
        assert_eq!(freed, [(id, token + 1)]);
    }
    runs.work(&ask::RunExecution { execution: id, token: 2 }).await.unwrap();
    let run = find().await;
    assert_eq!((run.state, run.started_at), (ExecutionState::Failed, None));
    assert!(why(&run).starts_with("Nothing was changed"), "{}", why(&run));
}
