//! A file that has its name only once it is whole and on disk.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::BackupError;

/// A new file that only its owner may read. Dropped before it is kept, it leaves nothing.
#[derive(Debug)]
pub(super) struct NewFile {
    path: PathBuf,
    unfinished: PathBuf,
    replaces: bool,
    is_kept: bool,
}

impl NewFile {
    /// Begins it under another name beside `path`, which must not be there.
    pub(super) fn beside(path: &Path) -> Result<(Self, File), BackupError> {
        refuse_existing(path)?;
        Self::begin(path, false)
    }

    /// The same in the place of one that may be there.
    pub(super) fn instead_of(path: &Path) -> Result<(Self, File), BackupError> {
        Self::begin(path, true)
    }

    fn begin(path: &Path, replaces: bool) -> Result<(Self, File), BackupError> {
        let unwritable = |cause| BackupError::Unwritable { path: path.to_owned(), cause };
        let mut random = [0_u8; 4];
        getrandom::fill(&mut random).map_err(|cause| unwritable(io::Error::other(cause)))?;
        let mut unfinished = path.as_os_str().to_owned();
        unfinished.push(format!(".{}.part", hex::encode(random)));
        let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).map_err(unwritable)?;
        Ok((Self { path: path.to_owned(), unfinished: unfinished.into(), replaces, is_kept: false }, file))
    }

    /// It is whole: gives it its name.
    pub(super) fn keep(mut self, file: &File) -> Result<(), BackupError> {
        if !self.replaces {
            refuse_existing(&self.path)?;
        }
        let folder = self.path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let kept = file
            .sync_all()
            .and_then(|()| std::fs::rename(&self.unfinished, &self.path))
            .and_then(|()| File::open(folder)?.sync_all());
        kept.map_err(|cause| BackupError::Unwritable { path: self.path.clone(), cause })?;
        self.is_kept = true;
        Ok(())
    }
}

fn refuse_existing(path: &Path) -> Result<(), BackupError> {
    match std::fs::symlink_metadata(path) {
        Ok(_) => Err(BackupError::Exists(path.to_owned())),
        Err(_) => Ok(()),
    }
}

impl Drop for NewFile {
    fn drop(&mut self) {
        if !self.is_kept {
            // Whatever went wrong is told already.
            drop(std::fs::remove_file(&self.unfinished));
        }
    }
}
