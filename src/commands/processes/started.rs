//! When a process was started, and in which boot: with its number it names this process and no later one (P06).

use std::fmt;

/// Both in the server's own words, which are compared and never read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Started {
    /// Field 22 of `/proc/PID/stat`, or what `lstart` says.
    pub at: String,
    /// The boot; empty where the server does not tell.
    pub boot: String,
}

impl Started {
    /// The longest word that is read.
    const LONGEST: usize = 256;

    /// Reads what [`fmt::Display`] wrote: `8060512@0b8f0d3c-…`.
    pub fn read(word: &str) -> Option<Self> {
        let (at, boot) = word.rsplit_once('@').unwrap_or((word, ""));
        let is_fine = !at.is_empty() && word.len() <= Self::LONGEST && !word.chars().any(char::is_control);
        is_fine.then(|| Self { at: at.to_owned(), boot: boot.to_owned() })
    }
}

impl fmt::Display for Started {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.boot.is_empty() { out.write_str(&self.at) } else { write!(out, "{}@{}", self.at, self.boot) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for (at, boot) in [("812345", "0b8f-1"), ("812345", ""), ("Sat Nov 28 22:00:00 2026", "A-B")] {
            let started = Started { at: at.into(), boot: boot.into() };
            assert_eq!(Started::read(&started.to_string()), Some(started));
        }
        for bad in ["", "@boot", "8\n9@b", &"x".repeat(257)] {
            assert_eq!(Started::read(bad), None, "{bad:?}");
        }
    }
}
