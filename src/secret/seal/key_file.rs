//! The key file: 32 bytes that open every stored secret. Mode 0600, owned by whom hannun runs as (S03).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use zeroize::Zeroizing;

use super::{Key, SealError, open_with, seal_with};
use crate::error::{Error, Result};
use crate::language::Message;

/// The name of the key among systemd's credentials: `LoadCredential=hannun-key:/etc/hannun/secret.key`.
const CREDENTIAL: &str = "hannun-key";

/// The key that wraps data keys, and where it came from.
pub struct KeyFile {
    path: PathBuf,
    key: Key,
}

impl fmt::Debug for KeyFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("KeyFile").field("path", &self.path).finish_non_exhaustive()
    }
}

impl KeyFile {
    /// The place of the key: systemd's credential if the service has one, `configured` otherwise.
    pub fn place(configured: &Path) -> PathBuf {
        std::env::var_os("CREDENTIALS_DIRECTORY")
            .map(|directory| PathBuf::from(directory).join(CREDENTIAL))
            .filter(|credential| credential.exists())
            .unwrap_or_else(|| configured.to_owned())
    }

    /// Reads the key; makes one at the very first start. `may_create` is false where sealed secrets exist already: a new
    /// key would not open them.
    pub fn open(path: &Path, may_create: bool) -> Result<Self> {
        if may_create {
            match create(path) {
                Err(error) if error.kind() != ErrorKind::AlreadyExists => return Err(problem(path, &error)),
                _ => (),
            }
        }
        let mut file = File::open(path).map_err(|error| match error.kind() {
            ErrorKind::NotFound => Error::Unavailable(
                Message::new(
                    "The key file {path} is not there, and the database holds secrets that only it opens. Put it back, from a backup if need be",
                )
                .with("path", path.display()),
            ),
            _ => problem(path, &error),
        })?;
        // Judged by the open file, so that nobody exchanges it in between.
        let metadata = file.metadata().map_err(|error| problem(path, &error))?;
        let mode = metadata.mode() & 0o7777;
        let refuse = |text: &'static str| Err(Error::Unavailable(Message::new(text).with("path", path.display())));
        if !metadata.is_file() || metadata.len() != 32 {
            return refuse("The key file {path} must hold exactly 32 bytes. Put the right file back");
        }
        if !is_ours(metadata.uid(), path) {
            return refuse("The key file {path} belongs to another user. Run: chown to the user that hannun runs as");
        }
        // systemd gives its credentials the mode 0400 or 0440 in a directory that only the service can enter.
        if mode & 0o077 != 0 && !(mode == 0o440 && is_credential(path)) {
            return Err(Error::Unavailable(
                Message::new("The key file {path} can be read by others (mode {mode}). Run: chmod 600 {path}")
                    .with("path", path.display())
                    .with("mode", format!("{mode:04o}")),
            ));
        }
        let mut key = Zeroizing::new([0_u8; 32]);
        file.read_exact(&mut *key).map_err(|error| problem(path, &error))?;
        Ok(Self { path: path.to_owned(), key })
    }

    /// Where the key was read from.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A new data key, wrapped for the row `id`.
    pub fn wrap_new_data_key(&self, id: i64) -> Result<Vec<u8>, SealError> {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *key).map_err(|_unavailable| SealError::NoRandomness)?;
        seal_with(&self.cipher(), 0, &about(id), &*key)
    }

    /// The data key of the row `id`.
    pub(super) fn unwrap_data_key(&self, id: i64, wrapped: &[u8]) -> Result<Key, SealError> {
        let bytes = Zeroizing::new(open_with(&self.cipher(), &about(id), wrapped)?);
        let key: [u8; 32] = bytes.as_slice().try_into().map_err(|_length| SealError::Malformed)?;
        Ok(Zeroizing::new(key))
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new((&*self.key).into())
    }
}

fn about(id: i64) -> Vec<u8> {
    format!("1:data_keys:wrapped:{id}:0").into_bytes()
}

/// Writes a new key, unless the file is there. It has its name only once it is whole and on disk.
fn create(path: &Path) -> std::io::Result<()> {
    if path.exists() {
        return Ok(());
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut key = Zeroizing::new([0_u8; 32]);
    getrandom::fill(&mut *key).map_err(std::io::Error::other)?;
    let mut random = [0_u8; 8];
    getrandom::fill(&mut random).map_err(std::io::Error::other)?;
    let unfinished = directory.join(format!(".secret.key.{}", hex::encode(random)));
    let written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished).and_then(|mut file| {
        file.write_all(&*key)?;
        file.sync_all()
    });
    // A link refuses an existing name, which a rename would replace: of two first starts one wins.
    let named = written.and_then(|()| std::fs::hard_link(&unfinished, path));
    let removed = std::fs::remove_file(&unfinished);
    named.and(removed)?;
    File::open(directory)?.sync_all()
}

fn is_ours(owner: u32, path: &Path) -> bool {
    owner == rustix::process::geteuid().as_raw() || (owner == 0 && is_credential(path))
}

fn is_credential(path: &Path) -> bool {
    std::env::var_os("CREDENTIALS_DIRECTORY").is_some_and(|directory| path == Path::new(&directory).join(CREDENTIAL))
}

fn problem(path: &Path, error: &std::io::Error) -> Error {
    Error::Unavailable(
        Message::new("The key file {path} cannot be used: {reason}").with("path", path.display()).with("reason", error),
    )
}
