//! Running a line of a crontab now: asked for like an installation, and worked on by whoever works on those.

use std::sync::Arc;

use super::{Crontabs, changed, digest_of, tab_of};
use crate::commands::cron::{Place, RunCronLine, Timetables};
use crate::commands::{Change, Command};
use crate::error::{Error, Result};
use crate::installations::ask;
use crate::language::Message;
use crate::models::crontab_runs::CrontabRun;
use crate::models::executions::ExecutionSummary;
use crate::models::permission::Permission;
use crate::remote::host::OperableHost;
use crate::secret::SecretText;

/// What a line of a table would run, if the table is still the one of `seen`.
pub fn line(tables: &Timetables, place: &Place, seen: &str, number: usize) -> Result<RunCronLine> {
    let tab = tab_of(tables, place)?;
    if digest_of(&tab) != seen {
        return Err(changed());
    }
    let entry = tab.table.line(number).and_then(|line| line.entry()).ok_or(Error::NotFound("This line"))?;
    RunCronLine::of(&tab, entry, number)
        .ok_or_else(|| Error::Conflict(Message::new("This line is no UTF-8. It is not run from here")))
}

impl Crontabs {
    /// Asks for the run. It needs root there, which becomes the line's user.
    pub async fn run(&self, host: &OperableHost, line: RunCronLine) -> Result<ExecutionSummary> {
        host.permits(Permission::Root, RunCronLine::TYPE.name(), &line.target()).await?;
        let text = serde_json::to_string(&line).map_err(Error::internal)?;
        let sealer = Arc::clone(&self.sealer);
        let keep = move |connection: &mut crate::db::Connection, run: &ExecutionSummary| {
            CrontabRun::keep(connection, &sealer, run.id, &SecretText::new(text))
        };
        ask::run_beside(host, line, keep).await
    }
}
