//! The sealed form of a backup: records that are sealed each by itself and each in its place.
//!
//! ```text
//! head    "hannun backup 1\n", the mark of the key file (8 bytes), a salt (32 bytes)
//! record  64 KiB and their seal (16 bytes), as often as needed
//! last    at most 64 KiB and their seal
//! ```
//!
//! The key is made of the key file and the salt, so no two backups have the same; the nonce is the record's number and whether it is
//! the last one; the head belongs to what each seal covers. So a changed byte is found, and a record that is missing, doubled, in
//! another place or of another backup, and an end that is not the end.

use std::io::{self, ErrorKind, Read, Write};

use chacha20poly1305::aead::{Aead, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};

use crate::secret::seal::KeyFile;

/// What every backup begins with.
const MAGIC: &[u8; 16] = b"hannun backup 1\n";
const MARK: usize = 8;
const SALT: usize = 32;
const HEAD: usize = MAGIC.len() + MARK + SALT;
/// Bytes of a record before it is sealed.
const RECORD: usize = 64 << 10;
/// Bytes of a seal.
const SEAL: usize = 16;

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Flaw {
    /// It does not begin like one.
    #[error("it is not a backup that this hannun can read")]
    NoBackup,
    /// Records are missing at its end.
    #[error("it is cut short: its end is missing")]
    CutShort,
    /// A record does not open.
    #[error("it is damaged or cut short after {intact} bytes")]
    Damaged {
        /// How much before it is as it was, bytes.
        intact: u64,
    },
    /// What stands in it is not in the form that a backup has.
    #[error("what stands in it is not in order: {0}")]
    Disorder(&'static str),
}

impl From<Flaw> for io::Error {
    fn from(flaw: Flaw) -> Self {
        Self::new(ErrorKind::InvalidData, flaw)
    }
}

/// The beginning of a backup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head([u8; HEAD]);

impl Head {
    fn new(key: &KeyFile) -> io::Result<Self> {
        let mut head = Vec::with_capacity(HEAD);
        head.extend_from_slice(MAGIC);
        head.extend(hex::decode(key.mark().map_err(io::Error::other)?).map_err(io::Error::other)?);
        let mut salt = [0_u8; SALT];
        getrandom::fill(&mut salt).map_err(io::Error::other)?;
        head.extend_from_slice(&salt);
        head.try_into().map(Self).map_err(|_length| io::Error::other("a mark of another length"))
    }

    /// Reads it from the beginning of a file.
    pub(super) fn read(from: &mut impl Read) -> io::Result<Self> {
        let mut head = [0_u8; HEAD];
        from.read_exact(&mut head).map_err(|cause| match cause.kind() {
            ErrorKind::UnexpectedEof => Flaw::NoBackup.into(),
            _ => cause,
        })?;
        if head.starts_with(MAGIC) { Ok(Self(head)) } else { Err(Flaw::NoBackup.into()) }
    }

    /// The mark of the key file that opens what follows.
    pub(super) fn mark(&self) -> String {
        hex::encode(self.0.iter().skip(MAGIC.len()).take(MARK).copied().collect::<Vec<u8>>())
    }

    fn cipher(&self, key: &KeyFile) -> io::Result<XChaCha20Poly1305> {
        let salt: Vec<u8> = self.0.iter().skip(MAGIC.len() + MARK).copied().collect();
        let key = key.derive("backup", &salt).map_err(io::Error::other)?;
        Ok(XChaCha20Poly1305::new((&*key).into()))
    }
}

/// The number, and whether it is the last: each nonce is used once, because each backup has a key of its own.
fn nonce(number: u64, is_last: bool) -> XNonce {
    let mut nonce = [0_u8; 24];
    for (to, from) in nonce.iter_mut().zip([u8::from(is_last)].into_iter().chain(number.to_be_bytes())) {
        *to = from;
    }
    XNonce::from(nonce)
}

/// Seals what is written to it.
pub(super) struct Sealing<W> {
    to: W,
    cipher: XChaCha20Poly1305,
    head: Head,
    number: u64,
    record: Vec<u8>,
}

impl<W: Write> Sealing<W> {
    /// Writes the head, and goes on with a key of its own.
    pub(super) fn begin(mut to: W, key: &KeyFile) -> io::Result<Self> {
        let head = Head::new(key)?;
        to.write_all(&head.0)?;
        Ok(Self { to, cipher: head.cipher(key)?, head, number: 0, record: Vec::with_capacity(RECORD) })
    }

    /// Writes the last record.
    pub(super) fn finish(mut self) -> io::Result<W> {
        self.seal(true)?;
        Ok(self.to)
    }

    fn seal(&mut self, is_last: bool) -> io::Result<()> {
        let payload = Payload { msg: &self.record, aad: &self.head.0 };
        let sealed = self.cipher.encrypt(&nonce(self.number, is_last), payload);
        self.to.write_all(&sealed.map_err(|_too_long| io::Error::other("a record could not be sealed"))?)?;
        self.record.clear();
        self.number += 1;
        Ok(())
    }
}

impl<W: Write> Write for Sealing<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A full record waits until more comes: it may be the last one.
        if self.record.len() == RECORD && !bytes.is_empty() {
            self.seal(false)?;
        }
        let taken = bytes.len().min(RECORD - self.record.len());
        self.record.extend(bytes.iter().take(taken));
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

/// Gives what was sealed, and nothing that was not.
pub(super) struct Opening<R> {
    from: R,
    cipher: XChaCha20Poly1305,
    head: Head,
    number: u64,
    /// As it is in the file: a record and the byte that follows.
    sealed: Vec<u8>,
    record: io::Cursor<Vec<u8>>,
    is_over: bool,
}

impl<R: Read> Opening<R> {
    /// Goes on behind the head.
    pub(super) fn new(from: R, head: Head, key: &KeyFile) -> io::Result<Self> {
        let cipher = head.cipher(key)?;
        let (sealed, record) = (Vec::new(), io::Cursor::default());
        Ok(Self { from, cipher, head, number: 0, sealed, record, is_over: false })
    }

    fn next_record(&mut self) -> io::Result<()> {
        // Whether a byte follows tells whether it must be the last one.
        let wanted = (RECORD + SEAL + 1).saturating_sub(self.sealed.len());
        self.from.by_ref().take(u64::try_from(wanted).unwrap_or_default()).read_to_end(&mut self.sealed)?;
        let is_last = self.sealed.len() <= RECORD + SEAL;
        let following = if is_last { None } else { self.sealed.pop() };
        let Some(record) = self.opened(is_last) else {
            let is_cut = is_last && (self.sealed.is_empty() || self.opened(false).is_some());
            let intact = self.number * RECORD as u64;
            return Err(if is_cut { Flaw::CutShort } else { Flaw::Damaged { intact } }.into());
        };
        self.record = io::Cursor::new(record);
        self.sealed.clear();
        self.sealed.extend(following);
        self.number += 1;
        self.is_over = is_last;
        Ok(())
    }

    fn opened(&self, is_last: bool) -> Option<Vec<u8>> {
        let payload = Payload { msg: &self.sealed, aad: &self.head.0 };
        self.cipher.decrypt(&nonce(self.number, is_last), payload).ok()
    }
}

impl<R: Read> Read for Opening<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let read = self.record.read(into)?;
            if read > 0 || self.is_over || into.is_empty() {
                return Ok(read);
            }
            self.next_record()?;
        }
    }
}

#[cfg(test)]
mod tests;
