//! Reading bytes that a server printed: lines, words, numbers. Every byte is hostile, so nothing here panics or guesses.

use chrono::{DateTime, Utc};

/// The lines of an answer, counted from 1, without their ends.
pub(super) fn lines(output: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let output = output.strip_suffix(b"\n").unwrap_or(output);
    let nothing = output.is_empty();
    output.split(|byte| *byte == b'\n').enumerate().map(|(at, line)| (at + 1, line)).skip(usize::from(nothing))
}

/// The lines of an answer that is divided by lines like `@ps`, each with the name of its part.
///
/// Only `names` divide; another line that begins with `@` is a line like any other.
pub(super) fn sections<'a>(
    output: &'a [u8],
    names: &'static [&'static str],
) -> impl Iterator<Item = (&'static str, usize, &'a [u8])> {
    let mut current = "";
    lines(output).filter_map(move |(number, line)| {
        let marker = line.strip_prefix(b"@").and_then(|name| names.iter().find(|known| known.as_bytes() == name));
        if let Some(marker) = marker {
            current = marker;
            return None;
        }
        Some((current, number, line))
    })
}

/// The words of a line, which spaces and tabs divide.
pub(super) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(|byte| is_blank(*byte)).filter(|word| !word.is_empty())
}

/// The first word, and what follows the blanks after it.
pub(super) fn first_word(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let begin = line.iter().position(|byte| !is_blank(*byte))?;
    let line = line.get(begin..)?;
    let end = line.iter().position(|byte| is_blank(*byte)).unwrap_or(line.len());
    let (word, rest) = line.split_at_checked(end)?;
    let begin = rest.iter().position(|byte| !is_blank(*byte)).unwrap_or(rest.len());
    Some((word, rest.get(begin..).unwrap_or_default()))
}

/// The first `N` words, and what follows them.
pub(super) fn first_words<const N: usize>(line: &[u8]) -> Option<([&[u8]; N], &[u8])> {
    let mut found = [line; N];
    let mut rest = line;
    for place in &mut found {
        (*place, rest) = first_word(rest)?;
    }
    Some((found, rest))
}

/// A whole number: digits only, and not more than fit.
pub(super) fn integer(word: &[u8]) -> Option<u64> {
    if word.is_empty() {
        return None;
    }
    word.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        value.checked_mul(10)?.checked_add(digit)
    })
}

/// A whole number that fits into 32 bits.
pub(super) fn integer32(word: &[u8]) -> Option<u32> {
    integer(word).and_then(|value| u32::try_from(value).ok())
}

/// A moment in whole seconds since 1970.
pub(super) fn moment(word: &[u8]) -> Option<DateTime<Utc>> {
    DateTime::from_timestamp(i64::try_from(integer(word)?).ok()?, 0)
}

/// A number with or without a fraction: digits and one dot, no sign, no exponent, no `NaN`.
pub(super) fn decimal(word: &[u8]) -> Option<f64> {
    let plain = !word.is_empty() && word.len() <= 32 && word.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    plain.then(|| std::str::from_utf8(word).ok()?.parse().ok())?
}

/// Text for people, with what is no UTF-8 replaced and not longer than `limit` bytes.
pub(super) fn shown(bytes: &[u8], limit: usize) -> String {
    String::from_utf8_lossy(bytes.get(..limit).unwrap_or(bytes)).into_owned()
}

/// The longest command line that is kept.
pub(super) const LONG: usize = 4096;
/// The longest name that is kept.
pub(super) const SHORT: usize = 256;

fn is_blank(byte: u8) -> bool {
    byte == b' ' || byte == b'\t'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_x03_only_plain_numbers_are_numbers() {
        for word in ["", "-1", "+1", "1e309", "NaN", "inf", "0x1", "1_0", " 1", "18446744073709551616", "１"] {
            assert_eq!(integer(word.as_bytes()), None, "{word}");
        }
        for word in ["", "-1", "1e309", "NaN", "inf", "1.2.3", ".", "1,5"] {
            assert_eq!(decimal(word.as_bytes()), None, "{word}");
        }
        assert_eq!(integer(b"18446744073709551615"), Some(u64::MAX));
        assert_eq!(moment(b"18446744073709551615"), None);
        assert_eq!(decimal(b"0.07"), Some(0.07));
    }

    #[test]
    fn what_follows_the_words_keeps_its_spaces() {
        let ([pid, user], rest) = first_words(b"  12 root   a  b ").unwrap();
        assert_eq!((pid, user, rest), (&b"12"[..], &b"root"[..], &b"a  b "[..]));
        assert_eq!(first_words::<3>(b"1 2"), None);
    }

    #[test]
    fn only_known_markers_divide() {
        let found: Vec<_> = sections(b"a\n@ps\nb\n@other\n", &["ps"]).collect();
        assert_eq!(found, [("", 1, &b"a"[..]), ("ps", 3, b"b"), ("ps", 4, b"@other")]);
        assert_eq!(lines(b"").count(), 0);
    }
}
