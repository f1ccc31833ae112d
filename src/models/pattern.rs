//! Looking for a text in a column, whatever its case.

/// Characters of a text that are looked for.
const LONGEST: usize = 200;

/// What `ilike` finds `text` with, taken literally. NUL is in no column.
pub(super) fn pattern_of(text: &str) -> String {
    let text: String = text.chars().filter(|c| *c != '\0').take(LONGEST).collect();
    format!("%{}%", text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_that_stand_for_others_are_taken_literally() {
        assert_eq!(pattern_of("a%_\\\0b"), "%a\\%\\_\\\\b%");
    }
}
