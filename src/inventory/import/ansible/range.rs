//! The names that a line of an inventory stands for: `www[01:50:2].example.com:2222`, `db-[a:f]`.

use crate::inventory::import::MAXIMUM_SERVERS;
use crate::language::Message;

/// The longest pattern, in bytes: longer than any name of a host, and short enough to be written thousands of times.
const LONGEST: usize = 255;

/// The names of a pattern, and the port beside it.
pub(super) fn hosts(pattern: &str) -> Result<(Vec<String>, Option<u16>), Message> {
    if pattern.len() > LONGEST {
        return Err(Message::new("The name of a host is longer than {limit} characters").with("limit", LONGEST));
    }
    let (pattern, port) = with_port(pattern);
    if pattern.ends_with(':') {
        return Err(Message::new("A colon at the end needs a port after it"));
    }
    let mut names = vec![pattern.to_owned()];
    // Ranges are opened from the left; each makes names that may hold another one.
    while names.first().is_some_and(|name| name.contains('[')) {
        let mut opened = Vec::new();
        for name in &names {
            opened.extend(open(name, MAXIMUM_SERVERS - opened.len().min(MAXIMUM_SERVERS))?);
        }
        names = opened;
    }
    Ok((names, port))
}

/// `host:2222`, `[2001:db8::1]:2222`; a colon within brackets belongs to a range.
fn with_port(pattern: &str) -> (&str, Option<u16>) {
    let Some((host, digits)) = pattern.rsplit_once(':') else { return (pattern, None) };
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return (pattern, None);
    }
    let port = digits.parse().ok();
    if let Some(inside) = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
        return (inside, port);
    }
    let mut open = false;
    for byte in host.bytes() {
        match byte {
            b'[' if !open => open = true,
            b']' if open => open = false,
            b':' | b'[' | b']' if !open => return (pattern, None),
            _ => {}
        }
    }
    if open { (pattern, None) } else { (host, port) }
}

/// Opens the first range of a name.
fn open(name: &str, most: usize) -> Result<Vec<String>, Message> {
    let unreadable = || Message::new("A range is written [begin:end] or [begin:end:step]");
    let (head, rest) = name.split_once('[').ok_or_else(unreadable)?;
    let (range, tail) = rest.split_once(']').ok_or_else(unreadable)?;
    let bounds: Vec<&str> = range.split(':').collect();
    let (begin, end, step) = match bounds.as_slice() {
        [begin, end] => (*begin, *end, 1),
        [begin, end, step] => (*begin, *end, step.parse().ok().filter(|step| *step > 0).ok_or_else(unreadable)?),
        _ => return Err(unreadable()),
    };
    let values = match (letter(begin), letter(end)) {
        (Some(begin), Some(end)) => letters(begin, end, step),
        _ => numbers(if begin.is_empty() { "0" } else { begin }, end, step, most),
    }?;
    if values.len() > most {
        return Err(too_many());
    }
    Ok(values.into_iter().map(|value| format!("{head}{value}{tail}")).collect())
}

const LETTERS: &str = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

/// The place of a letter among all letters, if it is one.
fn letter(text: &str) -> Option<usize> {
    if text.len() == 1 { LETTERS.find(text) } else { None }
}

fn letters(begin: usize, end: usize, step: usize) -> Result<Vec<String>, Message> {
    if begin > end {
        return Err(backwards());
    }
    Ok(LETTERS.chars().skip(begin).take(end - begin + 1).step_by(step).map(String::from).collect())
}

fn numbers(begin: &str, end: &str, step: usize, most: usize) -> Result<Vec<String>, Message> {
    let number = |text: &str| {
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let unreadable = || Message::new("{text} is neither a number nor a letter").with("text", text);
        digits.then(|| text.parse::<u64>().ok()).flatten().ok_or_else(unreadable)
    };
    let (from, to) = (number(begin)?, number(end)?);
    let width = if begin.len() > 1 && begin.starts_with('0') { begin.len() } else { 0 };
    if width > 0 && width != end.len() {
        return Err(Message::new("With leading zeros both ends of a range have the same number of digits"));
    }
    if from > to {
        return Err(backwards());
    }
    let count = (to - from) / u64::try_from(step).unwrap_or(u64::MAX) + 1;
    if usize::try_from(count).map_or(true, |count| count > most) {
        return Err(too_many());
    }
    Ok((from..=to).step_by(step).map(|number| format!("{number:0width$}")).collect())
}

fn backwards() -> Message {
    Message::new("The range ends before it begins")
}

fn too_many() -> Message {
    Message::new("The range stands for more than {most} servers").with("most", MAXIMUM_SERVERS)
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    fn names(pattern: &str) -> String {
        let (names, port) = hosts(pattern).unwrap();
        names.join(" ") + &port.map(|port| format!(" port {port}")).unwrap_or_default()
    }

    #[test]
    fn a_range_is_opened_as_ansible_opens_it() {
        for (pattern, expected) in [
            ("web-1", "web-1"),
            ("web-1:2222", "web-1 port 2222"),
            ("[2001:db8::1]:22", "2001:db8::1 port 22"),
            ("2001:db8::1", "2001:db8::1"),
            ("www[01:03].x", "www01.x www02.x www03.x"),
            ("www[01:05:2]:2200", "www01 www03 www05 port 2200"),
            ("db-[a:c]", "db-a db-b db-c"),
            ("n[8:10]", "n8 n9 n10"),
            ("n[:1]", "n0 n1"),
            ("r[1:2]-[a:b]", "r1-a r1-b r2-a r2-b"),
            ("[a:c:2]", "a c"),
        ] {
            assert_eq!(names(pattern), expected, "{pattern}");
        }
        for pattern in
            ["n[1]", "n[1:2", "n[3:1]", "n[01:100]", "n[c:a]", "n[1:]", "n[1:2:0]", "n[1:2:3:4]", "n[x1:5]", "h:"]
        {
            assert!(hosts(pattern).is_err(), "{pattern}");
        }
    }

    #[test]
    fn sec_f11_a_range_without_end_is_refused_at_once() {
        let begun = Instant::now();
        for pattern in [
            "n[0:999999999]",
            "n[1:5000][1:5000]",
            "n[1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2][1:2]",
        ] {
            assert!(hosts(pattern).is_err(), "{pattern}");
        }
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_pattern_is_opened_or_refused(pattern in "[-a-zA-Z0-9.:\\[\\]_]{0,40}") {
            let _ = hosts(&pattern);
        }
    }
}
