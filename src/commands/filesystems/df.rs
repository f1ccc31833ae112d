//! `df`, joined with the table of mounts, which knows kinds and exact names and never hangs.
//!
//! Parts: `@mounts` · `@df` · `@inodes` (`df -i`, where it is a second call). A mount that `df` did not tell of keeps its
//! line without sizes: it did not answer.

use std::collections::{HashMap, HashSet};

use super::Filesystem;
use super::mounts::{self, Mount};
use crate::commands::ParseError;
use crate::commands::text::{self, LONG, SHORT, integer};

/// Which `df` it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// GNU, asked for its columns, in bytes: `size used avail itotal iused target`
    Gnu,
    /// `-P -k`: `device 1024-blocks used available capacity% target`
    Posix,
    /// `-k -i`: the same, with `iused ifree %iused` before the target.
    Bsd,
}

/// What `df` tells of one target.
#[derive(Default, Clone, Copy)]
struct Usage {
    size: Option<u64>,
    used: Option<u64>,
    available: Option<u64>,
    inodes: Option<u64>,
    inodes_used: Option<u64>,
}

const PARTS: &[&str] = &["mounts", "df", "inodes"];

/// A name of more words is none.
const WORDS_OF_A_DEVICE: usize = 64;

/// A device and a target, as the table of mounts has them together.
type Place<'a> = (&'a [u8], &'a [u8]);

pub(super) fn parse(output: &[u8], shape: Shape) -> Result<Vec<Filesystem>, ParseError> {
    let mounted = mounted(output, shape)?;
    let places: HashSet<Place<'_>> = mounted.iter().map(|mount| (&*mount.device, &*mount.target)).collect();
    let mut usages: HashMap<&[u8], Usage> = HashMap::new();
    for (part, number, line) in text::sections(output, PARTS) {
        let unreadable = || ParseError::at(number, "this is no line of df", line);
        match part {
            "mounts" => {}
            "df" | "inodes" if is_heading(line) => {}
            "df" => {
                let (target, usage) = usage(line, shape, &places).ok_or_else(unreadable)?;
                usages.insert(target, usage);
            }
            "inodes" => {
                let (target, usage) = usage(line, Shape::Posix, &places).ok_or_else(unreadable)?;
                if let Some(known) = usages.get_mut(target) {
                    (known.inodes, known.inodes_used) = (usage.size, usage.used);
                }
            }
            _ => return Err(ParseError::at(number, "no part of the answer was expected here", line)),
        }
    }
    let wanted = mounts::wanted(&mounted, |target| usages.contains_key(target));
    Ok(wanted.into_iter().filter_map(|mount| filesystem(mount, &usages, shape)).collect())
}

fn mounted(output: &[u8], shape: Shape) -> Result<Vec<Mount>, ParseError> {
    let read = if shape == Shape::Bsd { mounts::of_bsd } else { mounts::of_linux };
    let mounted: Vec<Mount> = text::sections(output, PARTS)
        .filter(|(part, _, _)| *part == "mounts")
        .map(|(_, number, line)| {
            read(line).ok_or_else(|| ParseError::at(number, "this is no line of a table of mounts", line))
        })
        .collect::<Result<_, _>>()?;
    if mounted.is_empty() { Err(ParseError::new("the answer has no mounts", output)) } else { Ok(mounted) }
}

/// `None` for one that has no size by its nature.
fn filesystem(mount: &Mount, usages: &HashMap<&[u8], Usage>, shape: Shape) -> Option<Filesystem> {
    let usage = usages.get(&*mount.target).copied().unwrap_or_default();
    if usage.size == Some(0) {
        return None;
    }
    let unit = if shape == Shape::Gnu { 1 } else { 1024 };
    let bytes = |blocks: Option<u64>| blocks.and_then(|blocks| blocks.checked_mul(unit));
    Some(Filesystem {
        device: text::shown(&mount.device, LONG),
        kind: text::shown(&mount.kind, SHORT),
        mount: text::shown(&mount.target, LONG),
        size_bytes: bytes(usage.size),
        used_bytes: bytes(usage.used),
        available_bytes: bytes(usage.available),
        inodes: usage.inodes.filter(|count| *count > 0),
        inodes_used: usage.inodes_used.filter(|_| usage.inodes.is_some_and(|count| count > 0)),
    })
}

fn is_heading(line: &[u8]) -> bool {
    line.starts_with(b"Filesystem ") || line.trim_ascii_start().starts_with(b"1B-blocks ")
}

fn usage<'a>(line: &'a [u8], shape: Shape, places: &HashSet<Place<'_>>) -> Option<(&'a [u8], Usage)> {
    if shape == Shape::Gnu {
        let ([size, used, available, inodes, inodes_used], target) = text::first_words(line)?;
        let usage = Usage {
            size: count(size)?,
            used: count(used)?,
            available: count(available)?,
            inodes: count(inodes)?,
            inodes_used: count(inodes_used)?,
        };
        return Some((target, usage));
    }
    // The device may have blanks and numbers in it, the target too: what fits the table of mounts is right.
    let mut rest = line;
    for _ in 0..WORDS_OF_A_DEVICE {
        let (_, after) = text::first_word(rest)?;
        if let Some((target, usage)) = numbers(after, shape) {
            let device = line.get(..line.len() - after.len())?.trim_ascii();
            if places.contains(&(device, target)) {
                return Some((target, usage));
            }
        }
        rest = after;
    }
    None
}

fn numbers(text: &[u8], shape: Shape) -> Option<(&[u8], Usage)> {
    let ([size, used, available, percent], rest) = text::first_words(text)?;
    let mut usage = Usage { size: count(size)?, used: count(used)?, available: count(available)?, ..Usage::default() };
    is_percent(percent).then_some(())?;
    if shape != Shape::Bsd || rest.starts_with(b"/") {
        return Some((rest, usage));
    }
    let ([used, free, percent], target) = text::first_words(rest)?;
    is_percent(percent).then_some(())?;
    usage.inodes_used = count(used)?;
    usage.inodes = usage.inodes_used.zip(count(free)?).and_then(|(used, free)| used.checked_add(free));
    Some((target, usage))
}

fn is_percent(word: &[u8]) -> bool {
    word == b"-" || word.strip_suffix(b"%").and_then(integer).is_some()
}

/// A number, or `-` where there is none. More may be used than there is: then less than nothing is available.
#[expect(clippy::option_option, reason = "a line of another shape, and a number that is not told, are two things")]
fn count(word: &[u8]) -> Option<Option<u64>> {
    match word {
        b"-" => Some(None),
        [b'-', digits @ ..] => integer(digits).map(|_| Some(0)),
        word => integer(word).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str =
        "@mounts\n/dev/sda1 / ext4 rw 0 0\n//nas/a\\0401\\0402\\0403\\0404% /mnt/b\\0405 cifs rw 0 0\n@df\n";

    fn read(df: &str, shape: Shape) -> Result<Vec<Filesystem>, ParseError> {
        parse(format!("{MOUNTS}{df}").as_bytes(), shape)
    }

    #[test]
    fn names_with_blanks_and_numbers_are_found_by_the_table_of_mounts() {
        let found = read("/dev/sda1 10 4 5 45% /\n//nas/a 1 2 3 4% 100 60 40 60% /mnt/b 5\n", Shape::Posix).unwrap();
        assert_eq!(found[1].mount, "/mnt/b 5");
        assert_eq!(found[1].size_bytes, Some(100 * 1024));
    }

    #[test]
    fn what_did_not_answer_is_listed_without_sizes() {
        let found = read("1000 400 500 10 3 /\n", Shape::Gnu).unwrap();
        assert_eq!((found[0].size_bytes, found[0].inodes_used), (Some(1000), Some(3)));
        assert_eq!((&*found[1].device, found[1].size_bytes), ("//nas/a 1 2 3 4%", None));
        assert_eq!(read("", Shape::Gnu).unwrap().len(), 2);
    }

    #[test]
    fn what_has_no_size_by_nature_is_not_listed() {
        assert_eq!(read("1000 400 500 10 3 /\n0 0 0 0 0 /mnt/b 5\n", Shape::Gnu).unwrap().len(), 1);
    }

    #[test]
    fn an_overfull_filesystem_has_nothing_left() {
        let found = read("1000 1000 -50 - - /\n", Shape::Gnu).unwrap();
        assert_eq!((found[0].available_bytes, found[0].inodes), (Some(0), None));
        assert_eq!(found[0].used_percent(), Some(100.0));
    }

    #[test]
    fn sec_x03_a_line_of_another_shape_is_refused() {
        for df in ["df: not found", "1e309 1 1 1 1 /", "1 2 3 4", "NaN 1 1 1 1 /"] {
            assert!(read(df, Shape::Gnu).is_err(), "{df}");
            assert!(read(df, Shape::Posix).is_err(), "{df}");
        }
        assert!(parse(b"", Shape::Gnu).is_err());
    }
}
