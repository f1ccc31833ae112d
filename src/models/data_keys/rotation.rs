//! A new key file and a new data key, and every secret sealed anew (S04). Step by step: each step leaves everything readable,
//! and who begins again after an interruption goes on where it was.

use std::path::{Path, PathBuf};

use diesel::prelude::*;

use super::DataKey;
use crate::db::schema::data_keys;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::channels::Channel;
use crate::models::credentials::{Credential, Resealed};
use crate::models::crontab_runs::CrontabRun;
use crate::models::crontab_versions::CrontabVersion;
use crate::models::terminals::recordings;
use crate::secret::seal::{KeyFile, Sealer};

/// Secrets that are sealed anew in one transaction.
const BATCH: i64 = 100;

/// What a step did.
///
/// ```text
/// secret.key          the key file
/// secret.key.new      the next one, until it is exchanged
/// secret.key.before-2 the one before the data key 2, for backups of that time
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// A new key lies beside the key file.
    NewKey,
    /// The new key opens every data key, and there is a new data key.
    Wrapped,
    /// The new key is the key file; the old one was kept in this file.
    Exchanged(PathBuf),
    /// So many credentials were sealed with the new data key.
    Resealed(usize),
    /// All is done. The secrets of these credentials cannot be opened by any key, and the data keys that they name stay.
    Done {
        /// Names of credentials and channels, of what stood in crontabs, and of what terminals showed.
        unreadable: Vec<String>,
    },
}

/// A rotation under way.
#[derive(Debug)]
pub struct Rotation {
    path: PathBuf,
    batch: i64,
    phase: Phase,
    sealer: Option<Sealer>,
    unreadable: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Begin,
    Wrap,
    Exchange,
    Reseal {
        after: i64,
    },
    ResealCrontabs {
        after: i64,
    },
    /// After this piece of the recording of this terminal.
    ResealRecordings {
        after: (i64, i32),
    },
}

impl Rotation {
    /// A rotation of the key file at `path`, or the rest of one that was interrupted.
    pub fn new(path: &Path) -> Result<Self> {
        let path = KeyFile::place(path);
        if KeyFile::is_given(&path) {
            let sentence = "The key file {path} is given by systemd, so hannun cannot exchange it. Set HANNUN_SECRET_KEY_FILE to a copy in the data directory, run this again, and give systemd the new file";
            return Err(Error::Conflict(Message::new(sentence).with("path", path.display())));
        }
        Ok(Self { path, batch: BATCH, phase: Phase::Begin, sealer: None, unreadable: Vec::new() })
    }

    /// The same in transactions of another size.
    #[must_use]
    pub fn in_batches_of(self, batch: i64) -> Self {
        Self { batch, ..self }
    }

    /// Where the key file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Keeps other rotations of this database away for as long as `connection` lives or until [`Rotation::end`].
    pub fn begin_alone(connection: &mut PgConnection) -> Result<()> {
        let lock = "pg_try_advisory_lock(hashtext('hannun:key rotation'))";
        let alone = diesel::dsl::select(diesel::dsl::sql::<diesel::sql_types::Bool>(lock)).get_result(connection)?;
        if alone {
            Ok(())
        } else {
            Err(Error::Conflict(Message::new("The keys are being rotated already, or a backup is being made")))
        }
    }

    /// Keeps rotations of this database away for as long as `connection` lives, unless one goes on; false where one does. Several may
    /// do so beside one another.
    pub fn keep_away(connection: &mut PgConnection) -> Result<bool> {
        let lock = "pg_try_advisory_lock_shared(hashtext('hannun:key rotation'))";
        Ok(diesel::dsl::select(diesel::dsl::sql::<diesel::sql_types::Bool>(lock)).get_result(connection)?)
    }

    /// Lets others rotate.
    pub fn end(connection: &mut PgConnection) -> Result<()> {
        diesel::sql_query("select pg_advisory_unlock(hashtext('hannun:key rotation'))").execute(connection)?;
        Ok(())
    }

    /// Does the next step.
    pub fn step(&mut self, connection: &mut PgConnection) -> Result<Step> {
        if self.phase == Phase::Begin {
            // Both halves of an interrupted rotation are seen from outside: the new file, or an old data key.
            let sealer = DataKey::open_sealer(connection, &self.path)?;
            let interrupted = KeyFile::successor_of(&self.path).exists();
            let several = DataKey::all(connection)?.len() > 1;
            self.phase = if several && !interrupted { Phase::Reseal { after: 0 } } else { Phase::Wrap };
            self.sealer = Some(sealer);
            if self.phase == Phase::Wrap && !interrupted {
                KeyFile::open(&KeyFile::successor_of(&self.path), true)?;
                return Ok(Step::NewKey);
            }
        }
        match self.phase {
            Phase::Begin | Phase::Wrap => {
                self.wrap(connection)?;
                self.phase = Phase::Exchange;
                Ok(Step::Wrapped)
            }
            Phase::Exchange => {
                let newest = DataKey::all(connection)?.last().map_or(0, |(id, _)| *id);
                let kept = KeyFile::exchange(&self.path, newest)?;
                self.phase = Phase::Reseal { after: 0 };
                Ok(Step::Exchanged(kept))
            }
            Phase::Reseal { after } => self.reseal(connection, after),
            Phase::ResealCrontabs { after } => self.reseal_crontabs(connection, after),
            Phase::ResealRecordings { after } => self.reseal_recordings(connection, after),
        }
    }

    /// Wraps every data key with the new file, and adds a new one; all of it or nothing.
    fn wrap(&self, connection: &mut PgConnection) -> Result<()> {
        let old = KeyFile::open(&self.path, false)?;
        let new = KeyFile::open(&KeyFile::successor_of(&self.path), false)?;
        connection.transaction(|connection| {
            DataKey::lock(connection)?;
            let stored = DataKey::all(connection)?;
            if stored.iter().all(|(id, wrapped)| new.opens(*id, wrapped)) {
                return Ok(()); // interrupted right after this was committed
            }
            for (id, wrapped) in stored {
                let again = new.wrap_again(&old, id, &wrapped).map_err(Error::internal)?;
                DataKey::store(connection, id, &again)?;
            }
            DataKey::add(connection, &new)?;
            Ok(())
        })
    }

    /// Seals the next credentials with the newest data key.
    fn reseal(&mut self, connection: &mut PgConnection, after: i64) -> Result<Step> {
        let sealer = match self.sealer.take() {
            Some(sealer) if after > 0 => sealer,
            _ => DataKey::open_sealer(connection, &self.path)?,
        };
        let batch = self.batch;
        let resealed =
            connection.transaction(|connection| Credential::reseal_some(connection, &sealer, after, batch))?;
        self.sealer = Some(sealer);
        let Resealed { count, last, unreadable } = resealed;
        self.unreadable.extend(unreadable);
        if let Some(last) = last {
            self.phase = Phase::Reseal { after: last };
            return Ok(Step::Resealed(count));
        }
        self.phase = Phase::ResealCrontabs { after: 0 };
        Ok(Step::Resealed(0))
    }

    /// The same with what stood in crontabs, and with channels, of which there are few.
    fn reseal_crontabs(&mut self, connection: &mut PgConnection, after: i64) -> Result<Step> {
        let sealer = self.opened(connection)?;
        let batch = self.batch;
        let (of_channels, resealed) = connection.transaction(|connection| {
            CrontabRun::reseal(connection, &sealer)?;
            let of_channels = Channel::reseal(connection, &sealer)?;
            Ok::<_, Error>((of_channels, CrontabVersion::reseal_some(connection, &sealer, after, batch)?))
        })?;
        self.sealer = Some(sealer);
        self.unreadable.extend(of_channels);
        self.unreadable.extend(resealed.unreadable);
        if let Some(last) = resealed.last {
            self.phase = Phase::ResealCrontabs { after: last };
            return Ok(Step::Resealed(0));
        }
        self.phase = Phase::ResealRecordings { after: (0, 0) };
        Ok(Step::Resealed(0))
    }

    /// The same with recordings of terminals; once all are sealed anew, removes the other data keys.
    fn reseal_recordings(&mut self, connection: &mut PgConnection, after: (i64, i32)) -> Result<Step> {
        let sealer = self.opened(connection)?;
        let batch = self.batch;
        let resealed = connection.transaction(|connection| recordings::reseal(connection, &sealer, after, batch))?;
        self.sealer = Some(sealer);
        self.unreadable.extend(resealed.unreadable);
        self.unreadable.dedup();
        if let Some(after) = resealed.last {
            self.phase = Phase::ResealRecordings { after };
            return Ok(Step::Resealed(0));
        }
        if Self::remove_unused(connection, &self.unreadable)? {
            return Ok(Step::Done { unreadable: self.unreadable.clone() });
        }
        // A process that did not know the new data key yet wrote something meanwhile: once more from the beginning.
        self.unreadable.clear();
        self.phase = Phase::Reseal { after: 0 };
        Ok(Step::Resealed(0))
    }

    fn opened(&mut self, connection: &mut PgConnection) -> Result<Sealer> {
        match self.sealer.take() {
            Some(sealer) => Ok(sealer),
            None => DataKey::open_sealer(connection, &self.path),
        }
    }

    /// Removes every data key but the newest that no secret names any more. False where one is in use again.
    fn remove_unused(connection: &mut PgConnection, unreadable: &[String]) -> Result<bool> {
        connection.transaction(|connection| {
            DataKey::lock(connection)?;
            let mut ids: Vec<i64> = data_keys::table
                .select(data_keys::id)
                .order(data_keys::id)
                // Waits for those who are sealing with one of them at this moment.
                .for_update()
                .load(connection)?;
            ids.pop();
            let mut used = Credential::data_keys_in_use(connection)?;
            used.extend(CrontabVersion::data_keys_in_use(connection)?);
            used.extend(recordings::data_keys_in_use(connection)?);
            used.extend(Channel::data_keys_in_use(connection)?);
            let unused: Vec<i64> = ids.iter().copied().filter(|id| !used.contains(id)).collect();
            diesel::delete(data_keys::table.filter(data_keys::id.eq_any(&unused))).execute(connection)?;
            Ok(unused.len() == ids.len() || !unreadable.is_empty())
        })
    }
}
