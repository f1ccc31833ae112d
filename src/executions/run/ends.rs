//! How commands end, as sentences. Pure.

use crate::error::{Error, StillRunning};
use crate::language::Message;
use crate::models::audit::Outcome;
use crate::models::executions::{End, ExecutionState};
use crate::remote::running::Ended;

fn end(state: ExecutionState, why: impl Into<Option<Message>>) -> End {
    End { state, exit_status: None, why: why.into(), answer: String::new() }
}

/// By itself; with what stood on standard error beside its output.
pub(in crate::executions) fn ended(how: Ended) -> (End, String) {
    match how {
        Ended::Status(status, said) => {
            let state = if status == 0 { ExecutionState::Succeeded } else { ExecutionState::Failed };
            (End { exit_status: i32::try_from(status).ok(), ..end(state, None) }, said)
        }
        Ended::Signal(signal) => {
            let why = Message::new("It was ended by the signal {signal}").with("signal", signal);
            (end(ExecutionState::Failed, why), String::new())
        }
    }
}

/// Somebody asked for it.
pub(in crate::executions) fn stopped(still_running: StillRunning) -> End {
    match still_running {
        StillRunning::No => end(ExecutionState::Stopped, None),
        _ => end(ExecutionState::Unknown, Message::new("It was asked to end, and may still run on the server")),
    }
}

/// Its time was up.
pub(in crate::executions) fn too_long(seconds: u64, still_running: StillRunning) -> End {
    let why = match still_running {
        StillRunning::No => Message::new("It was ended after {seconds} s, its time limit"),
        _ => Message::new("Its time limit of {seconds} s is over, and it may still run on the server"),
    };
    let state = if still_running == StillRunning::No { ExecutionState::Failed } else { ExecutionState::Unknown };
    end(state, why.with("seconds", seconds))
}

/// It printed more than is kept.
pub(in crate::executions) fn too_much(limit: usize, still_running: StillRunning) -> End {
    let why = match still_running {
        StillRunning::No => Message::new("It was ended: it printed more than {limit} MiB"),
        _ => Message::new("It printed more than {limit} MiB, and may still run on the server"),
    };
    let state = if still_running == StillRunning::No { ExecutionState::Failed } else { ExecutionState::Unknown };
    end(state, why.with("limit", limit >> 20))
}

/// It did not begin, or nobody knows how it ended.
pub(in crate::executions) fn cut_off(error: &Error) -> End {
    let may_have_run = matches!(error, Error::Remote(remote) if remote.may_have_run());
    let state = if may_have_run { ExecutionState::Unknown } else { ExecutionState::Failed };
    end(state, error.message())
}

/// The process that ran it is gone.
pub(in crate::executions) fn lost_with_its_process() -> End {
    let why = Message::new("The process of hannun that ran it has ended: look at the server before you repeat it");
    end(ExecutionState::Unknown, why)
}

/// Somebody asked for its end before its turn came.
pub(in crate::executions) fn never_begun() -> End {
    end(ExecutionState::Stopped, Message::new("It was stopped before it began"))
}

/// What was kept of it is not what somebody asked for.
pub(in crate::executions) fn refused(why: Message) -> End {
    end(ExecutionState::Failed, why)
}

/// One before it did not succeed.
pub(in crate::executions) fn left() -> End {
    end(ExecutionState::Stopped, Message::new("It was not begun, because the one before it did not succeed"))
}

/// The word for the audit log.
pub(in crate::executions) fn outcome_of(state: ExecutionState) -> Outcome {
    match state {
        ExecutionState::Succeeded => Outcome::Succeeded,
        ExecutionState::Stopped | ExecutionState::Failed | ExecutionState::Partly => Outcome::Failed,
        _ => Outcome::Unknown,
    }
}
