//! Secrets that a file names: environment variables and files of the machine where `hannun apply` runs.

use std::io::Read;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::inventory::SecretReference;
use crate::language::Message;
use crate::secret::SecretText;

/// The longest secret, in bytes.
const LONGEST: u64 = 64 << 10;

/// The secret of a reference; `folder` is where the file that names it lies.
pub(super) fn find(reference: &SecretReference, folder: Option<&Path>) -> Result<SecretText, Message> {
    let found = match reference {
        SecretReference::Environment(name) => match std::env::var(name) {
            Ok(value) => SecretText::new(value),
            Err(std::env::VarError::NotPresent) => {
                return Err(Message::new("The environment variable {name} is not set").with("name", name));
            }
            Err(std::env::VarError::NotUnicode(_)) => return Err(unreadable(reference, "it is no text")),
        },
        SecretReference::File(path) => read(&place(path, folder)).map_err(|why| unreadable(reference, why))?,
    };
    if found.expose().trim().is_empty() {
        return Err(Message::new("{reference} is empty").with("reference", reference));
    }
    Ok(found)
}

/// `~/` is the home folder; other paths start where the naming file lies.
fn place(path: &str, folder: Option<&Path>) -> PathBuf {
    match (path.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => folder.unwrap_or_else(|| Path::new("")).join(path),
    }
}

fn read(path: &Path) -> Result<SecretText, String> {
    let mut bytes = zeroize::Zeroizing::new(Vec::new());
    let file = std::fs::File::open(path).map_err(|error| error.to_string())?;
    file.take(LONGEST + 1).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    if bytes.len() as u64 > LONGEST {
        return Err("it is longer than 64 KiB".to_owned());
    }
    let text = std::str::from_utf8(&bytes).map_err(|_not_text| "it is no text".to_owned())?;
    // The line break at the end belongs to the file; a key needs its own.
    let is_key = text.contains("-----BEGIN ");
    let text = if is_key {
        text
    } else {
        text.strip_suffix('\n').map_or(text, |text| text.strip_suffix('\r').unwrap_or(text))
    };
    Ok(SecretText::new(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_starts_where_the_file_that_names_it_lies() {
        assert_eq!(place("key", Some(Path::new("/etc/fleet"))), Path::new("/etc/fleet/key"));
        assert_eq!(place("/run/key", Some(Path::new("/etc/fleet"))), Path::new("/run/key"));
        assert_eq!(place("key", None), Path::new("key"));
    }
}
