//! Sealing secrets at rest (S01, S02): a key file wraps data keys, data keys seal values.
//!
//! A sealed value is `version | data key id | nonce | ciphertext`; what it belongs to is in the associated data, so
//! that a ciphertext moved to another row, column or owner does not open.

mod key_file;

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::{PoisonError, RwLock, RwLockReadGuard};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::SecretText;

pub use key_file::KeyFile;

/// The layout of what this version seals.
const VERSION: u8 = 1;
/// The nonce of `XChaCha20`, random for each value.
const NONCE_BYTES: usize = 24;
/// Version, id and nonce before the ciphertext.
const HEAD_BYTES: usize = 1 + 8 + NONCE_BYTES;

/// Bytes of a key.
type Key = Zeroizing<[u8; 32]>;

/// Where a sealed value belongs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// `credentials`
    pub table: &'static str,
    /// `password`
    pub column: &'static str,
    /// The row's id.
    pub row: i64,
    /// The id of whom the row belongs to; 0 for rows of nobody in particular.
    pub owner: i64,
}

/// Why a sealed value does not open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SealError {
    /// It is not in our layout, or was sealed by a newer version.
    Malformed,
    /// It was sealed with a data key that is not there.
    KeyMissing,
    /// It was altered, moved here from another place, or sealed with another key (S02).
    NotOfThisPlace,
    /// The operating system gave no random bytes.
    NoRandomness,
}

impl fmt::Display for SealError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Malformed => "the stored secret is not in a known form",
            Self::KeyMissing => "the key that sealed the stored secret is not there",
            Self::NotOfThisPlace => "the stored secret was altered or does not belong here",
            Self::NoRandomness => "the operating system gave no random bytes",
        })
    }
}

impl std::error::Error for SealError {}

/// Data keys by their ids.
type Keys = BTreeMap<i64, XChaCha20Poly1305>;

/// Seals with the newest data key, opens with all of them.
pub struct Sealer {
    path: PathBuf,
    keys: RwLock<Keys>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sealer").field("path", &self.path).field("keys", &self.keys().len()).finish()
    }
}

impl Sealer {
    /// A sealer of the data keys as they are stored: id and wrapped key. Each is wrapped by one of `files`: while the key
    /// file is being exchanged there are two.
    pub fn open(files: &[KeyFile], wrapped: &[(i64, Vec<u8>)]) -> Result<Self, SealError> {
        let mut keys = Keys::new();
        for (id, wrapped) in wrapped {
            let key = unwrap_with_any(files, *id, wrapped)?;
            keys.insert(*id, XChaCha20Poly1305::new((&*key).into()));
        }
        let path = files.first().map(|file| file.path().to_owned()).unwrap_or_default();
        Ok(Self { path, keys: RwLock::new(keys) })
    }

    /// Where the key file is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The id of the data key that new values are sealed with.
    pub fn newest(&self) -> Option<i64> {
        self.keys().last_key_value().map(|(id, _)| *id)
    }

    /// Takes the data keys of `other`: the stored ones were exchanged.
    pub fn take_keys_of(&self, other: Self) {
        let keys = other.keys.into_inner().unwrap_or_else(PoisonError::into_inner);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
    }

    /// Seals `value` for `place`.
    pub fn seal(&self, place: Place, value: &SecretText) -> Result<Vec<u8>, SealError> {
        self.seal_bytes(place, value.expose().as_bytes())
    }

    /// Opens what was sealed for `place`, and nothing else.
    pub fn unseal(&self, place: Place, sealed: &[u8]) -> Result<SecretText, SealError> {
        let mut bytes = Zeroizing::new(self.unseal_bytes(place, sealed)?);
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(SecretText::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(SealError::Malformed)
            }
        }
    }

    /// Seals bytes for `place`.
    pub fn seal_bytes(&self, place: Place, value: &[u8]) -> Result<Vec<u8>, SealError> {
        let keys = self.keys();
        let (id, cipher) = keys.last_key_value().ok_or(SealError::KeyMissing)?;
        seal_with(cipher, *id, &associated_data(place), value)
    }

    /// Opens bytes that were sealed for `place`, and nothing else.
    pub fn unseal_bytes(&self, place: Place, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        let id = sealed_with(sealed)?;
        let keys = self.keys();
        let cipher = keys.get(&id).ok_or(SealError::KeyMissing)?;
        open_with(cipher, &associated_data(place), sealed)
    }

    fn keys(&self) -> RwLockReadGuard<'_, Keys> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The data key of the row `id`, which one of `files` opens.
fn unwrap_with_any(files: &[KeyFile], id: i64, wrapped: &[u8]) -> Result<Key, SealError> {
    let mut problem = SealError::KeyMissing;
    for file in files {
        match file.unwrap_data_key(id, wrapped) {
            Ok(key) => return Ok(key),
            Err(refused) => problem = refused,
        }
    }
    Err(problem)
}

/// Version, table, column, row id, owner id (S02). Tables and columns are ours, and hold no separator.
fn associated_data(place: Place) -> Vec<u8> {
    format!("{VERSION}:{}:{}:{}:{}", place.table, place.column, place.row, place.owner).into_bytes()
}

fn seal_with(cipher: &XChaCha20Poly1305, id: i64, about: &[u8], value: &[u8]) -> Result<Vec<u8>, SealError> {
    let mut nonce = [0_u8; NONCE_BYTES];
    getrandom::fill(&mut nonce).map_err(|_unavailable| SealError::NoRandomness)?;
    let ciphertext = cipher
        .encrypt(&XNonce::from(nonce), Payload { msg: value, aad: about })
        .map_err(|_too_long| SealError::Malformed)?;
    let mut sealed = Vec::with_capacity(HEAD_BYTES + ciphertext.len());
    sealed.push(VERSION);
    sealed.extend_from_slice(&id.to_be_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(&ciphertext);
    Ok(sealed)
}

fn open_with(cipher: &XChaCha20Poly1305, about: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
    let (head, ciphertext) = sealed.split_at_checked(HEAD_BYTES).ok_or(SealError::Malformed)?;
    let nonce: [u8; NONCE_BYTES] = head.last_chunk::<NONCE_BYTES>().copied().ok_or(SealError::Malformed)?;
    cipher
        .decrypt(&XNonce::from(nonce), Payload { msg: ciphertext, aad: about })
        .map_err(|_unauthentic| SealError::NotOfThisPlace)
}

/// The id of the data key that a value was sealed with.
pub fn sealed_with(sealed: &[u8]) -> Result<i64, SealError> {
    match sealed.split_first() {
        Some((&VERSION, rest)) => rest.first_chunk::<8>().map(|id| i64::from_be_bytes(*id)).ok_or(SealError::Malformed),
        _ => Err(SealError::Malformed),
    }
}

#[cfg(test)]
mod tests;
