//! How much a plan moves, in the sentences in which tools tell it. Pure.

use crate::commands::text;

/// How much comes over the network, and what stays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Sizes {
    /// What is fetched, bytes; tools round it.
    pub download_bytes: Option<u64>,
    /// What the disk holds more afterwards, bytes; less, where it is below 0. Tools round it.
    pub disk_bytes: Option<i64>,
}

/// What stands before the size of what is fetched.
const FETCHED: &[&[u8]] =
    &[b"Need to get ", b"Need to download ", b"Total download size: ", b"Overall download size: "];
/// The same of what stays.
const STAYS: &[&[u8]] = &[
    b"After this operation, ",
    b"After the operation, additional ",
    b"After the operation, ",
    b"Installed size: ",
    b"Freed space: ",
    b"The process will require ",
    b"The operation will free ",
];

impl Sizes {
    /// What a tool told in passing, between the names of packages.
    pub(super) fn told(output: &[u8]) -> Self {
        let mut sizes = Self::default();
        for (_, line) in text::lines(output) {
            let Ok(line) = std::str::from_utf8(line) else { continue };
            let after = |phrases: &[&[u8]]| phrases.iter().find_map(|phrase| behind(line, phrase).and_then(bytes));
            // `3 MiB to be downloaded.`
            let ahead = || line.trim_end().strip_suffix(" to be downloaded.").and_then(bytes);
            sizes.download_bytes = sizes.download_bytes.or_else(|| after(FETCHED)).or_else(ahead);
            let less = ["freed", "Freed", "will free "].iter().any(|word| line.contains(word));
            let stays = || after(STAYS).and_then(|bytes| i64::try_from(bytes).ok());
            sizes.disk_bytes = sizes.disk_bytes.or_else(|| stays().map(|bytes| if less { -bytes } else { bytes }));
        }
        sizes
    }

    /// What is known here, and of `other` what is not.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            download_bytes: self.download_bytes.or(other.download_bytes),
            disk_bytes: self.disk_bytes.or(other.disk_bytes),
        }
    }
}

/// What a line says behind a phrase.
fn behind<'a>(line: &'a str, phrase: &[u8]) -> Option<&'a str> {
    Some(line.split_once(std::str::from_utf8(phrase).ok()?)?.1)
}

/// `1,234 kB of archives`, `0 B/1716 B`, `6.0 k`, `31`: the number that a text begins with, and its unit.
fn bytes(text: &str) -> Option<u64> {
    let mut words = text.split([' ', '/']);
    let number = words.next()?.replace(',', "");
    let unit = match words.next().unwrap_or_default().trim_end_matches('.') {
        "kB" => 1_000,
        "MB" => 1_000_000,
        "GB" => 1_000_000_000,
        "k" | "KiB" => 1 << 10,
        "M" | "MiB" => 1 << 20,
        "G" | "GiB" => 1 << 30,
        _ => 1,
    };
    let (whole, part) = number.split_once('.').unwrap_or((&number, ""));
    let thousandths: u64 = format!("{part:0<3}").get(..3)?.parse().ok()?;
    let number = whole.parse::<u64>().ok()?.checked_mul(1_000)?.checked_add(thousandths)?;
    Some(number.checked_mul(unit)? / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_from_the_sentences_of_every_tool() {
        for (said, download, disk) in [
            (
                "Need to get 1,234 kB/2,000 kB of archives.\nAfter this operation, 12.5 MB of additional disk space will be used.",
                Some(1_234_000),
                Some(12_500_000),
            ),
            ("After this operation, 8192 B disk space will be freed.", None, Some(-8192)),
            ("Total download size: 1.5 M\nInstalled size: 31  \n", Some(1_572_864), Some(31)),
            ("Freed space: 4  ", None, Some(-4)),
            (
                "Overall download size: 2.0 KiB. Already cached: 0 B. After the operation, additional 3.0 KiB will be used.",
                Some(2048),
                Some(3072),
            ),
            (
                "Overall download size: 0 B. Already cached: 0 B. After the operation, 1.0 MiB will be freed.",
                Some(0),
                Some(-1_048_576),
            ),
            ("The process will require 12 MiB more space.\n3 MiB to be downloaded.", Some(3_145_728), Some(12_582_912)),
            ("The operation will free 1 KiB.", None, Some(-1024)),
            ("Need to get everything\nInstalled size: -4\nFreed space: NaN", None, None),
        ] {
            let expected = Sizes { download_bytes: download, disk_bytes: disk };
            assert_eq!(Sizes::told(said.as_bytes()), expected, "{said}");
        }
    }
}
