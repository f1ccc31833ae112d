//! Trying a script on a server before anybody relies on it: once, bounded, audited, and kept as worked or failed under the
//! very text that was tried.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::host::{OperableHost, outcome_of};
use super::hosts::Script;
use super::trouble::Trouble;
use super::weigh::{Deed, Permitted};
use super::{Answer, Endpoint};
use crate::commands::platform::Platform;
use crate::commands::preview::Preview;
use crate::commands::root_lines::root_lines;
use crate::commands::script::{Parameters, Privilege};
use crate::commands::{CommandType, ParseError};
use crate::error::{Error, RemoteError, Result};
use crate::models::audit::Outcome;
use crate::models::permission::Permission;
use crate::models::trials::{Trial, TrialOutcome, fingerprint};

/// What is tried.
#[derive(Debug, Clone, Copy)]
pub struct Attempt<'a> {
    /// What the script is for: a command type's name, or a check's kind of answer.
    pub purpose: &'a str,
    /// What the script will be called.
    pub name: &'a str,
    /// The format of its answer.
    pub format: &'a str,
    /// Its text.
    pub script: &'a str,
    /// Time for everything; none: as long as any command.
    pub deadline: Option<Duration>,
}

/// How it went.
#[derive(Debug, Clone)]
pub struct Tried {
    /// The server's name.
    pub server: String,
    /// Who it ran as.
    pub run_as: String,
    /// What its lines that ask for root got; none where it has no such line.
    pub root: Option<Privilege>,
    /// When it was sent.
    pub at: DateTime<Utc>,
    /// What it printed, how it ended and how long it took; none where the server did not come that far.
    pub answer: Option<Answer>,
    /// What the answer means, or what went wrong.
    pub outcome: std::result::Result<Preview, Trouble>,
}

impl Tried {
    /// Whether this says something about the script: it came to run.
    pub fn is_about_the_script(&self) -> bool {
        !matches!(self.outcome, Err(Trouble::Server(_)))
    }
}

impl OperableHost {
    /// Runs a script that is not in use, and reads its answer with `read`. What was learnt is kept ([`Trial`]), and who
    /// tried what stands in the audit log; where "asked" cannot be written, nothing is sent (L01).
    #[tracing::instrument(skip_all, fields(server = %self.name(), purpose = attempt.purpose))]
    pub async fn try_script(
        &self,
        attempt: Attempt<'_>,
        read: impl FnOnce(&[u8]) -> std::result::Result<Preview, ParseError>,
    ) -> Result<Tried> {
        let hosts = self.hosts();
        let target = format!("{} {}", attempt.purpose, attempt.name);
        // Nobody knows yet what it does.
        let deed = Deed::new("try_command", &target, Permission::RunCommand);
        let Permitted { entry, endpoint, may_be_root, .. } = self.weigh(&deed).await?;
        let entry = entry.detail("script", attempt.script);
        let at = hosts.clock().now();
        let asked = hosts.db().run(move |connection| entry.asked(connection, at)).await?;
        let (root, ran) = self.run_unknown(&endpoint, &attempt, may_be_root).await;
        let (answer, outcome) = match ran {
            Ok(answer) if answer.status != 0 => {
                let status = answer.status;
                (Some(answer), Err(Trouble::Status(status)))
            }
            Ok(answer) => {
                let read = read(&answer.stdout).map_err(Trouble::Unreadable);
                (Some(answer), read)
            }
            Err(trouble) => (None, Err(trouble)),
        };
        let tried = Tried { server: self.name().to_owned(), run_as: endpoint.user, root, at, answer, outcome };
        let result = match &tried.outcome {
            Ok(_) => Outcome::Succeeded,
            Err(Trouble::Server(error) | Trouble::Stopped(error)) => outcome_of(&error.clone().into()),
            Err(_) => Outcome::Failed,
        };
        let why = tried.outcome.as_ref().err().map(|trouble| trouble.message().to_string()).unwrap_or_default();
        let trial = self.trial(&attempt, &tried, &why);
        let (asked, now) = (asked.detail("why", why), hosts.clock().now());
        let written = hosts.db().transaction(move |connection| {
            if let Some(trial) = trial {
                trial.keep(connection)?;
            }
            asked.ended(connection, result, now)
        });
        if let Err(problem) = written.await {
            // It ran and "asked" stands, as for a change.
            tracing::error!(%problem, "an outcome could not be written to the audit log");
        }
        Ok(tried)
    }

    /// Runs it as the one whom the rights were weighed for: nobody else's credential is looked up in between.
    async fn run_unknown(
        &self,
        endpoint: &Endpoint,
        attempt: &Attempt<'_>,
        may_be_root: bool,
    ) -> (Option<Privilege>, std::result::Result<Answer, Trouble>) {
        let server_trouble = |error: Error| match error {
            Error::Remote(error) => Trouble::Server(*error),
            other => Trouble::Server(RemoteError::Unreachable { server: self.name().to_owned(), why: other.message() }),
        };
        let (hosts, parameters) = (self.hosts(), Parameters::default());
        let prepared = async {
            // One that cannot be detected may still run a script that says how to.
            let platform = if attempt.purpose == CommandType::DetectPlatform.name() {
                Platform::default()
            } else {
                hosts.platform_at(endpoint).await?
            };
            let privilege =
                if may_be_root { hosts.privilege(endpoint, &platform, attempt.script).await? } else { Privilege::None };
            Ok((platform, privilege))
        };
        let (platform, privilege) = match prepared.await {
            Ok(prepared) => prepared,
            Err(error) => return (None, Err(server_trouble(error))),
        };
        let root = (!root_lines(attempt.script).is_empty()).then_some(privilege);
        let deadline = attempt.deadline.unwrap_or(hosts.command_timeout());
        let mut script = Script { privilege, ..Script::new(attempt.name, attempt.script, &parameters, deadline) };
        if attempt.purpose == CommandType::SampleMetrics.name() {
            // One tick; the end of input follows it.
            script.feed = b"\n".to_vec();
        }
        let ran = hosts.send_unknown(endpoint, platform.locale(), script).await;
        (root, ran.unwrap_or_else(|error| Err(server_trouble(error))))
    }

    /// What is kept of it; nothing where the server did not come to run the script.
    fn trial(&self, attempt: &Attempt<'_>, tried: &Tried, why: &str) -> Option<Trial> {
        let took = tried.answer.as_ref().map_or(Duration::ZERO, |answer| answer.took);
        tried.is_about_the_script().then(|| Trial {
            fingerprint: fingerprint(attempt.purpose, attempt.format, attempt.script),
            server: tried.server.clone(),
            tried_by: self.actor().name.clone(),
            outcome: if tried.outcome.is_ok() { TrialOutcome::Worked } else { TrialOutcome::Failed },
            why: why.to_owned(),
            took_ms: i64::try_from(took.as_millis()).unwrap_or(i64::MAX),
            tried_at: tried.at,
        })
    }
}
