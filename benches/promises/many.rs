//! One command on all servers, which are connected already: the console with its rows and its audit log, a bare loop, and what people
//! would use instead.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use tokio::process::Command;

use crate::contestant::{Contestant, Settings};
use crate::fleet::SERVERS;
use crate::stage::Stage;
use crate::table::{Limit, Row};

/// What `uptime` on all servers took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ran {
    /// Processor time of the one who asks, each.
    processor: Duration,
    /// From asking to the last end.
    wall: Duration,
}

/// One round.
#[derive(Debug, Clone)]
pub(crate) struct Many {
    console: Ran,
    bare: Ran,
    asyncssh: Option<Ran>,
    parallel_ssh: Option<Ran>,
    ansible: Option<Duration>,
}

/// All of them, one after another; those that are not installed are left out.
pub(crate) async fn round(stage: &Stage, python: Option<&PathBuf>) -> Many {
    stage.switch(SERVERS).await;
    let console = measure(Contestant::start("console-runs", &stage.settings).await, &stage.settings).await;
    stage.switch(0).await;
    let bare = measure(Contestant::start("bare-runs", &stage.settings).await, &stage.settings).await;
    Many {
        console,
        bare,
        asyncssh: other(stage, python, ("asyncssh", "asyncssh_runs.py")).await,
        parallel_ssh: other(stage, python, ("pssh", "parallel_ssh_runs.py")).await,
        ansible: ansible(stage, python).await,
    }
}

async fn other(stage: &Stage, python: Option<&PathBuf>, (module, script): (&str, &str)) -> Option<Ran> {
    let python = python?;
    let there = Command::new(python).args(["-c", &format!("import {module}")]).output().await.unwrap();
    if !there.status.success() {
        return None;
    }
    let mut command = Command::new(python);
    command.arg(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/benches/promises")).join(script));
    Some(measure(Contestant::of(command, &stage.settings).await, &stage.settings).await)
}

/// The second time counts: then all are connected.
async fn measure(mut one: Contestant, settings: &Settings) -> Ran {
    one.ask("connect", "connected").await;
    let (began, connected) = (Instant::now(), one.meter.processor_time());
    one.ask("run", "ran").await;
    let (wall, ran) = (began.elapsed(), one.meter.processor_time());
    one.end().await;
    let servers = u32::try_from(settings.servers.len()).unwrap();
    Ran { processor: ran.saturating_sub(connected) / servers, wall }
}

/// `ansible -m raw` with 50 forks, the second time: then its masters are connected.
async fn ansible(stage: &Stage, python: Option<&PathBuf>) -> Option<Duration> {
    let program = python?.with_file_name("ansible");
    if !program.is_file() {
        return None;
    }
    let folder = tempfile::TempDir::with_prefix("hannun-bench-").unwrap();
    let (inventory, key) = (folder.path().join("hosts"), stage.fleet.client_key());
    let lines: Vec<String> =
        stage.settings.servers.iter().map(|(address, port)| format!("{address} ansible_port={port}")).collect();
    std::fs::write(&inventory, lines.join("\n") + "\n").unwrap();
    let ssh = format!(
        "-o ControlMaster=auto -o ControlPersist=120s -o StrictHostKeyChecking=no -o UserKnownHostsFile={}",
        folder.path().join("known").display()
    );
    let run = async || {
        let mut command = Command::new(&program);
        command.args(["all", "-m", "raw", "-a", "uptime", "-f", "50", "-i"]).arg(&inventory);
        command.args(["-u", &stage.settings.user, "--private-key"]).arg(&key);
        command.env("ANSIBLE_SSH_ARGS", &ssh).env("ANSIBLE_SSH_CONTROL_PATH_DIR", folder.path().join("c"));
        command.env("ANSIBLE_HOST_KEY_CHECKING", "False");
        let began = Instant::now();
        let output = command.output().await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        began.elapsed()
    };
    run().await;
    Some(run().await)
}

/// Seconds of a round, where it was run.
type Figure = fn(&Many) -> Option<f64>;

/// The figures.
pub(crate) fn rows(rounds: &[Many], rows: &mut Vec<Row>) {
    let each = |ran: Ran| ran.processor.as_secs_f64() * 1e3;
    let walls = || rounds.iter().map(|one| one.console.wall.as_secs_f64()).collect::<Vec<f64>>();
    let ours = rounds.iter().map(|one| each(one.console)).collect();
    let name = "uptime on 200 connected: the console's processor time each";
    rows.push(
        Row::new(name, "ms", 2, ours, Limit::Where(0.4, 0.13))
            .beside("bare loop", rounds.iter().map(|one| each(one.bare)).collect()),
    );
    // The bare loop's processor time is nearly nothing: what it takes is what servers take, which share this machine.
    let others: [(&'static str, Limit, Figure); 4] = [
        ("bare loop", Limit::Nothing, |one| Some(one.bare.wall.as_secs_f64())),
        ("asyncssh", Limit::Times(0.9), |one| one.asyncssh.map(|ran| ran.wall.as_secs_f64())),
        ("parallel-ssh", Limit::Times(0.9), |one| one.parallel_ssh.map(|ran| ran.wall.as_secs_f64())),
        ("ansible -m raw", Limit::Times(0.04), |one| one.ansible.map(|wall| wall.as_secs_f64())),
    ];
    for (beside, limit, of) in others {
        let figures: Vec<f64> = rounds.iter().filter_map(of).collect();
        if figures.len() != rounds.len() {
            continue;
        }
        let name = "uptime on 200 connected: until the last one";
        rows.push(Row::new(name, "s", 3, walls(), limit).beside(beside, figures));
    }
}
