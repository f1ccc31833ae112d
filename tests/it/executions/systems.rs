//! The same on systems with other tools: an RPM system (a stand-in: Debian with rpm and dnf that says it is an EL), and BusyBox.

use std::time::{Duration, Instant};

use hannun::commands::Acting;
use hannun::executions::{Sequence, stop};
use hannun::models::executions::ExecutionState;
use hannun::remote::host::Host;

use super::Stage;
use crate::harness::PATIENCE;
use crate::harness::hosts::{Kind, TestHost};
use crate::harness::ssh::eventually;

async fn commands_run_on(kind: Kind, test: &str) {
    let Some(system) = TestHost::start(kind, test) else { return };
    let stage = Stage::set(&system.root()).await;
    let commands = ["printf '%s\\n' 한글 \"it's\"", "cat; echo err >&2; exit 3"];
    let asked = stage.ask(&commands, Acting::User, Sequence::StopAtFailure).await;
    let (first, output) = stage.end_of(asked[0].id).await;
    assert_eq!((first.state, first.exit_status), (ExecutionState::Succeeded, Some(0)), "{:?}", first.why());
    assert_eq!(output, "한글\nit's\n");
    let (second, output) = stage.end_of(asked[1].id).await;
    assert_eq!((second.state, second.exit_status), (ExecutionState::Failed, Some(3)), "{:?}", second.why());
    assert_eq!(output, "err\n");

    let runs = || system.run("cat /proc/[0-9]*/cmdline | tr '\\0' ' '").contains("sleep 87655");
    let asked = stage.ask(&["trap '' HUP; echo tick; sleep 87655"], Acting::User, Sequence::StopAtFailure).await;
    eventually("the command", runs).await;
    // What it printed is kept some time after it was printed.
    let deadline = Instant::now() + PATIENCE;
    let run = loop {
        let run = stage.run(asked[0].id).await;
        if run.log_bytes > 0 {
            break run;
        }
        assert!(Instant::now() < deadline, "its output is not kept");
        tokio::time::sleep(Duration::from_millis(50)).await;
    };
    let host: Host = (*stage.host().await).clone();
    stop(&host, &run).await.unwrap();
    let (stopped, output) = stage.end_of(run.id).await;
    assert_eq!((stopped.state, output.as_str()), (ExecutionState::Stopped, "tick\n"), "{:?}", stopped.why());
    assert!(!runs(), "it runs no more");
}

#[actix_web::test]
async fn commands_on_an_rpm_system_give_output_status_and_an_end_on_request() {
    commands_run_on(Kind::Rpm, "commands_on_an_rpm_system_give_output_status_and_an_end_on_request").await;
}

#[actix_web::test]
async fn commands_on_busybox_give_output_status_and_an_end_on_request() {
    commands_run_on(Kind::BusyBox, "commands_on_busybox_give_output_status_and_an_end_on_request").await;
}
