//! `hannun exec`: one command on many servers. What comes is told as it comes, and by server at the end.

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::sync::{Arc, Mutex, PoisonError};

use clap::Args;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::connect::{self, actor};
use super::{Failure, Outcome, output};
use crate::app::App;
use crate::config::{Config, duration};
use crate::error::{Error, Result};
use crate::executions::ask::is_time_limit;
use crate::executions::fan_out::{self, Asking, Hear};
use crate::executions::{FanOutWish, FanOuts, Selector};
use crate::models::actor::Scope;
use crate::models::executions::ExecutionState;
use crate::models::fan_outs::{FanOut, Member};
use crate::models::servers::Server;
use crate::telemetry::escape;

/// Run a command on servers
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  hannun exec web-1 -- uptime\n  hannun exec group:web label:env=prod --become -- 'systemctl reload nginx'\n  hannun exec all --json --timeout 5m -- df -h /"
)]
pub(super) struct Exec {
    /// Names of servers, group:NAME, label:KEY=VALUE or all
    #[arg(required = true, value_name = "SELECTOR")]
    servers: Vec<String>,
    /// Run it as root
    #[arg(long)]
    r#become: bool,
    /// How long it may take on each server: 30s, 5m, 1h
    #[arg(long, default_value = "30s", value_parser = seconds)]
    timeout: i32,
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// What a POSIX shell runs; several words are joined by blanks
    #[arg(last = true, required = true)]
    command: Vec<String>,
}

/// `30s`, `5m`, `1h`
fn seconds(text: &str) -> std::result::Result<i32, String> {
    let length = duration(text).and_then(|length| i32::try_from(length.as_secs()).ok());
    length.filter(|length| is_time_limit(*length)).ok_or_else(|| "write 30s, 5m or 1h, at most 24h".into())
}

/// How it went on one server.
#[derive(Serialize)]
struct Row {
    server: String,
    state: &'static str,
    exit_status: Option<i32>,
    why: Option<String>,
    output: String,
    execution: Option<i64>,
}

impl Exec {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let selector = Selector::read(&self.servers).map_err(|why| Failure::Usage(why.to_string()))?;
        let database = connect::database(&config).await?;
        let app = database.app(&config).await?;
        let servers = app.db.run(move |connection| selector.servers(connection, &Scope::All)).await?;
        let wish = FanOutWish {
            servers: self.servers,
            command: self.command.join(" "),
            r#become: self.r#become,
            timeout_seconds: self.timeout,
            ..FanOutWish::default()
        };
        let voice = Arc::new(Voice { is_alone: servers.len() == 1 && !self.json, heard: Mutex::default() });
        let rows = if servers.is_empty() { Vec::new() } else { on_all(&app, wish, servers, &voice).await? };
        app.hosts.pool().close_all().await;
        if self.json {
            output::json(&rows)?;
        } else {
            tell(&rows, voice.is_alone)?;
        }
        if rows.iter().all(|row| row.state == ExecutionState::Succeeded.name()) { Ok(()) } else { Err(Failure::Said) }
    }
}

/// Runs it in this process, and gives what became of it, by server. Nobody else goes on with it once this process has ended.
async fn on_all(app: &App, wish: FanOutWish, servers: Vec<Server>, voice: &Arc<Voice>) -> Result<Vec<Row>> {
    let now = app.clock.now();
    let asking = Asking { is_attended: true, ..Asking::default() };
    let fan_out = app
        .db
        .transaction(move |connection| fan_out::ask(connection, &actor(), (&wish, &servers), asking, now))
        .await?;
    let id = fan_out.id;
    let fan_outs = FanOuts {
        db: app.db.patient(),
        hosts: app.hosts.clone(),
        clock: app.clock.clone(),
        stop: CancellationToken::new(),
    };
    let hears = Arc::clone(voice);
    let hear: Hear = Arc::new(move |server, bytes| hears.say(server, bytes));
    let mut work = std::pin::pin!(fan_outs.work_on(fan_out, Some(hear)));
    let mut interrupted = 0;
    loop {
        tokio::select! {
            done = &mut work => break done?,
            pressed = tokio::signal::ctrl_c() => pressed.map_err(Error::internal)?,
        }
        interrupted += 1;
        if interrupted > 1 {
            // What runs ends with its connection.
            break;
        }
        output::progress("Ending what runs; nothing more begins. Press Ctrl C once more not to wait for it");
        let now = app.clock.now();
        let stopped = app.db.transaction(move |connection| fan_out::stop(connection, &actor(), id, now)).await;
        if let Err(Error::Conflict(_)) = stopped {
            continue;
        }
        stopped?;
    }
    let members = app.db.run(move |connection| Ok::<_, Error>(FanOut::members(connection, id)?)).await?;
    let mut rows: Vec<Row> = members.iter().map(|member| row(member, voice)).collect();
    rows.sort_by(|one, other| one.server.cmp(&other.server));
    Ok(rows)
}

fn row(member: &Member, voice: &Voice) -> Row {
    Row {
        server: member.server.clone(),
        state: member.standing().name(),
        exit_status: member.execution.as_ref().and_then(|ran| ran.exit_status),
        why: member.why().map(|why| why.to_string()),
        output: String::from_utf8_lossy(&voice.heard_of(&member.server)).into_owned(),
        execution: member.execution.as_ref().map(|ran| ran.id.0),
    }
}

/// What is told while commands run.
struct Voice {
    /// One server alone is heard on standard output, as it speaks.
    is_alone: bool,
    /// What came from each.
    heard: Mutex<BTreeMap<String, Vec<u8>>>,
}

impl Voice {
    fn heard_of(&self, server: &str) -> Vec<u8> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).remove(server).unwrap_or_default()
    }

    fn say(&self, server: &str, bytes: &[u8]) {
        let mut heard = self.heard.lock().unwrap_or_else(PoisonError::into_inner);
        heard.entry(server.to_owned()).or_default().extend_from_slice(bytes);
        drop(heard);
        if self.is_alone {
            // Whoever reads no more of it has read enough.
            drop(put(bytes));
            return;
        }
        for line in String::from_utf8_lossy(bytes).lines() {
            output::progress(format_args!("{server}: {}", escape(line)));
        }
    }
}

/// Bytes of a server's: as they are for a program, with control characters written out for a person (X04).
fn put(bytes: &[u8]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    if !out.is_terminal() {
        out.write_all(bytes)?;
        return out.flush();
    }
    for line in String::from_utf8_lossy(bytes).split_inclusive('\n') {
        let (text, end) = line.strip_suffix('\n').map_or((line, ""), |text| (text, "\n"));
        write!(out, "{}{end}", escape(text))?;
    }
    out.flush()
}

fn tell(rows: &[Row], is_alone: bool) -> io::Result<()> {
    for row in rows {
        if !is_alone {
            let end = match (row.exit_status, &row.why) {
                (Some(status), _) => format!("exit {status}"),
                (None, Some(why)) => escape(why),
                (None, None) => row.state.to_owned(),
            };
            output::line(format_args!("== {} ({end})", row.server))?;
            put(row.output.as_bytes())?;
            if !row.output.is_empty() && !row.output.ends_with('\n') {
                output::line("")?;
            }
        } else if let Some(why) = &row.why {
            drop(writeln!(io::stderr().lock(), "hannun: {}", escape(why)));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::executions::ask::{LONGEST_SECONDS, USUAL_SECONDS};

    #[test]
    fn a_time_limit_has_a_unit_and_an_end() {
        let known = [Ok(USUAL_SECONDS), Ok(300), Ok(3_600), Ok(LONGEST_SECONDS)];
        assert_eq!([seconds("30s"), seconds("5m"), seconds("1h"), seconds("1d")], known);
        for wrong in ["", "7", "0s", "25h", "x", "-1s", "99999999h"] {
            assert!(seconds(wrong).is_err(), "{wrong}");
        }
    }
}
