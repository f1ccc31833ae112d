//! The files that an imported text may refer to: plain ones only, few, short, and none outside of where they belong.

use std::cell::Cell;
use std::fs::{self, File};
use std::io::{ErrorKind, Read};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use rustix::fs::OFlags;

use crate::inventory::import::files::LONGEST_TEXT;
use crate::inventory::import::{Entry, Files};
use crate::language::Message;

/// The longest file that is read.
pub(super) const LONGEST: u64 = LONGEST_TEXT as u64;
/// All files together.
const MOST_BYTES: u64 = 64 << 20;
/// Files and folders that are looked into.
const MOST_FILES: usize = 20_000;
/// Names in one folder.
const MOST_NAMES: usize = 20_000;

/// Files of this machine.
pub(super) struct Disk {
    place: Place,
    bytes_left: Cell<u64>,
    files_left: Cell<usize>,
}

enum Place {
    /// Below this folder, links resolved.
    Below(PathBuf),
    /// Wherever the person's `ssh` would look: `~` is this folder.
    OfHome(Option<PathBuf>),
}

impl Disk {
    /// What lies below a folder.
    pub(super) fn below(folder: &Path) -> Result<Self, String> {
        let folder = fs::canonicalize(folder).map_err(|error| error.to_string())?;
        Ok(Self::of(Place::Below(folder)))
    }

    /// What a person's configuration includes.
    pub(super) fn of_home(home: Option<PathBuf>) -> Self {
        Self::of(Place::OfHome(home))
    }

    fn of(place: Place) -> Self {
        Self { place, bytes_left: Cell::new(MOST_BYTES), files_left: Cell::new(MOST_FILES) }
    }

    /// Where a path leads; nothing where there is nothing.
    fn find(&self, path: &str) -> Result<Option<PathBuf>, Message> {
        let Some(left) = self.files_left.get().checked_sub(1) else {
            return Err(Message::new("There are too many files or folders; this one is not read"));
        };
        self.files_left.set(left);
        let wanted = match &self.place {
            Place::Below(folder) => folder.join(path),
            Place::OfHome(home) => match (path.strip_prefix('~'), home) {
                (Some(inside), Some(home)) => home.join(inside.trim_start_matches('/')),
                (Some(_), None) => return Err(Message::new("There is no home folder")),
                (None, _) => PathBuf::from(path),
            },
        };
        let found = match fs::canonicalize(&wanted) {
            Ok(found) => found,
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => return Ok(None),
            Err(error) => return Err(cannot(&error.to_string())),
        };
        match &self.place {
            Place::Below(folder) if !found.starts_with(folder) => {
                Err(Message::new("It leads out of the folder of the inventory, so it is not read"))
            }
            _ => Ok(Some(found)),
        }
    }
}

impl Files for Disk {
    fn read(&self, path: &str) -> Result<Option<String>, Message> {
        let Some(path) = self.find(path)? else { return Ok(None) };
        let text = read_plain(&path).map_err(|why| cannot(&why))?;
        let left = self.bytes_left.get().saturating_sub(text.len() as u64);
        if left == 0 {
            return Err(Message::new("There are too many files or folders; this one is not read"));
        }
        self.bytes_left.set(left);
        Ok(Some(text))
    }

    fn list(&self, folder: &str) -> Result<Vec<Entry>, Message> {
        let folder = if folder.is_empty() && matches!(self.place, Place::OfHome(_)) { "/" } else { folder };
        let Some(path) = self.find(folder)? else { return Ok(Vec::new()) };
        if !path.is_dir() {
            return Ok(Vec::new());
        }
        let names = fs::read_dir(&path).map_err(|error| cannot(&error.to_string()))?;
        let mut entries: Vec<Entry> = names
            .filter_map(Result::ok)
            .take(MOST_NAMES)
            .filter_map(|name| {
                // A link to a folder is one.
                let is_folder = fs::metadata(name.path()).is_ok_and(|facts| facts.is_dir());
                Some(Entry { name: name.file_name().into_string().ok()?, is_folder })
            })
            .collect();
        entries.sort_by(|one, other| one.name.as_bytes().cmp(other.name.as_bytes()));
        Ok(entries)
    }
}

/// The text of a plain file. A device or a pipe is not opened: it could do something, or wait for ever.
pub(super) fn read_plain(path: &Path) -> Result<String, String> {
    let plain = |is_file: bool| if is_file { Ok(()) } else { Err("it is no plain file".to_owned()) };
    plain(fs::metadata(path).map_err(|error| error.to_string())?.is_file())?;
    let flags = OFlags::NONBLOCK | OFlags::NOCTTY;
    let flags = i32::try_from(flags.bits()).map_err(|error| error.to_string())?;
    let file: File = File::options().read(true).custom_flags(flags).open(path).map_err(|error| error.to_string())?;
    // It may have become another one since.
    plain(file.metadata().map_err(|error| error.to_string())?.is_file())?;
    let mut bytes = Vec::new();
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LONGEST {
        return Err(format!("it is longer than {} KiB", LONGEST / 1024));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn cannot(why: &str) -> Message {
    Message::new("It cannot be read: {why}").with("why", why)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn sec_f11_nothing_outside_of_the_folder_is_read_and_nothing_that_is_no_plain_file() {
        let outside = tempfile::tempdir().unwrap();
        fs::write(outside.path().join("secret"), "secret").unwrap();
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::write(at("hosts"), "web").unwrap();
        fs::write(at("long"), vec![b'a'; LONGEST_TEXT + 1]).unwrap();
        fs::create_dir(at("inner")).unwrap();
        symlink(outside.path().join("secret"), at("link")).unwrap();
        symlink(outside.path(), at("inner/out")).unwrap();
        symlink(at("hosts"), at("inner/hosts")).unwrap();
        symlink("/dev/zero", at("device")).unwrap();
        let pipe = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(pipe.success());
        let disk = Disk::below(folder.path()).unwrap();
        assert_eq!(disk.read("hosts").unwrap().as_deref(), Some("web"));
        assert_eq!(disk.read("inner/hosts").unwrap().as_deref(), Some("web"));
        assert_eq!(disk.read("absent"), Ok(None));
        assert_eq!(disk.read("hosts/absent"), Ok(None));
        let out = format!("../{}/secret", outside.path().file_name().unwrap().to_str().unwrap());
        for path in ["link", "inner/out/secret", "device", "pipe", "long", "inner", "/etc/passwd", &out] {
            assert!(disk.read(path).is_err(), "{path}");
        }
        assert!(disk.list("inner/out").is_err());
        let names: Vec<_> = disk.list("").unwrap().into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["device", "hosts", "inner", "link", "long", "pipe"]);
    }

    #[test]
    fn what_a_configuration_includes_may_lie_anywhere_and_begins_at_home() {
        let home = tempfile::tempdir().unwrap();
        fs::create_dir(home.path().join(".ssh")).unwrap();
        fs::write(home.path().join(".ssh/work"), "Host a").unwrap();
        let disk = Disk::of_home(Some(home.path().to_owned()));
        assert_eq!(disk.read("~/.ssh/work").unwrap().as_deref(), Some("Host a"));
        let absolute = home.path().join(".ssh/work");
        assert_eq!(disk.read(absolute.to_str().unwrap()).unwrap().as_deref(), Some("Host a"));
        assert!(disk.read("/dev/null").is_err());
    }
}
