//! The known word that somebody probably meant.

/// The known word nearest to `word`, if one is near enough to be meant.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word: Vec<char> = word.to_lowercase().chars().take(LONGEST).collect();
    // A third of the letters may be wrong: `credental`, `prot`, `web-l`.
    let tolerance = (word.len() / 3).max(1);
    known
        .into_iter()
        .map(|known| (distance(&word, &known.to_lowercase().chars().take(LONGEST).collect::<Vec<_>>()), known))
        .filter(|(distance, _)| *distance <= tolerance)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// Words are not longer; what is, is not compared to its end.
const LONGEST: usize = 64;

/// How many letters must be put in, taken out, exchanged or swapped with their neighbour (optimal string alignment).
fn distance(one: &[char], other: &[char]) -> usize {
    let mut above_that: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=other.len()).collect();
    for (row, a) in one.iter().enumerate() {
        let mut line = vec![row + 1];
        for (column, b) in other.iter().enumerate() {
            let at = |line: &[usize], column: usize| line.get(column).copied().unwrap_or(usize::MAX - 1);
            let exchanged = at(&above, column) + usize::from(a != b);
            let mut least = exchanged.min(at(&above, column + 1) + 1).min(at(&line, column) + 1);
            let swapped = row > 0 && column > 0 && one.get(row - 1) == Some(b) && other.get(column - 1) == Some(a);
            if swapped {
                least = least.min(at(&above_that, column - 1) + 1);
            }
            line.push(least);
        }
        above_that = std::mem::replace(&mut above, line);
    }
    above.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_understood_and_another_word_is_not() {
        let keys = ["address", "credential", "port", "groups", "jump", "note"];
        for (word, meant) in [
            ("credental", Some("credential")),
            ("prot", Some("port")),
            ("adress", Some("address")),
            ("Groups", Some("groups")),
            ("group", Some("groups")),
            ("colour", None),
            ("", None),
            ("x", None),
        ] {
            assert_eq!(nearest(word, keys), meant, "{word}");
        }
    }

    #[test]
    fn the_nearest_of_several_is_named() {
        assert_eq!(nearest("web-12a", ["web-1", "web-2", "web-12"]), Some("web-12"));
        assert_eq!(distance(&['a', 'b'], &['b', 'a']), 1);
        assert_eq!(distance(&[], &['b', 'a']), 2);
    }
}
