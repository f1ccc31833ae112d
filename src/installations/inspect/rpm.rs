//! The header of an RPM: lead, signature header, header, and the digest of what follows. Bounded: no number in it is believed
//! before it was compared with what is there (F07).

use std::io::Read;

use sha2::{Digest, Sha256};

use super::{Found, Header, MOST_FILES, Refusal, Signature, wrong};
use crate::commands::packages::PackageScript;

/// Entries of an index, and bytes of its data, that are taken at most.
const MOST_ENTRIES: usize = 1 << 16;
const MOST_BYTES: usize = 16 << 20;
/// The longest text that is kept, bytes.
const LONGEST: usize = 64 << 10;
/// The longest name of a file with its folders, bytes.
const LONGEST_PATH: usize = 4 << 10;

/// Texts of one tag that are looked at: packages have at most some thousands of folders and a handful of scripts, and each text
/// that is kept takes more than its bytes.
const MOST_TEXTS: usize = 1 << 16;
/// Scripts that are kept of each kind.
const MOST_SCRIPTS: usize = 64;

/// Scripts by the tags of their texts and of the programs that they are for.
const SCRIPTS: &[(u32, u32, &str)] = &[
    (1151, 1153, "%pretrans"),
    (1023, 1085, "%pre"),
    (1024, 1086, "%post"),
    (1025, 1087, "%preun"),
    (1026, 1088, "%postun"),
    (1152, 1154, "%posttrans"),
    (5103, 5105, "%preuntrans"),
    (5104, 5106, "%postuntrans"),
    (1079, 1091, "%verify"),
    (1065, 1092, "%trigger"),
    (5066, 5067, "%filetrigger"),
    (5076, 5077, "%transfiletrigger"),
];
/// The program of a script that names none.
const USUAL_PROGRAM: &str = "/bin/sh";
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
    if let Some(claimed) = header.text(5092) {
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

    /// The texts of a tag, bounded; the data may end before their number is reached.
    fn texts(&self, tag: u32) -> impl Iterator<Item = &[u8]> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, 6 | 8 | 9));
        let bytes = entry.and_then(|entry| self.data.get(entry.offset..)).unwrap_or_default();
        bytes.split(|byte| *byte == 0).take(entry.map_or(0, |entry| entry.count.min(MOST_TEXTS)))
    }

    /// How many texts a tag says it has.
    fn count(&self, tag: u32) -> usize {
        self.entry(tag).map_or(0, |entry| entry.count)
    }

    fn text(&self, tag: u32) -> Option<String> {
        self.texts(tag).next().map(|text| shown(text).0)
    }

    fn numbers(&self, tag: u32) -> impl Iterator<Item = u64> {
        let entry = self.entry(tag).filter(|entry| matches!(entry.kind, 4 | 5));
        let bytes = entry.and_then(|entry| self.data.get(entry.offset..)).unwrap_or_default();
        let width = entry.map_or(4, |entry| if entry.kind == 5 { 8 } else { 4 });
        let read = |bytes: &[u8]| bytes.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        bytes.chunks_exact(width).take(entry.map_or(0, |entry| entry.count)).map(read)
    }

    fn number(&self, tag: u32) -> Option<u64> {
        self.numbers(tag).next()
    }

    /// What runs as root: also a program without a script (`%post -p /sbin/ldconfig`), of which the name is all there is.
    fn scripts(&self) -> Vec<PackageScript> {
        SCRIPTS.iter().flat_map(|(tag, program, name)| self.scripts_of(*tag, *program, name)).collect()
    }

    fn scripts_of(&self, tag: u32, program_tag: u32, name: &str) -> Vec<PackageScript> {
        let mut programs = self.texts(program_tag).map(|program| shown(program).0);
        // A program without a script: its words are the texts.
        if !self.has(tag) {
            let words: Vec<String> = programs.take(MOST_SCRIPTS).collect();
            let is_cut = self.count(program_tag) > words.len();
            let nothing = words.is_empty();
            let script = PackageScript { name: format!("{name} -p"), text: words.join(" "), is_cut };
            return if nothing { Vec::new() } else { vec![script] };
        }
        // One script has one program with its words, several have one each.
        let each = self.count(tag) > 1;
        let usual = || USUAL_PROGRAM.to_owned();
        let mut scripts = Vec::new();
        for text in self.texts(tag).take(MOST_SCRIPTS) {
            let program = if each {
                programs.next().unwrap_or_else(usual)
            } else {
                let words: Vec<String> = programs.by_ref().take(MOST_SCRIPTS).collect();
                if words.is_empty() { usual() } else { words.join(" ") }
            };
            let name = if program == USUAL_PROGRAM { name.to_owned() } else { format!("{name} -p {program}") };
            let (text, is_cut) = shown(text);
            if !text.trim().is_empty() || program != USUAL_PROGRAM {
                scripts.push(PackageScript { name, text, is_cut });
            }
        }
        if self.count(tag) > MOST_SCRIPTS
            && let Some(last) = scripts.last_mut()
        {
            last.is_cut = true;
        }
        scripts
    }

    /// The first files, and how many there are: names beside the numbers of their folders.
    fn files(&self) -> (Vec<String>, usize) {
        if !self.has(1117) {
            let old = self.texts(1027).take(MOST_FILES).map(|name| shown(name).0);
            return (old.collect(), self.count(1027));
        }
        let folders: Vec<&[u8]> = self.texts(1118).collect();
        let folder = |place: u64| usize::try_from(place).ok().and_then(|place| folders.get(place)).copied();
        let files = self.texts(1117).zip(self.numbers(1116)).take(MOST_FILES);
        let named = |(name, place): (&[u8], u64)| {
            let whole = [folder(place).unwrap_or_default(), name].concat();
            String::from_utf8_lossy(whole.get(..LONGEST_PATH).unwrap_or(&whole)).into_owned()
        };
        (files.map(named).collect(), self.count(1117))
    }
}

/// A text for people, and whether there is more of it.
fn shown(bytes: &[u8]) -> (String, bool) {
    let text = bytes.get(..LONGEST).unwrap_or(bytes);
    (String::from_utf8_lossy(text).into_owned(), text.len() < bytes.len())
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

    /// A header with a name and a version, and these texts of further tags.
    fn with_texts(texts: &[(u32, &[&str])]) -> Vec<u8> {
        let mut data = b"a\x001\x00".to_vec();
        let mut entries = vec![(1000, 6, 0, 1), (1001, 6, 2, 1)];
        for (tag, texts) in texts {
            entries.push((*tag, 8, u32::try_from(data.len()).unwrap(), u32::try_from(texts.len()).unwrap()));
            for text in *texts {
                data.extend_from_slice(text.as_bytes());
                data.push(0);
            }
        }
        package(&header(&entries, &data))
    }

    fn scripts(texts: &[(u32, &[&str])]) -> Vec<PackageScript> {
        read(MAGIC, &mut with_texts(texts).as_slice()).unwrap().header.scripts.unwrap()
    }

    #[test]
    fn sec_f08_a_program_that_runs_as_root_is_shown_also_without_a_script() {
        let found = scripts(&[(1086, &["/sbin/ldconfig"]), (1085, &["<lua>"]), (1023, &["os.remove('/x')"])]);
        let told: Vec<_> = found.iter().map(|script| (script.name.as_str(), script.text.as_str())).collect();
        assert_eq!(told, [("%pre -p <lua>", "os.remove('/x')"), ("%post -p", "/sbin/ldconfig")]);
        let usual = scripts(&[(1086, &["/bin/sh"]), (1024, &["echo 1"])]);
        assert_eq!((usual[0].name.as_str(), usual[0].is_cut), ("%post", false));
        let triggers = scripts(&[(1065, &["echo 1", "print 2"]), (1092, &["/bin/sh", "/usr/bin/perl"])]);
        assert_eq!(triggers[1].name, "%trigger -p /usr/bin/perl");
    }

    #[test]
    fn sec_f08_a_script_that_is_longer_than_what_is_kept_says_so() {
        let long = format!("echo {}; rm -rf /", "x".repeat(LONGEST));
        let found = scripts(&[(1024, &[&long])]);
        assert!(found[0].is_cut && found[0].text.len() == LONGEST);
        let many = vec!["echo 1"; MOST_SCRIPTS + 1];
        let found = scripts(&[(1065, &many)]);
        assert_eq!((found.len(), found.last().unwrap().is_cut), (MOST_SCRIPTS, true));
    }

    #[test]
    fn sec_f07_millions_of_empty_texts_are_counted_and_not_kept() {
        let data = [b"a\x001\x00".as_slice(), &vec![0; 15 << 20]].concat();
        let count = u32::try_from(15 << 20).unwrap();
        let entries = [(1000, 6, 0, 1), (1001, 6, 2, 1), (1117, 8, 4, count), (1118, 8, 4, count), (1065, 8, 4, count)];
        let found = read(MAGIC, &mut package(&header(&entries, &data)).as_slice()).unwrap().header;
        assert_eq!(found.file_count, 15 << 20);
        assert!(found.files.len() <= MOST_FILES && found.scripts.unwrap().len() <= MOST_SCRIPTS);
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
