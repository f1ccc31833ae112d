//! Sealing secrets at rest (S01, S02): a key file wraps data keys, data keys seal values.
//!
//! A sealed value is `version | data key id | nonce | ciphertext`; what it belongs to is in the associated data, so
//! that a ciphertext moved to another row, column or owner does not open.

mod key_file;

use std::collections::BTreeMap;
use std::fmt;

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

/// Seals with the newest data key, opens with all of them.
pub struct Sealer {
    keys: BTreeMap<i64, XChaCha20Poly1305>,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Sealer").field("keys", &self.keys.len()).finish()
    }
}

impl Sealer {
    /// A sealer of the data keys as they are stored: id and wrapped key.
    pub fn open(file: &KeyFile, wrapped: &[(i64, Vec<u8>)]) -> Result<Self, SealError> {
        let mut keys = BTreeMap::new();
        for (id, wrapped) in wrapped {
            let key = file.unwrap_data_key(*id, wrapped)?;
            keys.insert(*id, XChaCha20Poly1305::new((&*key).into()));
        }
        Ok(Self { keys })
    }

    /// Seals `value` for `place`.
    pub fn seal(&self, place: Place, value: &SecretText) -> Result<Vec<u8>, SealError> {
        let (id, cipher) = self.keys.last_key_value().ok_or(SealError::KeyMissing)?;
        seal_with(cipher, *id, &associated_data(place), value.expose().as_bytes())
    }

    /// Opens what was sealed for `place`, and nothing else.
    pub fn unseal(&self, place: Place, sealed: &[u8]) -> Result<SecretText, SealError> {
        let id = key_id(sealed)?;
        let cipher = self.keys.get(&id).ok_or(SealError::KeyMissing)?;
        let mut bytes = Zeroizing::new(open_with(cipher, &associated_data(place), sealed)?);
        match String::from_utf8(std::mem::take(&mut *bytes)) {
            Ok(text) => Ok(SecretText::new(text)),
            Err(error) => {
                drop(Zeroizing::new(error.into_bytes()));
                Err(SealError::Malformed)
            }
        }
    }
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

/// The data key that a value was sealed with.
fn key_id(sealed: &[u8]) -> Result<i64, SealError> {
    match sealed.split_first() {
        Some((&VERSION, rest)) => rest.first_chunk::<8>().map(|id| i64::from_be_bytes(*id)).ok_or(SealError::Malformed),
        _ => Err(SealError::Malformed),
    }
}

#[cfg(test)]
mod tests;
