//! A journal that grows by five thousand entries a second, followed by one person, beside `ssh` that counts its lines.

use std::fs;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use hannun::commands::Acting;
use hannun::commands::logs::{FollowJournal, JournalQuery};
use hannun::logs::{Following, Happening};
use hannun::models::actor::Actor;
use hannun::models::commands::{NewStoredCommand, StoredCommand};
use hannun::transfers::Terms;
use tokio::io::AsyncReadExt;
use tokio::process::Command;

use crate::meter::own_status;
use crate::stage::Stage;

/// Entries of one batch, ten of which come in a second; what the pause and the next batch cost makes it somewhat less.
const BATCH: usize = 500;
const BATCHES: usize = 100;
/// All of them.
const ENTRIES: usize = BATCH * BATCHES;

/// What following took.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Followed {
    /// From asking to the last entry.
    pub(crate) ours: Duration,
    pub(crate) ssh: Duration,
    /// Entries that did not come.
    pub(crate) lost: usize,
    /// By how much it made this process larger at most, bytes.
    pub(crate) grown: u64,
}

/// One round with the second server, which nobody else uses. This machine may have no journal: what is followed is made by a
/// command of an administrator's own, as `journalctl` writes it.
pub(crate) async fn round(stage: &Stage) -> Followed {
    stage.switch(2).await;
    add_command(stage).await;
    let open = |hosts: hannun::remote::hosts::Hosts| async move {
        hosts.open(Actor::system("bench"), "server-1".to_owned()).await
    };
    let hosts = stage.app.hosts.clone();
    let host = open(hosts.clone()).await.unwrap();
    host.platform().await.unwrap();
    let terms = Terms { patience: Duration::from_mins(1), host: Arc::new(move || Box::pin(open(hosts.clone())) as _) };
    fs::write("/proc/self/clear_refs", "5").unwrap();
    let before = own_status("VmRSS:");

    let began = Instant::now();
    let follow = FollowJournal { query: JournalQuery::default(), after: None, acting: Acting::User };
    let mut following = Following::of(&host, follow, terms).await.unwrap();
    let (mut came, mut lost) = (0, 0);
    while came + lost < ENTRIES {
        match following.next().await {
            Some(Happening::Entries { left_out, entries }) => {
                came += entries.len();
                lost += left_out as usize;
            }
            Some(Happening::StillHere) => {}
            Some(Happening::End(_)) | None => break,
        }
    }
    let ours = began.elapsed();
    drop(following);
    let grown = own_status("VmHWM:").saturating_sub(before);
    Followed { ours, ssh: ssh(stage).await, lost: ENTRIES - came, grown }
}

/// Prints entries as `journalctl -f -o json` does.
fn script() -> String {
    format!(
        r#"batch=0
        while [ "$batch" -lt {BATCHES} ]; do
          awk -v batch="$batch" 'BEGIN {{ for (one = 1; one <= {BATCH}; one++) {{
            number = batch * {BATCH} + one
            printf "{{\"__CURSOR\":\"s=bench;i=%x\",\"__REALTIME_TIMESTAMP\":\"%d000000\",\"PRIORITY\":\"6\",\"SYSLOG_IDENTIFIER\":\"shop\",\"_PID\":\"4121\",\"_SYSTEMD_UNIT\":\"shop.service\",\"MESSAGE\":\"order %d was taken, and is on its way to whoever asked for it\"}}\n", number, 1796000000 + batch, number
          }} }}'
          batch=$((batch + 1))
          sleep 0.1
        done"#
    )
}

/// The command, which is there once however often it is measured.
async fn add_command(stage: &Stage) {
    let script = script();
    let added = stage.app.db.run(move |connection| {
        let known = StoredCommand::all(connection)?;
        if known.iter().all(|command| command.command_type != "follow_journal") {
            let platform = serde_json::json!({ "os": ["linux"], "like": ["debian", "ubuntu"] });
            let new = NewStoredCommand {
                command_type: "follow_journal",
                name: "much",
                platform: &platform,
                script: &script,
                format: "journal-lines",
            };
            new.insert(connection)?;
        }
        Ok::<_, hannun::error::Error>(())
    });
    added.await.unwrap();
    stage.app.hosts.load_commands().await.unwrap();
}

/// The same lines by OpenSSH's own client, counted; its connecting included.
async fn ssh(stage: &Stage) -> Duration {
    let (address, port) = stage.settings.servers[1].clone();
    let began = Instant::now();
    let mut client = Command::new("ssh")
        .args(["-q", "-o", "StrictHostKeyChecking=no", "-o", "UserKnownHostsFile=/dev/null", "-i"])
        .arg(stage.fleet.client_key())
        .args(["-p", &port.to_string(), &format!("{}@{address}", stage.settings.user), &script()])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let (mut lines, mut buffer) = (0, vec![0; 64 << 10]);
    let mut screen = client.stdout.take().unwrap();
    loop {
        let count = screen.read(&mut buffer).await.unwrap();
        if count == 0 {
            break;
        }
        lines += buffer[..count].split(|byte| *byte == b'\n').count() - 1;
    }
    assert_eq!(lines, ENTRIES);
    assert!(client.wait().await.unwrap().success());
    began.elapsed()
}
