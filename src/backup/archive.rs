//! What stands in a backup: parts with a name each, one after the other, and a list of them at the end.
//!
//! ```text
//! part     length of its name (2 bytes), the name, pieces, a piece of no bytes
//! piece    its length (4 bytes), its bytes
//! parts    about.json · artifacts/NAME … · audit-heads · database.dump · manifest.json
//! ```

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::stream::{Flaw, Opening, Sealing};

/// The list of parts, which is the last one.
pub(super) const MANIFEST: &str = "manifest.json";
/// Bytes of a piece.
const PIECE: usize = 256 << 10;

/// A line of the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Part {
    /// `artifacts/4f0c…`
    pub(super) name: String,
    /// How long it is, bytes.
    pub(super) size: u64,
    /// Its digest, in hexadecimal.
    pub(super) sha256: String,
}

/// Counts and digests what is read through it.
pub(super) struct Digesting<R> {
    from: R,
    size: u64,
    hash: Sha256,
}

impl<R> Digesting<R> {
    pub(super) fn new(from: R) -> Self {
        Self { from, size: 0, hash: Sha256::new() }
    }

    /// What was read, as the line of a list.
    pub(super) fn part(self, name: &str) -> Part {
        Part { name: name.to_owned(), size: self.size, sha256: hex::encode(self.hash.finalize()) }
    }
}

impl<R: Read> Read for Digesting<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(into)?;
        self.hash.update(into.get(..read).unwrap_or_default());
        self.size += read as u64;
        Ok(read)
    }
}

/// A backup that is being written.
pub(super) struct Packing<W> {
    to: Sealing<W>,
    parts: Vec<Part>,
}

impl<W: Write> Packing<W> {
    pub(super) fn new(to: Sealing<W>) -> Self {
        Self { to, parts: Vec::new() }
    }

    /// Adds a part with all that `content` gives.
    pub(super) fn add(&mut self, name: &str, content: impl Read) -> io::Result<u64> {
        let length = u16::try_from(name.len()).map_err(io::Error::other)?;
        self.to.write_all(&length.to_be_bytes())?;
        self.to.write_all(name.as_bytes())?;
        let (mut content, mut piece) = (Digesting::new(content), vec![0; PIECE]);
        loop {
            let read = content.read(&mut piece)?;
            let bytes = piece.get(..read).unwrap_or_default();
            self.to.write_all(&u32::try_from(read).map_err(io::Error::other)?.to_be_bytes())?;
            self.to.write_all(bytes)?;
            if read == 0 {
                break;
            }
        }
        let part = content.part(name);
        let size = part.size;
        self.parts.push(part);
        Ok(size)
    }

    /// Adds the list, and ends it.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let list = serde_json::to_vec(&self.parts)?;
        self.add(MANIFEST, list.as_slice())?;
        self.to.finish()
    }
}

/// A backup that is being read. It gives the content of the part that [`Unpacking::next_part`] came to.
pub(super) struct Unpacking<R> {
    from: Opening<R>,
    /// What is left of the piece, bytes.
    left: usize,
    in_part: bool,
}

impl<R: Read> Unpacking<R> {
    pub(super) fn new(from: Opening<R>) -> Self {
        Self { from, left: 0, in_part: false }
    }

    /// Goes on to the next part, past what was not read of the one before; none at the end.
    pub(super) fn next_part(&mut self) -> io::Result<Option<String>> {
        io::copy(self, &mut io::sink())?;
        let mut length = [0_u8; 2];
        let [first, rest] = &mut length;
        if self.from.read(std::slice::from_mut(first))? == 0 {
            return Ok(None);
        }
        self.exactly(std::slice::from_mut(rest))?;
        let mut name = vec![0; usize::from(u16::from_be_bytes(length))];
        self.exactly(&mut name)?;
        self.in_part = true;
        String::from_utf8(name).map(Some).map_err(|_not_text| Flaw::Disorder("a name is no text").into())
    }

    fn exactly(&mut self, into: &mut [u8]) -> io::Result<()> {
        self.from.read_exact(into).map_err(|cause| match cause.kind() {
            io::ErrorKind::UnexpectedEof => Flaw::Disorder("it ends within a part").into(),
            _ => cause,
        })
    }
}

impl<R: Read> Read for Unpacking<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if !self.in_part || into.is_empty() {
            return Ok(0);
        }
        if self.left == 0 {
            let mut length = [0_u8; 4];
            self.exactly(&mut length)?;
            self.left = usize::try_from(u32::from_be_bytes(length)).map_err(io::Error::other)?;
            if self.left == 0 {
                self.in_part = false;
                return Ok(0);
            }
        }
        let most = into.len().min(self.left);
        let read = self.from.read(into.get_mut(..most).unwrap_or_default())?;
        if read == 0 {
            return Err(Flaw::Disorder("it ends within a part").into());
        }
        self.left -= read;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backup::stream::Head;
    use crate::secret::seal::KeyFile;

    #[test]
    fn parts_come_back_in_their_order_with_what_they_held_and_the_list_last() {
        let folder = tempfile::tempdir().unwrap();
        let key = KeyFile::open(&folder.path().join("secret.key"), true).unwrap();
        let long = b"0123456789".repeat(60_000);
        let mut packing = Packing::new(Sealing::begin(Vec::new(), &key).unwrap());
        for (name, content) in [("one", long.as_slice()), ("empty", b""), ("skipped", b"x"), ("two", b"the end")] {
            packing.add(name, content).unwrap();
        }
        let packed = packing.finish().unwrap();

        let mut packed = packed.as_slice();
        let head = Head::read(&mut packed).unwrap();
        let mut unpacking = Unpacking::new(Opening::new(packed, head, &key).unwrap());
        let (mut names, mut parts, mut list) = (Vec::new(), Vec::new(), Vec::new());
        while let Some(name) = unpacking.next_part().unwrap() {
            let mut content = Vec::new();
            if name == MANIFEST {
                unpacking.read_to_end(&mut list).unwrap();
            } else if name != "skipped" {
                let mut digesting = Digesting::new(&mut unpacking);
                digesting.read_to_end(&mut content).unwrap();
                parts.push(digesting.part(&name));
            }
            names.push((name, content.len()));
        }
        let name = |name: &str, length| (name.to_owned(), length);
        assert_eq!(
            names,
            [name("one", long.len()), name("empty", 0), name("skipped", 0), name("two", 7), name(MANIFEST, 0)]
        );
        let listed: Vec<Part> = serde_json::from_slice(&list).unwrap();
        assert_eq!(parts, listed.into_iter().filter(|part| part.name != "skipped").collect::<Vec<_>>());
    }
}
