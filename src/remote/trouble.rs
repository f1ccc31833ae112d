//! What goes wrong with a script that somebody else wrote, told apart: the server, the shell that cannot read it, or the
//! script itself.

use super::hosts::{Hosts, Script};
use super::{Answer, Endpoint};
use crate::commands::ParseError;
use crate::commands::script::{Locale, syntax_error};
use crate::error::{Error, RemoteError, Result, Stage};
use crate::language::Message;
use crate::models::server_states::State;

/// Why a script did not work.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The server could not be asked: this says nothing about the script.
    Server(RemoteError),
    /// The shell cannot read the script.
    Syntax {
        /// The line of the script, where the shell names it.
        line: Option<usize>,
        /// What the shell said.
        said: String,
    },
    /// The shell went on reading: something in the script has no end.
    NoEnd,
    /// It ran, and was stopped or broke off.
    Stopped(RemoteError),
    /// It ended with another status than 0.
    Status(u32),
    /// Its answer is of another shape than its format says.
    Unreadable(ParseError),
}

impl Trouble {
    /// The sentence for people.
    pub fn message(&self) -> Message {
        match self {
            Self::Server(error) | Self::Stopped(error) => error.message(),
            Self::Syntax { line: Some(line), said } => {
                Message::new("The shell cannot read line {line} of the script: {said}")
                    .with("line", line)
                    .with("said", said)
            }
            Self::Syntax { line: None, said } => {
                Message::new("The shell cannot read the script: {said}").with("said", said)
            }
            Self::NoEnd => Message::new(
                "The shell never got to run the script: a quote, a bracket or a here-document in it has no end",
            ),
            Self::Status(status) => {
                Message::new("The script ended with status {status}; 0 was expected").with("status", status)
            }
            Self::Unreadable(ParseError { line: Some(line), why, .. }) => {
                Message::new("Line {line} of the answer cannot be read: {why}").with("line", line).with("why", why)
            }
            Self::Unreadable(problem) => Message::new("The answer cannot be read: {why}").with("why", &problem.why),
        }
    }

    /// What the server itself said, to be shown verbatim and escaped.
    pub fn evidence(&self) -> &str {
        match self {
            Self::Server(error) | Self::Stopped(error) => error.evidence(),
            Self::Syntax { .. } | Self::NoEnd | Self::Status(_) | Self::Unreadable(_) => "",
        }
    }

    /// What became of a script that was sent, with `lines_before` of ours before it.
    fn of(error: RemoteError, lines_before: usize) -> Self {
        match error {
            RemoteError::ShellUnusable { said, server } => match syntax_error(&said, lines_before) {
                Some((line, said)) => Self::Syntax { line, said },
                None => Self::Server(RemoteError::ShellUnusable { said, server }),
            },
            RemoteError::TimedOut { stage: Stage::Shell, .. } => Self::NoEnd,
            other => other.into(),
        }
    }
}

impl From<RemoteError> for Trouble {
    fn from(error: RemoteError) -> Self {
        if State::after(&error).is_some() { Self::Server(error) } else { Self::Stopped(error) }
    }
}

impl Hosts {
    /// Sends a script that is not our own. The outer error is one of ours: it says nothing about the script or its server.
    pub(super) async fn send_unknown(
        &self,
        endpoint: &Endpoint,
        locale: Locale,
        script: Script<'_>,
    ) -> Result<std::result::Result<Answer, Trouble>> {
        let lines_before = script.lines_before(locale);
        match self.send(endpoint, locale, script).await {
            Ok(answer) => Ok(Ok(answer)),
            Err(Error::Remote(error)) => Ok(Err(Trouble::of(*error, lines_before))),
            Err(other) => Err(other),
        }
    }
}
