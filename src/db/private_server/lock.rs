//! One hannun per data directory. PostgreSQL's own lock comes too late: a second instance would find the first one's socket.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::error::{Error, Result};
use crate::language::Message;

use super::folders::{data_dir_unusable, make_data_dir};

/// The hold on a data directory; the kernel lets go of it when the process ends, however it ends.
#[derive(Debug)]
pub(super) struct Lock {
    file: File,
}

impl Lock {
    /// Takes `data_dir`, making it where it is absent, or says which process has it.
    pub(super) fn take(data_dir: &Path) -> Result<Self> {
        make_data_dir(data_dir)?;
        let path = data_dir.join("hannun.lock");
        let unusable = |cause: std::io::Error| data_dir_unusable(data_dir, &cause);
        let mut file =
            OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {
                file.set_len(0).and_then(|()| write!(file, "{}", std::process::id())).map_err(unusable)?;
                Ok(Self { file })
            }
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.rewind().and_then(|()| file.read_to_string(&mut holder)).map_err(unusable)?;
                Err(Error::Conflict(
                    Message::new("Another hannun (process {holder}) already works in {path}. Stop it first, or give this one another HANNUN_DATA_DIR")
                        .with("holder", holder.trim())
                        .with("path", data_dir.display()),
                ))
            }
            Err(TryLockError::Error(cause)) => Err(unusable(cause)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing alone would leave it to a child that was just forked by another thread and has not yet become its program.
        drop(self.file.unlock());
    }
}
