//! What is different between two texts, line by line. Pure.

/// Lines around a change that are shown with it.
const AROUND: usize = 3;
/// Larger changes are shown as one: all old lines, then all new ones.
const MOST_PAIRS: usize = 4_000_000;

/// One line of a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DiffLine {
    /// `+`, `-`, a space, or `…` where lines are left out.
    pub(super) sign: &'static str,
    /// The line without its end.
    pub(super) text: String,
}

/// The changed lines with some around them; nothing where the texts are the same.
pub(super) fn diff(old: &str, new: &str) -> Vec<DiffLine> {
    if old == new {
        return Vec::new();
    }
    // A line's end belongs to it: the last may have none.
    let (old, new): (Vec<&str>, Vec<&str>) = (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let before = old.iter().zip(&new).take_while(|(one, other)| one == other).count();
    let (old_rest, new_rest) = (old.get(before..).unwrap_or_default(), new.get(before..).unwrap_or_default());
    let after = old_rest.iter().rev().zip(new_rest.iter().rev()).take_while(|(one, other)| one == other).count();
    let (removed, kept) = old_rest.split_at(old_rest.len() - after);
    let (added, _) = new_rest.split_at(new_rest.len() - after);
    let mut lines: Vec<(&'static str, &str)> = old.iter().take(before).map(|line| (" ", *line)).collect();
    lines.extend(changed(removed, added));
    lines.extend(kept.iter().map(|line| (" ", *line)));
    folded(&lines)
}

/// The longest common lines stay, the others come and go.
fn changed<'t>(old: &[&'t str], new: &[&'t str]) -> Vec<(&'static str, &'t str)> {
    if old.len().saturating_mul(new.len()) > MOST_PAIRS {
        return old.iter().map(|line| ("-", *line)).chain(new.iter().map(|line| ("+", *line))).collect();
    }
    let width = new.len() + 1;
    // longest[i * width + j]: of what is left from line i of the old and line j of the new text.
    let mut longest = vec![0_u32; (old.len() + 1) * width];
    let at = |longest: &[u32], i: usize, j: usize| longest.get(i * width + j).copied().unwrap_or_default();
    for (i, one) in old.iter().enumerate().rev() {
        for (j, other) in new.iter().enumerate().rev() {
            let best = if one == other {
                at(&longest, i + 1, j + 1) + 1
            } else {
                at(&longest, i + 1, j).max(at(&longest, i, j + 1))
            };
            if let Some(place) = longest.get_mut(i * width + j) {
                *place = best;
            }
        }
    }
    let (mut i, mut j, mut lines) = (0, 0, Vec::new());
    loop {
        match (old.get(i), new.get(j)) {
            (Some(one), Some(other)) if one == other => {
                lines.push((" ", *one));
                (i, j) = (i + 1, j + 1);
            }
            (Some(one), other) if other.is_none() || at(&longest, i + 1, j) >= at(&longest, i, j + 1) => {
                lines.push(("-", *one));
                i += 1;
            }
            (_, Some(other)) => {
                lines.push(("+", *other));
                j += 1;
            }
            (_, None) => return lines,
        }
    }
}

fn folded(lines: &[(&'static str, &str)]) -> Vec<DiffLine> {
    let changed: Vec<usize> =
        lines.iter().enumerate().filter(|(_, (sign, _))| *sign != " ").map(|(at, _)| at).collect();
    let mut folded = Vec::new();
    let mut shown_to = 0;
    for at in changed {
        let from = at.saturating_sub(AROUND).max(shown_to);
        if from > shown_to {
            folded.push(DiffLine { sign: "…", text: String::new() });
        }
        for (sign, text) in lines.iter().take((at + AROUND + 1).min(lines.len())).skip(from) {
            folded.push(DiffLine { sign, text: text.trim_end_matches('\n').to_owned() });
        }
        shown_to = shown_to.max((at + AROUND + 1).min(lines.len()));
    }
    if shown_to < lines.len() {
        folded.push(DiffLine { sign: "…", text: String::new() });
    }
    folded
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn lines(texts: impl Iterator<Item = String>) -> String {
        texts.map(|text| text + "\n").collect()
    }

    fn told(old: &str, new: &str) -> String {
        lines(diff(old, new).iter().map(|line| format!("{}{}", line.sign, line.text)))
    }

    #[test]
    fn only_what_changed_is_told_with_some_lines_around() {
        let old = lines((1..=20).map(|number| number.to_string()));
        let new = old.replace("10\n", "ten\n").replace("20\n", "20");
        assert_eq!(told(&old, &new), "…\n 7\n 8\n 9\n-10\n+ten\n 11\n 12\n 13\n…\n 17\n 18\n 19\n-20\n+20\n");
        assert_eq!(told("a\n", "a\n"), "");
        assert_eq!(told("", "a\n"), "+a\n");
    }

    proptest! {
        #[test]
        fn both_texts_can_be_read_from_their_difference(
            old in proptest::collection::vec(0_u8..4, 0..12),
            new in proptest::collection::vec(0_u8..4, 0..12),
        ) {
            let text = |numbers: &[u8]| lines(numbers.iter().map(ToString::to_string));
            let old_lines: Vec<String> = old.iter().map(|line| format!("{line}\n")).collect();
            let new_lines: Vec<String> = new.iter().map(|line| format!("{line}\n")).collect();
            let old_refs: Vec<&str> = old_lines.iter().map(String::as_str).collect();
            let new_refs: Vec<&str> = new_lines.iter().map(String::as_str).collect();
            let lines = changed(&old_refs, &new_refs);
            let side = |gone: &str| lines.iter().filter(|(sign, _)| *sign != gone).map(|(_, line)| *line).collect::<String>();
            prop_assert_eq!(side("+"), text(&old));
            prop_assert_eq!(side("-"), text(&new));
        }
    }
}
