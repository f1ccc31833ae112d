//! `hannun doctor`: is everything as it should be, and what to do where it is not.

mod database;
mod instances;
mod machine;
mod reach;

use clap::Args;
use serde::Serialize;

use super::connect;
use super::{Failure, Outcome, output};
use crate::config::Config;
use crate::error::Error;
use crate::telemetry::escape;

/// Check configuration, database, processes, key file, queue, clock and the way to each server, and say what to do
#[derive(Debug, Args)]
#[command(after_help = "Examples:\n  hannun doctor\n  hannun doctor --no-servers --json")]
pub(super) struct Doctor {
    /// Do not connect to any server
    #[arg(long)]
    no_servers: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// How one check went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    /// As it should be.
    Ok,
    /// It works, and could be better.
    Warning,
    /// It does not work.
    Failed,
}

/// One check.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Check {
    /// What was looked at.
    name: String,
    verdict: Verdict,
    /// What was found.
    detail: String,
    /// What to do about it.
    next_step: Option<String>,
}

impl Check {
    fn ok(name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { name: name.into(), verdict: Verdict::Ok, detail: detail.into(), next_step: None }
    }

    fn warning(name: impl Into<String>, detail: impl Into<String>, next_step: impl Into<String>) -> Self {
        let next_step = Some(next_step.into());
        Self { name: name.into(), verdict: Verdict::Warning, detail: detail.into(), next_step }
    }

    fn failed(name: impl Into<String>, detail: impl Into<String>, next_step: impl Into<String>) -> Self {
        let next_step = Some(next_step.into());
        Self { name: name.into(), verdict: Verdict::Failed, detail: detail.into(), next_step }
    }
}

impl Doctor {
    pub(super) async fn run(self, config: Config) -> Outcome {
        let mut report = Report { json: self.json, checks: Vec::new() };
        report.add(machine::configuration(&config))?;
        report.add(machine::data_directory(&config))?;
        report.add(machine::key_file(&config))?;
        if machine::has_no_database_yet(&config) {
            let next = "hannun serve makes it at its first start";
            report.add(Check::warning("database", "the private PostgreSQL is not made yet", next))?;
            return report.finish();
        }
        match connect::reach(&config) {
            Err(error) => report.add(Check::failed("database", said(&error), database::way_back(&config)))?,
            Ok(found) => {
                for check in database::checks(&config, &found).await {
                    report.add(check)?;
                }
                let is_broken = |name| report.worst(name) == Some(Verdict::Failed);
                if !self.no_servers && !is_broken("database") && !is_broken("secrets") {
                    for check in reach::checks(&config, &found).await {
                        report.add(check)?;
                    }
                }
            }
        }
        report.finish()
    }
}

/// What an error says; a fault of ours with its cause, for whoever runs the console.
fn said(error: &Error) -> String {
    match error {
        Error::Internal(cause) => format!("{cause:#}"),
        other => other.to_string(),
    }
}

/// The checks so far; each line is printed as it comes, JSON at the end.
struct Report {
    json: bool,
    checks: Vec<Check>,
}

impl Report {
    fn add(&mut self, check: Check) -> Result<(), Failure> {
        if !self.json {
            let mark = match check.verdict {
                Verdict::Ok => "ok     ",
                Verdict::Warning => "warning",
                Verdict::Failed => "FAILED ",
            };
            output::line(format_args!("{mark}  {}: {}", escape(&check.name), escape(&check.detail)))?;
            if let Some(next) = &check.next_step {
                output::line(format_args!("         → {}", escape(next)))?;
            }
        }
        self.checks.push(check);
        Ok(())
    }

    /// The verdict of the worst check with this name.
    fn worst(&self, name: &str) -> Option<Verdict> {
        let verdicts = self.checks.iter().filter(|check| check.name == name).map(|check| check.verdict);
        verdicts.max_by_key(|verdict| match verdict {
            Verdict::Ok => 0,
            Verdict::Warning => 1,
            Verdict::Failed => 2,
        })
    }

    fn finish(self) -> Outcome {
        if self.json {
            output::json(&self.checks)?;
        }
        let failed = self.checks.iter().filter(|check| check.verdict == Verdict::Failed).count();
        match failed {
            0 => Ok(()),
            _ => Err(Failure::Said),
        }
    }
}
