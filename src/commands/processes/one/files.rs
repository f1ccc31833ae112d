//! What `ls -ln /proc/PID /proc/PID/fd` says: the links of a process, and its open files.

use super::ProcessDetails;
use crate::commands::text::{self, LONG, integer32};

/// More lines than this are not asked for.
const MOST_LINES: usize = 2000;

/// How a file is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// For reading.
    Read,
    /// For writing.
    Write,
    /// For both.
    Both,
}

impl Access {
    /// `r`, `w` or `u`, as lsof writes it.
    pub fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Both => 'u',
        }
    }
}

/// A file, pipe or device that a process has open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenFile {
    /// Its number in the process.
    pub descriptor: u32,
    /// How it is open.
    pub access: Access,
    /// Its path, or `pipe:[…]`; with `(deleted)` behind it where it is gone from its folder.
    pub target: String,
}

impl OpenFile {
    /// Whether its place on disk stays taken although no folder has it.
    pub fn is_deleted(&self) -> bool {
        self.target.starts_with('/') && self.target.ends_with(" (deleted)")
    }
}

/// Puts what the listing says into `details`. A line of another shape tells nothing.
pub(super) fn note<'a>(lines: impl Iterator<Item = &'a [u8]>, details: &mut ProcessDetails) {
    let mut in_files = false;
    let mut count = 0;
    for line in lines {
        count += 1;
        if line.starts_with(b"/") {
            in_files = line.ends_with(b"/fd:");
            if in_files {
                details.files = Some(Vec::new());
            }
        } else if let Some((mode, name, target)) = link(line) {
            if in_files {
                let files = details.files.get_or_insert_default();
                files.extend(open_file(mode, name, target));
            } else if name == b"exe" {
                details.executable = Some(text::shown(target, LONG));
            } else if name == b"cwd" {
                details.directory = Some(text::shown(target, LONG));
            }
        } else if in_files && line.starts_with(b"l") {
            // A link that may be seen and not read.
            details.hidden_files += 1;
        }
    }
    details.files_are_cut = count >= MOST_LINES;
    if let Some(files) = &mut details.files {
        files.sort_by_key(|file| file.descriptor);
    }
}

/// `lrwx------ 1 0 0 64 Nov 28 22:00 3 -> /tmp/x`: mode, name, target. What stands before the arrow has no arrow.
fn link(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    const ARROW: &[u8] = b" -> ";
    let at = line.windows(ARROW.len()).position(|window| window == ARROW)?;
    let before = line.get(..at)?;
    let mode = text::words(before).next().filter(|mode| mode.starts_with(b"l"))?;
    Some((mode, text::words(before).last()?, line.get(at + ARROW.len()..)?))
}

fn open_file(mode: &[u8], name: &[u8], target: &[u8]) -> Option<OpenFile> {
    let access = match (mode.get(1)?, mode.get(2)?) {
        (b'r', b'w') => Access::Both,
        (_, b'w') => Access::Write,
        _ => Access::Read,
    };
    let is_socket = target.starts_with(b"socket:[");
    let descriptor = integer32(name)?;
    (!is_socket).then(|| OpenFile { descriptor, access, target: text::shown(target, LONG) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_and_open_files_are_told_apart() {
        let listing = [
            "/proc/7:",
            "lrwxrwxrwx 1 0 0 0 Nov 28 22:00 cwd -> /srv/a -> b",
            "lrwxrwxrwx 1 0 0 0 Nov 28 22:00 exe",
            "/proc/7/fd:",
            "lrwx------ 1 0 0 64 2026-11-28 22:00 12 -> /tmp/x y (deleted)",
            "l-wx------ 1 0 0 64 Nov 28 22:00 1 -> /dev/null",
            "lrwx------ 1 0 0 64 Nov 28 22:00 3 -> socket:[1]",
            "lr-x------ 1 0 0 64 Nov 28 22:00 x -> /dev/null",
        ];
        let mut details = ProcessDetails::default();
        note(listing.iter().map(|line| line.as_bytes()), &mut details);
        assert_eq!((details.directory.as_deref(), details.executable), (Some("/srv/a -> b"), None));
        let files = details.files.unwrap();
        let told: Vec<_> =
            files.iter().map(|file| (file.descriptor, file.access.letter(), file.is_deleted())).collect();
        assert_eq!(told, [(1, 'w', false), (12, 'u', true)]);
    }

    #[test]
    fn a_descriptor_whose_link_cannot_be_read_is_counted() {
        let listing = [
            "/proc/1:",
            "lrwxrwxrwx 1 0 0 0 Nov 28 22:00 exe",
            "/proc/1/fd:",
            "lrwx------ 1 0 0 64 Nov 28 22:00 0",
            "lrwx------ 1 0 0 64 Nov 28 22:00 1 -> /dev/null",
            "l-wx------ 1 0 0 64 Nov 28 22:00 12",
        ];
        let mut details = ProcessDetails::default();
        note(listing.iter().map(|line| line.as_bytes()), &mut details);
        assert_eq!((details.files.map(|files| files.len()), details.hidden_files), (Some(1), 2));
    }

    #[test]
    fn without_the_right_to_look_the_files_are_not_none() {
        let mut details = ProcessDetails::default();
        note([&b"/proc/7:"[..], b"lrwxrwxrwx 1 0 0 0 Nov 28 22:00 cwd"].into_iter(), &mut details);
        assert_eq!(details.files, None);
    }
}
