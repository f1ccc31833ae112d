//! The key file: 32 bytes that open every stored secret. Mode 0600, owned by whom hannun runs as (S03).

use std::fmt;
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use chacha20poly1305::XChaCha20Poly1305;
use chacha20poly1305::aead::KeyInit;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{Key, SealError, open_with, seal_with};
use crate::error::{Error, Result};
use crate::language::Message;

/// The name of the key among systemd's credentials: `LoadCredential=hannun-key:/etc/hannun/secret.key`.
const CREDENTIAL: &str = "hannun-key";

/// Bytes of a mark: enough to tell key files apart.
const MARK_BYTES: usize = 8;

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

    /// Where the key lies that is about to take the place of the one at `path` (S04).
    pub fn successor_of(path: &Path) -> PathBuf {
        with_ending(path, "new")
    }

    /// Puts the successor in the place of the key at `path`, and keeps the old one as `secret.key.before-2`, where 2 is
    /// `before`: it opens older backups. Done again after an interruption, it does what is left to do.
    pub fn exchange(path: &Path, before: i64) -> Result<PathBuf> {
        let kept = with_ending(path, &format!("before-{before}"));
        let keeping = match std::fs::hard_link(path, &kept) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && is_same_file(path, &kept) => Ok(()),
            other => other,
        };
        keeping.map_err(|error| problem(&kept, &error))?;
        let exchanged =
            std::fs::rename(Self::successor_of(path), path).and_then(|()| File::open(folder_of(path))?.sync_all());
        exchanged.map_err(|error| problem(path, &error))?;
        Ok(kept)
    }

    /// Whether systemd gives the key: then it is not ours to exchange.
    pub fn is_given(path: &Path) -> bool {
        is_credential(path)
    }

    /// By what somebody tells key files apart: it says nothing about the key.
    pub fn mark(&self) -> Result<String, SealError> {
        let derived = self.derive("mark of the key file", &[])?;
        Ok(hex::encode(derived.iter().take(MARK_BYTES).copied().collect::<Vec<u8>>()))
    }

    /// Another key, made of this one for a purpose and a salt (HKDF, RFC 5869). Who knows it knows neither this one nor those for
    /// other purposes.
    pub fn derive(&self, purpose: &str, salt: &[u8]) -> Result<Zeroizing<[u8; 32]>, SealError> {
        let mut derived = Zeroizing::new([0_u8; 32]);
        let info = format!("hannun 1: {purpose}");
        let made = Hkdf::<Sha256>::new(Some(salt), &*self.key).expand(info.as_bytes(), &mut *derived);
        made.map_err(|_length| SealError::Malformed)?;
        Ok(derived)
    }

    /// The keys that were the key file at `path` before, as [`KeyFile::exchange`] kept them, and can be read.
    pub fn earlier(path: &Path) -> Vec<Self> {
        let Some(name) = path.file_name().map(|name| format!("{}.before-", name.to_string_lossy())) else {
            return Vec::new();
        };
        let entries = std::fs::read_dir(folder_of(path)).into_iter().flatten().flatten();
        let kept = entries.filter(|entry| entry.file_name().to_string_lossy().starts_with(&name));
        kept.filter_map(|entry| Self::open(&entry.path(), false).ok()).collect()
    }

    /// A new data key, wrapped for the row `id`.
    pub fn wrap_new_data_key(&self, id: i64) -> Result<Vec<u8>, SealError> {
        let mut key = Zeroizing::new([0_u8; 32]);
        getrandom::fill(&mut *key).map_err(|_unavailable| SealError::NoRandomness)?;
        seal_with(&self.cipher(), 0, &about(id), &*key)
    }

    /// The data key of the row `id`, which this file or `old` opens, wrapped by this one.
    pub fn wrap_again(&self, old: &Self, id: i64, wrapped: &[u8]) -> Result<Vec<u8>, SealError> {
        let key = self.unwrap_data_key(id, wrapped).or_else(|_by_the_old_one| old.unwrap_data_key(id, wrapped))?;
        seal_with(&self.cipher(), 0, &about(id), &*key)
    }

    /// Whether this file opens the data key of the row `id`.
    pub fn opens(&self, id: i64, wrapped: &[u8]) -> bool {
        self.unwrap_data_key(id, wrapped).is_ok()
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
    let directory = folder_of(path);
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

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// `secret.key` → `secret.key.new`.
fn with_ending(path: &Path, ending: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".");
    name.push(ending);
    PathBuf::from(name)
}

fn is_same_file(one: &Path, other: &Path) -> bool {
    let identity = |path: &Path| std::fs::metadata(path).map(|found| (found.dev(), found.ino())).ok();
    identity(one).is_some_and(|found| identity(other) == Some(found))
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
