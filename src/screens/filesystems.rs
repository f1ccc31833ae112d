//! Filesystems as tables show them: use, space and when they will be full. Pure.

use std::time::Duration;

use super::trend::Trend;
use crate::language::Message;
use crate::metrics::health::mark;
use crate::web::chart;
use crate::web::format;

/// Sooner than this a filesystem that fills up deserves a colour.
const SOON: Duration = Duration::from_hours(24 * 7);

/// A share of a whole as number and bar.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Share {
    /// `57`
    pub number: String,
    /// Its status mark.
    pub state: Option<&'static str>,
    /// The width of its bar.
    pub width: String,
}

impl Share {
    /// A share of `percent` that is neither good nor bad.
    pub fn plain(percent: f64) -> Self {
        Self { state: None, ..Self::of(percent) }
    }

    /// A share of `percent`.
    pub fn of(percent: f64) -> Self {
        Self { number: format!("{percent:.0}"), state: mark(percent), width: chart::bar(percent) }
    }
}

/// One filesystem. Mount, device and kind are the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FilesystemRow {
    /// Where it is mounted.
    pub mount: String,
    /// The same in an address.
    pub address: String,
    /// What it is on.
    pub device: String,
    /// `ext4`
    pub kind: String,
    /// How full it is.
    pub share: Option<Share>,
    /// Its size.
    pub size: String,
    /// What is left for people.
    pub free: String,
    /// Inodes in use.
    pub inodes: String,
    /// When it will be full.
    pub full_in: Option<Message>,
    /// `dim` while that is far away.
    pub full_in_class: &'static str,
}

/// The words of a trend, and their class.
pub fn full_in(trend: Trend) -> (Option<Message>, &'static str) {
    match trend {
        Trend::Unknown => (None, "dim"),
        Trend::Flat => (Some(Message::new("flat")), "dim"),
        Trend::FullIn(left) => {
            let hours = left.as_secs() / 3_600;
            let words = match hours {
                0..1 => Message::new("now"),
                1..48 => Message::new("{n} h").with("n", hours),
                48..1_344 => Message::new("{n} days").with("n", hours / 24),
                _ => Message::new("{n} weeks").with("n", hours / 168),
            };
            (Some(words), if left < SOON { "t-warn" } else { "dim" })
        }
    }
}

/// Bytes, where they are known.
pub fn size(bytes: Option<u64>) -> String {
    bytes.map(format::bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filesystem_that_is_full_within_a_week_has_a_colour() {
        let said = |hours| {
            let (words, class) = full_in(Trend::FullIn(Duration::from_hours(hours)));
            (words.unwrap().to_string(), class)
        };
        assert_eq!(said(24 * 6), ("6 days".to_owned(), "t-warn"));
        assert_eq!(said(24 * 23), ("23 days".to_owned(), "dim"));
        assert_eq!(said(24 * 7 * 31), ("31 weeks".to_owned(), "dim"));
        assert_eq!(full_in(Trend::Unknown), (None, "dim"));
    }
}
