//! `hannun exec`: one command on many servers. What comes is told as it comes, and by server at the end.

use std::io::{self, IsTerminal, Write};

use clap::Args;
use futures_util::StreamExt;
use futures_util::stream;
use serde::Serialize;
use tokio_util::sync::CancellationToken;

use super::connect::{self, actor};
use super::{Failure, Outcome, output};
use crate::app::App;
use crate::commands::Acting;
use crate::config::{Config, duration};
use crate::error::{Error, Result};
use crate::executions::ask::{By, is_time_limit};
use crate::executions::{Commands, Selector, Sequence, Wish, ask};
use crate::installations::ask::RunExecution;
use crate::models::actor::Scope;
use crate::models::command_runs::CommandRun;
use crate::models::executions::ExecutionState;
use crate::models::servers::Server;
use crate::telemetry::escape;

/// Servers that are asked at the same time.
const AT_ONCE: usize = 32;

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
        let wish = Wish {
            commands: vec![self.command.join(" ")],
            acting: if self.r#become { Acting::Root } else { Acting::User },
            time_limit_seconds: self.timeout,
            sequence: Sequence::StopAtFailure,
        };
        let voice = Voice { is_alone: servers.len() == 1 && !self.json };
        let mut rows: Vec<Row> = stream::iter(servers)
            .map(|server| on_one(&app, server, &wish, &voice))
            .buffer_unordered(AT_ONCE)
            .collect()
            .await;
        rows.sort_by(|one, other| one.server.cmp(&other.server));
        app.hosts.pool().close_all().await;
        if self.json {
            output::json(&rows)?;
        } else {
            tell(&rows, voice.is_alone)?;
        }
        if rows.iter().all(|row| row.state == ExecutionState::Succeeded.name()) { Ok(()) } else { Err(Failure::Said) }
    }
}

async fn on_one(app: &App, server: Server, wish: &Wish, voice: &Voice) -> Row {
    let name = server.name.clone();
    let mut heard = Vec::new();
    let mut hear = |bytes: &[u8]| {
        voice.say(&name, bytes);
        heard.extend_from_slice(bytes);
    };
    let ran = run(app, server, wish, &mut hear).await;
    let output = String::from_utf8_lossy(&heard).into_owned();
    match ran {
        Ok(run) => Row {
            server: name,
            state: run.state.name(),
            exit_status: run.exit_status,
            why: run.why().map(|why| why.to_string()),
            output,
            execution: Some(run.id.0),
        },
        Err(error) => Row {
            server: name,
            state: ExecutionState::Failed.name(),
            exit_status: None,
            why: Some(error.to_string()),
            output,
            execution: None,
        },
    }
}

async fn run(app: &App, server: Server, wish: &Wish, hear: &mut (dyn FnMut(&[u8]) + Send)) -> Result<CommandRun> {
    let host = app.hosts.of(actor(), server).operable().await?;
    let run = ask(&host, wish, By::Caller).await?.pop().ok_or(Error::NotFound("This run"))?;
    let commands = Commands {
        db: app.db.patient(),
        hosts: app.hosts.clone(),
        clock: app.clock.clone(),
        stop: CancellationToken::new(),
    };
    commands.work_aloud(&RunExecution { execution: run.id, token: 0 }, hear).await?;
    let id = run.id;
    app.db.run(move |connection| CommandRun::by_id(connection, id)).await
}

/// What is told while commands run.
struct Voice {
    /// One server alone is heard on standard output, as it speaks.
    is_alone: bool,
}

impl Voice {
    fn say(&self, server: &str, bytes: &[u8]) {
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
