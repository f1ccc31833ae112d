//! Logins and sessions, for people who try a command.

use chrono::{DateTime, Utc};

use super::{Preview, known};
use crate::commands::logins::place::Place;
use crate::commands::logins::{LoginOutcome, ReadLogins};
use crate::commands::sessions::{self, ListSessions};
use crate::commands::{Command, ParseError};

pub(super) fn logins(format: &str, output: &[u8]) -> Result<Preview, ParseError> {
    let asked = ReadLogins { place: Place::default(), backwards: false, oldest: DateTime::<Utc>::UNIX_EPOCH };
    let head = ["Time", "Outcome", "User", "From", "Port", "Method", "PID", "Ended"];
    Ok(Preview::of(&head, &asked.parse(format, output)?.logins, |login| {
        let outcome = if login.outcome == LoginOutcome::Accepted { "accepted" } else { "failed" };
        let from = login.address.map_or_else(|| login.host.clone(), |address| address.to_string());
        vec![
            login.at.to_rfc3339(),
            outcome.to_owned(),
            login.user.clone(),
            from,
            known(login.port),
            login.method.clone(),
            known(login.pid),
            known(login.ended_at.map(|at| at.to_rfc3339())),
        ]
    }))
}

pub(super) fn sessions(format: &str, output: &[u8]) -> Result<Preview, ParseError> {
    let head = ["PID", "User", "Terminal", "Since", "Program"];
    Ok(Preview::of(&head, &ListSessions.parse(format, output)?, |one| {
        let since = known(one.since.map(|at| at.to_rfc3339()));
        vec![one.pid.to_string(), one.user.clone(), one.terminal.clone(), since, one.program.clone()]
    }))
}

pub(super) fn ended(output: &[u8]) -> Result<Preview, ParseError> {
    Ok(Preview::of(&["Result"], &[sessions::ended(output)?], |one| vec![format!("{one:?}")]))
}
