//! `/servers/{server}/trials`: runs a script once on a server, and says what was understood. Nothing of it is saved but how it
//! went.

use std::time::Duration;

use actix_web::web::{Data, Json, Path};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::input::Body;
use crate::app::App;
use crate::commands::CommandType;
use crate::commands::catalog::script_problem;
use crate::commands::checks::Answer;
use crate::commands::script::Privilege;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::trials::CHECKS;
use crate::remote::trial::{Attempt, Tried};
use crate::remote::trouble::Trouble;
use crate::web::extract::{Asking, Reauthenticated};

/// Bytes of an answer that are given back.
const MOST_BYTES: usize = 64 << 10;

/// A script to be tried: for a command type with a format, or for a check with a kind of answer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewTrial)]
pub struct TrialToMake {
    /// What it answers, for a command.
    #[schema(example = "list_processes")]
    pub command_type: Option<String>,
    /// Which reader reads a command's answer.
    #[serde(default = "table")]
    #[schema(default = "table")]
    pub format: String,
    /// `number`, `table` or `text`, for a check.
    pub answer: Option<String>,
    /// Seconds after which a check is stopped; commands have the time of a command.
    #[serde(default = "ten")]
    #[schema(default = 10, minimum = 1, maximum = 60)]
    pub timeout_seconds: u64,
    /// The script.
    #[serde(default)]
    #[schema(required = true)]
    pub script: String,
}

fn table() -> String {
    "table".to_owned()
}

fn ten() -> u64 {
    10
}

/// How it went.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Trial)]
pub struct TrialView {
    /// Whether it ran to its end and its answer could be read.
    pub worked: bool,
    /// What went wrong.
    pub problem: Option<String>,
    /// The line of the answer, or of the script, that it is about.
    pub line: Option<usize>,
    /// Who it ran as.
    pub run_as: String,
    /// What its lines that ask for root got: `none`, `already`, `sudo`, `sudo_password`; null where it has no such line.
    pub root: Option<&'static str>,
    /// The exit status; null where it did not come that far.
    pub exit_status: Option<u32>,
    /// How long it took, in milliseconds.
    pub took_ms: Option<u64>,
    /// What it printed, up to 64 KiB. The server's own text.
    pub stdout: String,
    /// What it said on standard error. The server's own text.
    pub stderr: String,
    /// The headings of what was understood.
    pub head: Vec<&'static str>,
    /// The first rows of what was understood.
    pub rows: Vec<Vec<String>>,
    /// How many rows there are.
    pub total: usize,
}

/// Runs a script once on the server, within the time of a command and 4 MiB. Role: administrator.
///
/// Answers 200 also where it did not work: look at `worked`. That it was tried stands in the audit log.
#[utoipa::path(
    operation_id = "try_script",
    post, path = "/api/v1/servers/{server}/trials", tag = "commands",
    params(("server" = String, Path, description = "Its name")),
    request_body = TrialToMake,
    responses((status = 200, body = TrialView)),
)]
pub async fn create(
    app: Data<App>,
    asking: Asking,
    _: Reauthenticated,
    name: Path<String>,
    body: Body<TrialToMake>,
) -> Result<Json<TrialView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?.operable().await?;
    let wish = body.0;
    if let Some(problem) = script_problem(&wish.script) {
        return Err(Error::field("script", problem));
    }
    let attempt = |purpose, format| Attempt { purpose, name: "trial", format, script: &wish.script, deadline: None };
    if !(1..=60).contains(&wish.timeout_seconds) {
        let sentence = Message::new("This must be a whole number from {least} to {most}");
        return Err(Error::field("timeout_seconds", sentence.with("least", 1).with("most", 60)));
    }
    let tried = match (&wish.command_type, &wish.answer) {
        (Some(command_type), None) => {
            let known = CommandType::from_name(command_type);
            let known = known.ok_or_else(|| Error::field("command_type", "There is no such command type"))?;
            if !known.formats().contains(&wish.format.as_str()) {
                return Err(Error::field("format", "There is no such format"));
            }
            host.try_script(attempt(known.name(), &wish.format), |output| known.preview(&wish.format, output)).await?
        }
        (None, Some(answer)) => {
            let known = Answer::from_name(answer);
            let known = known.ok_or_else(|| Error::field("answer", "The answer is a number, a table or a text"))?;
            let deadline = Some(Duration::from_secs(wish.timeout_seconds));
            let attempt = Attempt { deadline, ..attempt(CHECKS, known.name()) };
            host.try_script(attempt, |output| known.preview(output)).await?
        }
        _ => return Err(Error::field("command_type", "Give either command_type or answer")),
    };
    Ok(Json(TrialView::from(tried)))
}

impl From<Tried> for TrialView {
    fn from(tried: Tried) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes.get(..MOST_BYTES).unwrap_or(bytes)).into_owned();
        let answer = tried.answer.as_ref();
        let trouble = tried.outcome.as_ref().err();
        let preview = tried.outcome.as_ref().ok().cloned().unwrap_or_default();
        Self {
            worked: trouble.is_none(),
            problem: trouble.map(|trouble| trouble.message().to_string()),
            line: match trouble {
                Some(Trouble::Unreadable(problem)) => problem.line,
                Some(Trouble::Syntax { line, .. }) => *line,
                _ => None,
            },
            run_as: tried.run_as,
            root: tried.root.map(Privilege::name),
            exit_status: answer.map(|answer| answer.status),
            took_ms: answer.map(|answer| u64::try_from(answer.took.as_millis()).unwrap_or(u64::MAX)),
            stdout: answer.map(|answer| text(&answer.stdout)).unwrap_or_default(),
            stderr: answer.map(|answer| text(&answer.stderr)).unwrap_or_default(),
            head: preview.head,
            rows: preview.rows,
            total: preview.total,
        }
    }
}
