//! Forgets how trying a script went, where nobody keeps that script any more.

use chrono::TimeDelta;
use futures_util::FutureExt;

use super::{Recurring, Work};
use crate::db::Connection;
use crate::error::Result;
use crate::models::checks::Check;
use crate::models::commands::StoredCommand;
use crate::models::trials::{CHECKS, Trial, fingerprint};

/// What was tried and not saved is remembered for so long.
const KEPT: TimeDelta = TimeDelta::days(30);

/// Each day.
pub(super) const JOB: Recurring = Recurring {
    name: "forget_trials",
    every_seconds: 86_400,
    run: |work: Work| {
        async move {
            let before = work.clock.now() - KEPT;
            work.db
                .run(move |connection| {
                    let kept = in_use(connection)?;
                    Ok::<_, crate::error::Error>(Trial::forget(connection, &kept, before)?)
                })
                .await
                .map(drop)
        }
        .boxed()
    },
};

fn in_use(connection: &mut Connection) -> Result<Vec<String>> {
    let commands = StoredCommand::all(connection)?.into_iter();
    let mut kept: Vec<String> =
        commands.map(|command| fingerprint(&command.command_type, &command.format, &command.script)).collect();
    kept.extend(Check::all(connection)?.into_iter().map(|check| fingerprint(CHECKS, &check.answer, &check.script)));
    Ok(kept)
}
