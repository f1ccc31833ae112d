//! Other users of a server, who know the name of a run's folder and make it first.

mod race;

use std::time::Duration;

use hannun::commands::script::Parameters;
use hannun::error::StillRunning;
use hannun::models::actor::Actor;
use hannun::models::executions::ExecutionState;
use hannun::remote::detached::{Job, Standing, Whereabouts};
use hannun::remote::host::Host;

use super::files::uploaded;
use super::{Stage, nothing_is_left, why};
use crate::harness::hosts::{Kind, TestHost};

const PLACE: &str = "0123456789abcdef0123456789abcdef";
const OF_ROOT: Whereabouts<'_> = Whereabouts { place: PLACE, file_place: "", as_root: true };

async fn host(stage: &Stage) -> Host {
    stage.app.app.hosts.open(Actor::system("the test"), "web-1".to_owned()).await.unwrap()
}

fn job(script: &str) -> Job<'_> {
    let parameters = Parameters::default();
    Job { name: "test", script, parameters, place: PLACE, run_as: "deploy", as_root: true, file: None }
}

/// What `plain`, who is nobody special, does there.
fn by_a_stranger(system: &TestHost, script: &str) -> String {
    system.run(&format!("runuser -u plain -- /bin/sh -c '{script}'"))
}

#[actix_web::test]
async fn sec_f09_a_folder_that_a_stranger_made_is_no_run_and_nothing_is_started_in_it() {
    let test = "sec_f09_a_folder_that_a_stranger_made_is_no_run_and_nothing_is_started_in_it";
    for kind in [Kind::Debian, Kind::BusyBox] {
        let Some(system) = TestHost::start(kind, test) else { return };
        if kind == Kind::BusyBox {
            system.run("mkdir -p /var/tmp && chmod 1777 /var/tmp /tmp");
        }
        let endpoint = if kind == Kind::BusyBox { system.root() } else { system.deploy() };
        let stage = Stage::set(&endpoint).await;
        let host = host(&stage).await;
        let forged =
            format!("cd /var/tmp; mkdir hannun-run-{PLACE}; cd hannun-run-{PLACE}; echo 0 >status; echo done >log");
        if kind == Kind::BusyBox {
            system.run(&format!("{forged}; chown -R 4321 /var/tmp/hannun-run-{PLACE}"));
        } else {
            by_a_stranger(&system, &forged);
        }
        assert_eq!(host.look_at_run(OF_ROOT, 0, "").await.unwrap().standing, Standing::Gone, "{kind:?}");
        let job = Job { run_as: if kind == Kind::BusyBox { "root" } else { "deploy" }, ..job("touch /root/started") };
        let refused = host.start(&job).await.unwrap_err();
        assert!(refused.to_string().contains("web-1"), "{refused}");
        assert_eq!(host.look_at_run(OF_ROOT, 0, "").await.unwrap().standing, Standing::Gone, "{kind:?}");
        assert_eq!(system.run("ls /root/started 2>/dev/null || true"), "", "{kind:?}");
        // What is not ours is not removed either.
        host.clear_run(OF_ROOT).await.unwrap();
        assert!(system.run("ls /var/tmp").contains(PLACE), "{kind:?}");
        stage.leave().await;
    }
}

#[actix_web::test]
async fn sec_f09_a_link_to_a_folder_of_root_s_is_no_run() {
    let test = "sec_f09_a_link_to_a_folder_of_root_s_is_no_run";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = host(&stage).await;
    system.run("mkdir /srv/other; echo 0 >/srv/other/status; echo done >/srv/other/log");
    by_a_stranger(&system, &format!("ln -s /srv/other /var/tmp/hannun-run-{PLACE}"));
    assert_eq!(host.look_at_run(OF_ROOT, 0, "").await.unwrap().standing, Standing::Gone);
    assert!(host.start(&job("touch /root/started")).await.is_err());
    host.clear_run(OF_ROOT).await.unwrap();
    assert_eq!(system.run("ls /srv/other; ls /root/started 2>/dev/null || true"), "log\nstatus\n");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_p07_root_ends_no_process_that_a_stranger_s_file_names() {
    let test = "sec_p07_root_ends_no_process_that_a_stranger_s_file_names";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let host = host(&stage).await;
    system.run("setsid sleep 1000 </dev/null >/dev/null 2>&1 & echo $! >/srv/victim; chmod 644 /srv/victim");
    let named = "pid=$(cat /srv/victim); { echo $pid; sed \"s/.*) //\" /proc/$pid/stat | cut -d \" \" -f 20; \
        cat /proc/sys/kernel/random/boot_id; }";
    by_a_stranger(&system, &format!("mkdir /var/tmp/hannun-run-{PLACE}; {named} >/var/tmp/hannun-run-{PLACE}/pid"));
    assert_eq!(host.end_run(OF_ROOT).await.unwrap(), StillRunning::No);
    system.run("kill -0 $(cat /srv/victim)");

    // Of a folder of root's: neither the process of another boot, nor the first one.
    system.run(&format!("rm -r /var/tmp/hannun-run-{PLACE}; mkdir /var/tmp/hannun-run-{PLACE}"));
    system.run(&format!("{{ {named}; }} | sed '$s/.*/another-boot/' >/var/tmp/hannun-run-{PLACE}/pid"));
    assert_eq!(host.end_run(OF_ROOT).await.unwrap(), StillRunning::No);
    for pid in ["1", "0", "-1", "x", ""] {
        let first = named.replace("pid=$(cat /srv/victim)", &format!("pid='{pid}'"));
        system.run(&format!("{{ {first}; }} >/var/tmp/hannun-run-{PLACE}/pid 2>/dev/null || true"));
        assert_eq!(host.end_run(OF_ROOT).await.unwrap(), StillRunning::Unknown, "{pid:?}");
    }
    system.run("kill -0 $(cat /srv/victim) && [ -d /proc/1 ]");
    stage.leave().await;
}

#[actix_web::test]
async fn sec_f09_the_folder_of_the_file_does_not_tell_where_the_run_is_and_neither_opens_to_others() {
    let test = "sec_f09_the_folder_of_the_file_does_not_tell_where_the_run_is_and_neither_opens_to_others";
    let Some(system) = TestHost::start(Kind::Rpm, test) else { return };
    let stage = Stage::set(&system.deploy()).await;
    let artifact = uploaded(&stage, &system, "/srv/repository/loose/loose-1.0-1.noarch.rpm").await.unwrap();
    let run = hannun::installations::ask::install_file(&stage.host().await, &artifact, true).await.unwrap();
    let run = stage.ended(run.id).await;
    assert_eq!(run.state, ExecutionState::Succeeded, "{}", why(&run));
    assert!(run.file_place.len() == 32 && run.file_place != run.place, "{run:?}");
    nothing_is_left(&system).await;

    let slow = hannun::installations::ask::install(&stage.host().await, super::name("slow")).await.unwrap();
    let slow = stage.until(slow.id, |run| run.log_bytes > 0).await;
    let folder = format!("/var/tmp/hannun-run-{}", slow.place);
    assert_eq!(system.run(&format!("stat -c '%a %U %G' {folder}")), "710 root deploy\n");
    let seen = by_a_stranger(
        &system,
        &format!("ls {folder} 2>/dev/null; cat {folder}/log {folder}/status {folder}/pid 2>/dev/null; true"),
    );
    assert_eq!(seen, "");
    system.run("touch /tmp/go");
    assert_eq!(stage.ended(slow.id).await.state, ExecutionState::Succeeded);
    stage.leave().await;
}

#[actix_web::test]
async fn sec_p07_a_run_without_a_session_of_its_own_is_ended_with_all_that_it_started() {
    let test = "sec_p07_a_run_without_a_session_of_its_own_is_ended_with_all_that_it_started";
    let Some(system) = TestHost::start(Kind::Debian, test) else { return };
    system.run("mv $(command -v setsid) /root/");
    let stage = Stage::set(&system.deploy()).await;
    let host = host(&stage).await;
    host.start(&job("sleep 997 & sleep 998")).await.unwrap();
    let end = tokio::time::Instant::now() + Duration::from_secs(20);
    while system.run("ps -eo args= | grep -c '^sleep 99[78]' || true").trim() != "2" {
        assert!(tokio::time::Instant::now() < end);
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(host.look_at_run(OF_ROOT, 0, "").await.unwrap().standing, Standing::Running);
    assert_eq!(host.end_run(OF_ROOT).await.unwrap(), StillRunning::No);
    assert_eq!(system.run("ps -eo args= | grep -c '^sleep 99[78]' || true").trim(), "0");
    stage.leave().await;
}
