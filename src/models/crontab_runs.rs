//! What lines of crontabs are run with, until they are started: their variables may be passwords, so it is sealed.

use diesel::prelude::*;

use super::data_keys::DataKey;
use super::ids::ExecutionId;
use crate::db::schema::crontab_runs;
use crate::error::{Error, Result};
use crate::secret::SecretText;
use crate::secret::seal::{Place, SealError, Sealer, sealed_with};

/// The deeds around them.
#[derive(Debug)]
pub struct CrontabRun;

impl CrontabRun {
    /// Keeps what the run of this execution is given.
    pub fn keep(connection: &mut PgConnection, sealer: &Sealer, run: ExecutionId, text: &SecretText) -> Result<()> {
        let kept = DataKey::seal(connection, sealer, place_of(run), text)?;
        diesel::insert_into(crontab_runs::table)
            .values((crontab_runs::execution_id.eq(run), crontab_runs::content.eq(kept)))
            .execute(connection)?;
        Ok(())
    }

    /// What the run is given.
    pub fn open(connection: &mut PgConnection, sealer: &Sealer, run: ExecutionId) -> Result<SecretText> {
        let kept: Option<Vec<u8>> =
            crontab_runs::table.find(run).select(crontab_runs::content).first(connection).optional()?;
        let kept = kept.ok_or(Error::NotFound("This run"))?;
        DataKey::unseal(connection, sealer, place_of(run), &kept)
    }

    /// Forgets it: the run was started, or ended before it was.
    pub fn forget(connection: &mut PgConnection, run: ExecutionId) -> QueryResult<()> {
        diesel::delete(crontab_runs::table.find(run)).execute(connection).map(drop)
    }
}

impl CrontabRun {
    /// Seals all of them with the newest data key (S04): they are few, and live for seconds.
    pub(super) fn reseal(connection: &mut PgConnection, sealer: &Sealer) -> Result<()> {
        let newest = sealer.newest().ok_or_else(|| Error::internal(SealError::KeyMissing))?;
        let rows: Vec<(ExecutionId, Vec<u8>)> = crontab_runs::table.for_update().load(connection)?;
        for (run, kept) in rows.into_iter().filter(|(_, kept)| sealed_with(kept) != Ok(newest)) {
            // One that was altered opens with no key (S02): its run fails, and says so.
            let Ok(text) = sealer.unseal(place_of(run), &kept) else { continue };
            let again = sealer.seal(place_of(run), &text).map_err(Error::internal)?;
            let row = diesel::update(crontab_runs::table.find(run));
            row.set(crontab_runs::content.eq(again)).execute(connection)?;
        }
        Ok(())
    }
}

/// A run belongs to nobody in particular.
fn place_of(run: ExecutionId) -> Place {
    Place { table: "crontab_runs", column: "content", row: run.0, owner: 0 }
}
