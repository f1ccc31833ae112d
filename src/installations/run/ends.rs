//! Ends of a run that no tool told. Pure.

use crate::error::Error;
use crate::language::Message;
use crate::models::audit::Outcome;
use crate::models::executions::{End, ExecutionState};

pub(super) fn outcome_of(state: ExecutionState) -> Outcome {
    match state {
        ExecutionState::Succeeded | ExecutionState::Partly => Outcome::Succeeded,
        ExecutionState::Unknown => Outcome::Unknown,
        _ => Outcome::Failed,
    }
}

pub(super) fn stopped() -> End {
    let why = Some(Message::new("It was stopped before it began"));
    End { state: ExecutionState::Stopped, exit_status: None, why, answer: String::new() }
}

pub(super) fn not_begun(error: &Error) -> End {
    let said = match error {
        Error::Remote(remote) => remote.evidence().to_owned(),
        _ => String::new(),
    };
    let why = if said.is_empty() {
        Message::new("Nothing was changed. {why}").with_words("why", error.message())
    } else {
        Message::new("Nothing was changed. {why}: {said}").with_words("why", error.message()).with("said", said)
    };
    End { state: ExecutionState::Failed, exit_status: None, why: Some(why), answer: String::new() }
}

pub(super) fn unknown(why: Message) -> End {
    End { state: ExecutionState::Unknown, exit_status: None, why: Some(why), answer: String::new() }
}
