//! Patterns with `*` and `?`, as `ssh_config` and `known_hosts` write them. Takes time in proportion to both texts: no
//! pattern makes it try again and again.

/// Whether the whole of `text` matches `pattern`, where `*` is any text and `?` any byte.
pub(super) fn matches(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.as_bytes(), text.as_bytes());
    let (mut at, mut read) = (0, 0);
    // Where the last star stood, and how much of the text it has taken: only the last one ever needs to take more.
    let mut star: Option<(usize, usize)> = None;
    while let Some(byte) = text.get(read) {
        match (pattern.get(at), star) {
            (Some(b'*'), _) => {
                star = Some((at, read));
                at += 1;
            }
            (Some(wanted), _) if *wanted == b'?' || wanted == byte => (at, read) = (at + 1, read + 1),
            (_, Some((place, taken))) => {
                star = Some((place, taken + 1));
                (at, read) = (place + 1, taken + 1);
            }
            (_, None) => return false,
        }
    }
    pattern.iter().skip(at).all(|byte| *byte == b'*')
}

/// Whether `text` matches a list of patterns with commas between them. A pattern after `!` that matches decides: no.
pub(super) fn list_matches(list: &str, text: &str) -> bool {
    let mut matched = false;
    for pattern in list.split(',') {
        match pattern.strip_prefix('!') {
            Some(negated) if matches(negated, text) => return false,
            Some(_) => {}
            None => matched |= matches(pattern, text),
        }
    }
    matched
}

/// Whether it is one name and no pattern.
pub(super) fn is_literal(pattern: &str) -> bool {
    !pattern.contains(['*', '?'])
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    #[test]
    fn a_star_is_any_text_and_a_question_mark_one_byte() {
        for (pattern, text) in [
            ("", ""),
            ("*", ""),
            ("*", "web-1"),
            ("web-?", "web-1"),
            ("web*", "web"),
            ("*.example.com", "a.b.example.com"),
            ("10.0.*.?", "10.0.12.7"),
            ("a*b*c", "aXbYbZc"),
            ("**a", "bba"),
        ] {
            assert!(matches(pattern, text), "{pattern} {text}");
        }
        for (pattern, text) in
            [("", "a"), ("?", ""), ("web-?", "web-12"), ("*.com", "com"), ("a*b", "ab "), ("A", "a"), ("a*a", "a")]
        {
            assert!(!matches(pattern, text), "{pattern} {text}");
        }
    }

    #[test]
    fn in_a_list_a_negated_match_decides() {
        assert!(list_matches("web*,db1", "db1"));
        assert!(list_matches("!db*,web*", "web1"));
        assert!(!list_matches("web*,!web1", "web1"));
        assert!(!list_matches("!db1", "web1"));
        assert!(!list_matches("", "web1"));
    }

    #[test]
    fn sec_x03_a_pattern_of_stars_takes_no_longer_than_its_length() {
        let begun = Instant::now();
        assert!(!matches(&"*a".repeat(500), &"a".repeat(499)));
        assert!(!matches(&format!("{}b", "a*".repeat(1_000)), &"a".repeat(5_000)));
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }
}
