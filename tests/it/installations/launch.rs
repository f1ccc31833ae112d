//! Connections that are cut while a run is launched: the request is there, and its answer never comes.

use std::time::Duration;

use hannun::installations::ask;
use hannun::models::executions::ExecutionState;
use hannun::remote::Endpoint;

use super::{Stage, name, nothing_is_left, why};
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::relay::Relay;

/// Has every launch wait in its middle, before anything runs, until somebody says go; each leaves a line.
const GATE: &str = "printf '%s\\n' '#!/bin/sh' 'echo launch >>/srv/launches' \
    'until [ -e /srv/launch ]; do sleep 0.05; done' 'exec /usr/bin/chown \"$@\"' >/usr/local/sbin/chown && \
    chmod 755 /usr/local/sbin/chown";

/// Where the launch is when its connection is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Moment {
    /// The server is at it, and nothing runs yet.
    BeforeItRuns,
    /// It runs, and the answer that says so is on its way.
    BeforeTheAnswer,
}

/// Waits, at most 60 seconds, until the server says `yes` to a question.
async fn until(system: &TestHost, question: &str) {
    let end = tokio::time::Instant::now() + Duration::from_mins(1);
    while system.run(&format!("if {question}; then echo yes; fi")).trim() != "yes" {
        assert!(
            tokio::time::Instant::now() < end,
            "{question}: {}",
            system.run("ls -l /srv /var/tmp/hannun-* || true")
        );
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[actix_web::test]
async fn rel_j03_a_run_whose_connection_is_cut_at_its_launch_is_found_again_and_ran_once() {
    let test = "rel_j03_a_run_whose_connection_is_cut_at_its_launch_is_found_again_and_ran_once";
    for moment in [Moment::BeforeItRuns, Moment::BeforeTheAnswer] {
        let Some(system) = TestHost::start(Kind::Debian, test) else { return };
        system.run(GATE);
        let there = system.deploy();
        let cable = Relay::to_machine(&there.address, there.port).await;
        let stage = Stage::set(&Endpoint { address: "127.0.0.1".into(), port: cable.port, ..there }).await;
        let run = ask::install(&stage.host().await, name("slow")).await.unwrap();

        // The server has the whole request, and nothing that it says from here on arrives.
        until(&system, "[ -e /srv/launches ]").await;
        assert_eq!(stage.run(run.id).await.state, ExecutionState::Starting, "{moment:?}");
        cable.hold();
        if moment == Moment::BeforeTheAnswer {
            system.run("touch /srv/launch");
            until(&system, "[ -e /var/tmp/hannun-run-*/pid ]").await;
        }
        cable.cut();
        system.run("touch /srv/launch");
        cable.release();

        // Its script waits for somebody to say go from here on, and not before.
        let begun = tokio::time::Instant::now() + Duration::from_mins(1);
        while !stage.log(run.id).await.contains("step 0\n") {
            assert!(tokio::time::Instant::now() < begun, "{moment:?}: {}", stage.log(run.id).await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        assert_eq!(stage.run(run.id).await.state, ExecutionState::Running, "{moment:?}");
        system.run("touch /tmp/go");
        let run = stage.ended(run.id).await;
        let log = stage.log(run.id).await;
        assert_eq!(
            (run.state, run.exit_status),
            (ExecutionState::Succeeded, Some(0)),
            "{moment:?} {} {log}",
            why(&run)
        );
        assert_eq!(log.matches("step 0\n").count(), 1, "{moment:?}: {log}");
        assert_eq!(system.run("cat /srv/launches"), "launch\n", "{moment:?}: it was launched once");
        assert_eq!(system.run("ls /usr/share/slow"), "version\n", "{moment:?}");
        nothing_is_left(&system).await;
        stage.leave().await;
    }
}
