//! One value of a list, as it is shown and sorted. Knows no resource and no HTML.

use chrono::{DateTime, Utc};

/// What stands in one column of one row.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    /// The name of the row; the page links it to the row's form.
    Key(String),
    /// Text as it is.
    Text(String),
    /// Text that leads to another page.
    Link {
        /// The text.
        text: String,
        /// The page's address.
        href: String,
    },
    /// Text that may take several lines.
    Long(String),
    /// Literal text, such as an address or a fingerprint.
    Code(String),
    /// A word of ours, shown in the reader's language.
    Word(&'static str),
    /// Short labels.
    Tags(Vec<String>),
    /// A sign and a word of ours.
    State {
        /// `up`, `warn`, `crit`, `down`, `paused`, `none`
        dot: &'static str,
        /// The word beside it.
        label: &'static str,
    },
    /// A number with its unit.
    Number {
        /// What it is sorted by.
        value: i64,
        /// What is shown.
        text: String,
    },
    /// A moment; empty where it never happened.
    Time(Option<DateTime<Utc>>),
}

/// What rows are sorted by.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum SortKey {
    /// A number or a time.
    Number(i64),
    /// Text with its digits read as numbers, so that `web-2` comes before `web-10`.
    Text(Vec<Piece>),
}

/// A run of digits, or of anything else.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Piece {
    /// `10`, without leading zeros: its length, then its digits.
    Digits(usize, String),
    /// Everything else, in small letters.
    Letters(String),
}

impl Cell {
    /// The word of ours for a value.
    pub fn choice(words: &'static [(&'static str, &'static str)], value: &str) -> Self {
        Self::Word(words.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| *word))
    }

    /// A number of things; nothing where there are none.
    pub fn count(count: i64) -> Self {
        Self::Number { value: count, text: if count == 0 { String::new() } else { count.to_string() } }
    }

    /// What the column is sorted by.
    pub fn sort_key(&self) -> SortKey {
        match self {
            Self::Key(text) | Self::Text(text) | Self::Link { text, .. } | Self::Long(text) | Self::Code(text) => {
                natural(text)
            }
            Self::Word(word) | Self::State { label: word, .. } => natural(word),
            Self::Tags(tags) => natural(&tags.join(" ")),
            Self::Number { value, .. } => SortKey::Number(*value),
            Self::Time(at) => SortKey::Number(at.map_or(i64::MIN, |at| at.timestamp_micros())),
        }
    }

    /// Whether it shows nothing.
    pub fn is_empty(&self) -> bool {
        match self {
            Self::Key(text)
            | Self::Text(text)
            | Self::Link { text, .. }
            | Self::Long(text)
            | Self::Code(text)
            | Self::Number { text, .. } => text.is_empty(),
            Self::Word(word) | Self::State { label: word, .. } => word.is_empty(),
            Self::Tags(tags) => tags.is_empty(),
            Self::Time(at) => at.is_none(),
        }
    }

    /// Whether the column is aligned to the end, as figures are.
    pub fn is_figure(&self) -> bool {
        matches!(self, Self::Number { .. } | Self::Time(_))
    }

    /// A word of ours in it, which needs a translation.
    pub fn word(&self) -> Option<&'static str> {
        match self {
            Self::Word(word) | Self::State { label: word, .. } if !word.is_empty() => Some(word),
            _ => None,
        }
    }
}

fn natural(text: &str) -> SortKey {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let digits = first.is_ascii_digit();
        let end = rest.find(|c: char| c.is_ascii_digit() != digits).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        pieces.push(if digits {
            let digits = piece.trim_start_matches('0');
            Piece::Digits(digits.len(), digits.to_owned())
        } else {
            Piece::Letters(piece.to_lowercase())
        });
        rest = after;
    }
    SortKey::Text(pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_with_numbers_sort_as_people_count() {
        let mut names = ["web-10", "web-9", "db-1", "web-010a", "Web-1"];
        names.sort_by_key(|name| Cell::Text((*name).to_owned()).sort_key());
        assert_eq!(names, ["db-1", "Web-1", "web-9", "web-10", "web-010a"]);
    }

    #[test]
    fn what_never_happened_sorts_before_what_did() {
        assert!(Cell::Time(None).sort_key() < Cell::Time(Some(DateTime::UNIX_EPOCH)).sort_key());
    }
}
