//! Heads of the audit log that are kept outside the database, where whoever can rewrite the database cannot rewrite them
//! (L02): a file to which a line is added now and then. Knows no query.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, Utc};

use super::Head;

/// The file's name in the data directory.
const FILE: &str = "audit-heads";

/// A file of heads, one a line: `2026-06-15T12:00:00Z 4121 9f86d0…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptHeads(PathBuf);

/// What such a file holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Kept {
    /// The heads, oldest first.
    pub heads: Vec<Head>,
    /// Lines that are no head, by their number from 1.
    pub unreadable: Vec<usize>,
}

impl KeptHeads {
    /// The file of a data directory.
    pub fn in_folder(data_dir: &Path) -> Self {
        Self(data_dir.join(FILE))
    }

    /// Another file, such as a copy on another machine.
    pub fn at(path: PathBuf) -> Self {
        Self(path)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// Adds `head`, unless it is the last one already. True where it was added; what was added is on disk, whole, or not
    /// there at all.
    pub fn add(&self, head: &Head, at: DateTime<Utc>) -> io::Result<bool> {
        let mut file = OpenOptions::new().read(true).append(true).create(true).mode(0o600).open(&self.0)?;
        if read(&mut file)?.heads.last() == Some(head) {
            return Ok(false);
        }
        let length = file.seek(SeekFrom::End(0))?;
        let line = format!("{} {head}\n", at.to_rfc3339_opts(SecondsFormat::Secs, true));
        if let Err(problem) = file.write_all(line.as_bytes()).and_then(|()| file.sync_all()) {
            // Half a line would hide the next one.
            file.set_len(length)?;
            return Err(problem);
        }
        Ok(true)
    }

    /// What was kept so far; nothing where there is no file yet.
    pub fn read(&self) -> io::Result<Kept> {
        match File::open(&self.0) {
            Ok(mut file) => read(&mut file),
            Err(problem) if problem.kind() == ErrorKind::NotFound => Ok(Kept::default()),
            Err(problem) => Err(problem),
        }
    }
}

fn read(file: &mut File) -> io::Result<Kept> {
    let mut text = Vec::new();
    file.seek(SeekFrom::Start(0))?;
    file.read_to_end(&mut text)?;
    let mut kept = Kept::default();
    for (index, line) in String::from_utf8_lossy(&text).lines().enumerate() {
        let head = line.split_once(' ').and_then(|(_, head)| head.parse().ok());
        match head {
            Some(head) => kept.heads.push(head),
            None => kept.unreadable.push(index + 1),
        }
    }
    Ok(kept)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt;

    use super::*;

    fn head(number: i64) -> Head {
        Head { number, hash: vec![u8::try_from(number).unwrap(); 32] }
    }

    #[test]
    fn sec_l02_a_head_is_added_once_and_read_back() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeptHeads::in_folder(folder.path());
        assert_eq!(file.read().unwrap(), Kept::default());
        assert!(file.add(&head(1), DateTime::UNIX_EPOCH).unwrap());
        assert!(!file.add(&head(1), DateTime::UNIX_EPOCH).unwrap(), "nothing happened since");
        assert!(file.add(&head(2), DateTime::UNIX_EPOCH).unwrap());
        assert_eq!(file.read().unwrap().heads, [head(1), head(2)]);
        let mode = std::fs::metadata(file.path()).unwrap().mode() & 0o777;
        assert_eq!(mode, 0o600);
    }

    #[test]
    fn sec_l02_a_line_that_is_no_head_is_named_and_hides_no_other() {
        let folder = tempfile::tempdir().unwrap();
        let file = KeptHeads::in_folder(folder.path());
        file.add(&head(1), DateTime::UNIX_EPOCH).unwrap();
        let mut text = std::fs::read(file.path()).unwrap();
        text.extend_from_slice(b"\xff scratched out\n");
        std::fs::write(file.path(), text).unwrap();
        file.add(&head(2), DateTime::UNIX_EPOCH).unwrap();
        let kept = file.read().unwrap();
        assert_eq!((kept.heads, kept.unreadable), (vec![head(1), head(2)], vec![2]));
    }
}
