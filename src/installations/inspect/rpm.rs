//! The header of an RPM: lead, signature header, header, and the digest of what follows. Bounded: no number in it is believed
//! before it was compared with what is there (F07).

use std::io::Read;

use sha2::{Digest, Sha256};

use super::{Found, Header, MOST_FILES, Refusal, Signature, wrong};
use crate::commands::packages::PackageScript;

/// Entries of an index, and bytes of its data, that are taken at most.
const MOST_ENTRIES: usize = 1 << 16;
const MOST_BYTES: usize = 16 << 20;
/// The longest text that is kept.
const LONGEST: usize = 64 << 10;

/// Scripts by the tags of their texts.
const SCRIPTS: &[(u32, &str)] = &[
    (1151, "%pretrans"),
    (1023, "%pre"),
    (1024, "%post"),
    (1025, "%preun"),
    (1026, "%postun"),
    (1152, "%posttrans"),
    (1079, "%verify"),
    (1065, "%trigger"),
    (5066, "%filetrigger"),
    (5076, "%transfiletrigger"),
];
/// Signatures of any kind, old and new.
const SIGNATURES: &[u32] = &[267, 268, 278, 1002, 1005];

/// Reads what follows the first eight bytes.
pub(super) fn read(magic: [u8; 8], file: &mut impl Read) -> Result<Found, Refusal> {
    let mut lead = [0; 88];
    file.read_exact(&mut lead)?;
    if magic[6..8] != [0, 0] {
        return Err(wrong("It is a source package, which is built and not installed"));
    }
    let (signatures, _) = Index::read(file)?;
    // The signature header is padded to eight bytes.
    let mut padding = vec![0; (8 - signatures.data.len() % 8) % 8];
    file.read_exact(&mut padding)?;
    let (header, digest) = Index::read(file)?;
    if signatures.text(273).is_some_and(|claimed| claimed != digest) {
        return Err(wrong("It is damaged: the digest of its header is another one"));
    }
    if let Some(claimed) = header.texts(5092).into_iter().next() {
        let mut hash = Sha256::new();
        let mut piece = vec![0; 256 << 10];
        loop {
            match file.read(&mut piece)? {
                0 => break,
                read => hash.update(piece.get(..read).unwrap_or_default()),
            }
        }
        // 8 is SHA-256, the only one in use.
        if header.number(5093).is_none_or(|algorithm| algorithm == 8) && claimed != hex::encode(hash.finalize()) {
            return Err(wrong("It is damaged or not whole: the digest of its content is another one"));
        }
    }
    let text = |tag| header.text(tag).unwrap_or_default();
    let (name, version, release) = (text(1000), text(1001), text(1002));
    if name.is_empty() || version.is_empty() {
        return Err(wrong("It is no RPM package: its header names none"));
    }
    let version = if release.is_empty() { version } else { format!("{version}-{release}") };
    let version = match header.number(1003).filter(|epoch| *epoch > 0) {
        Some(epoch) => format!("{epoch}:{version}"),
        None => version,
    };
    let (files, file_count) = header.files();
    let signed = SIGNATURES.iter().any(|tag| signatures.has(*tag));
    Ok(Found {
        name,
        version,
        architecture: text(1022),
        header: Header {
            summary: text(1004),
            vendor: text(1011),
            installed_bytes: header.number(5009).or_else(|| header.number(1009)),
            signature: if signed { Signature::Present } else { Signature::Absent },
            scripts: Some(header.scripts()),
            files,
            file_count,
            ..Header::default()
        },
    })
}

/// A header: an index of tags, and the data that it points into.
struct Index {
    entries: Vec<Entry>,
    data: Vec<u8>,
}

struct Entry {
    tag: u32,
    kind: u32,
    offset: usize,
    count: usize,
}

impl Index {
    /// The next header, and the SHA-256 of its bytes.
    fn read(file: &mut impl Read) -> Result<(Self, String), Refusal> {
        let mut head = [0; 16];
        file.read_exact(&mut head)?;
        if !head.starts_with(&[0x8e, 0xad, 0xe8, 0x01]) {
            return Err(wrong("It is no RPM package: a header begins with other bytes"));
        }
        let (count, size) = (big(&head, 8), big(&head, 12));
        if count == 0 || count > MOST_ENTRIES || size > MOST_BYTES {
            return Err(wrong("It is no RPM package: a header says that it is larger than any"));
        }
        let mut index = vec![0; count * 16];
        file.read_exact(&mut index)?;
        let mut data = vec![0; size];
        file.read_exact(&mut data)?;
        let mut hash = Sha256::new();
        for part in [head.as_slice(), &index, &data] {
            hash.update(part);
        }
        let entry = |bytes: &[u8]| Entry {
            tag: u32::try_from(big(bytes, 0)).unwrap_or_default(),
            kind: u32::try_from(big(bytes, 4)).unwrap_or_default(),
            offset: big(bytes, 8),
            count: big(bytes, 12),
        };
        let entries: Vec<Entry> = index.chunks_exact(16).map(entry).collect();
        if entries.iter().any(|entry| entry.offset > data.len() || entry.count > data.len()) {
            return Err(wrong("It is no RPM package: its header points beyond its end"));
        }
        Ok((Self { entries, data }, hex::encode(hash.finalize())))
    }

    fn entry(&self, tag: u32) -> Option<&Entry> {
        self.entries.iter().find(|entry| entry.tag == tag)
    }

    fn has(&self, tag: u32) -> bool {
        self.entry(tag).is_some()
    }

    /// Every text of a tag; the data may end before their number is reached.
    fn texts(&self, tag: u32) -> Vec<String> {
        let Some(entry) = self.entry(tag).filter(|entry| matches!(entry.kind, 6 | 8 | 9)) else { return Vec::new() };
        let bytes = self.data.get(entry.offset..).unwrap_or_default();
        let texts = bytes.split(|byte| *byte == 0).take(entry.count);
        texts.map(|text| shown(text.get(..LONGEST).unwrap_or(text))).collect()
    }

    fn text(&self, tag: u32) -> Option<String> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, 6 | 8 | 9))?;
        let bytes = self.data.get(entry.offset..)?;
        let text = bytes.split(|byte| *byte == 0).next()?;
        Some(shown(text.get(..LONGEST).unwrap_or(text)))
    }

    fn numbers(&self, tag: u32) -> Vec<u64> {
        let Some(entry) = self.entry(tag) else { return Vec::new() };
        let width = match entry.kind {
            4 => 4,
            5 => 8,
            _ => return Vec::new(),
        };
        let bytes = self.data.get(entry.offset..).unwrap_or_default();
        let read = |bytes: &[u8]| bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        bytes.chunks_exact(width).take(entry.count).map(read).collect()
    }

    fn number(&self, tag: u32) -> Option<u64> {
        self.numbers(tag).first().copied()
    }

    fn scripts(&self) -> Vec<PackageScript> {
        let of = |(tag, name): &(u32, &str)| {
            self.texts(*tag)
                .into_iter()
                .map(|text| PackageScript { name: (*name).to_owned(), text })
                .collect::<Vec<_>>()
        };
        SCRIPTS.iter().flat_map(of).filter(|script| !script.text.trim().is_empty()).collect()
    }

    /// The first files, and how many there are: names beside the numbers of their folders.
    fn files(&self) -> (Vec<String>, usize) {
        let (names, folders, places) = (self.texts(1117), self.texts(1118), self.numbers(1116));
        if names.is_empty() {
            let old = self.texts(1027);
            let count = old.len();
            return (old.into_iter().take(MOST_FILES).collect(), count);
        }
        let folder = |place: &u64| usize::try_from(*place).ok().and_then(|place| folders.get(place)).cloned();
        let files = names.iter().zip(&places).take(MOST_FILES);
        (files.map(|(name, place)| format!("{}{name}", folder(place).unwrap_or_default())).collect(), names.len())
    }
}

fn shown(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace('\0', "")
}

/// Four bytes, the largest first.
fn big(bytes: &[u8], at: usize) -> usize {
    let four = bytes.get(at..at + 4).unwrap_or_default();
    four.iter().fold(0, |value, byte| value << 8 | usize::from(*byte))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(entries: &[(u32, u32, u32, u32)], data: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0x8e, 0xad, 0xe8, 0x01, 0, 0, 0, 0];
        for number in [entries.len(), data.len()] {
            bytes.extend_from_slice(&u32::try_from(number).unwrap().to_be_bytes());
        }
        for (tag, kind, offset, count) in entries {
            for number in [tag, kind, offset, count] {
                bytes.extend_from_slice(&number.to_be_bytes());
            }
        }
        bytes.extend_from_slice(data);
        bytes
    }

    fn package(main: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0; 88];
        bytes.extend(header(&[(1000, 4, 0, 1)], &[0; 8]));
        bytes.extend_from_slice(main);
        bytes
    }

    const MAGIC: [u8; 8] = [0xed, 0xab, 0xee, 0xdb, 3, 0, 0, 0];

    #[test]
    fn a_small_header_is_read() {
        let main =
            header(&[(1000, 6, 0, 1), (1001, 6, 2, 1), (1002, 6, 4, 1), (1024, 6, 6, 1)], b"a\x001\x002\x00echo\x00");
        let found = read(MAGIC, &mut package(&main).as_slice()).unwrap();
        assert_eq!((found.name.as_str(), found.version.as_str()), ("a", "1-2"));
        assert_eq!(found.header.scripts.unwrap()[0].name, "%post");
        assert_eq!(found.header.signature, Signature::Absent);
    }

    #[test]
    fn sec_f07_no_number_of_a_header_is_believed() {
        let refused = |main: Vec<u8>| read(MAGIC, &mut package(&main).as_slice()).is_err();
        let mut huge = header(&[(1000, 6, 0, 1)], b"a\0");
        huge[8..12].copy_from_slice(&[0x80, 0, 0, 0]);
        assert!(refused(huge), "2^31 entries");
        let mut long = header(&[(1000, 6, 0, 1)], b"a\0");
        long[12..16].copy_from_slice(&[0x7f, 0xff, 0xff, 0xff]);
        assert!(refused(long), "2 GiB of data");
        assert!(refused(header(&[(1000, 6, 999, 1)], b"a\0")), "an offset past the end");
        assert!(refused(header(&[(1000, 8, 0, u32::MAX)], b"a\0")), "2^32 texts");
        assert!(refused(header(&[], b"")), "nothing in it");
    }

    proptest::proptest! {
        #[test]
        fn sec_f07_no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..600)) {
            drop(read(MAGIC, &mut bytes.as_slice()));
            drop(read(MAGIC, &mut package(&bytes).as_slice()));
            let index = header(&[(1117, 8, 0, 7), (1116, 4, 1, 9), (1118, 8, 2, 3), (1000, 6, 0, 1), (1001, 9, 3, 2)], &bytes);
            drop(read(MAGIC, &mut package(&index).as_slice()));
        }
    }
}
