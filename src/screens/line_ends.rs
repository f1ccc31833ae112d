//! How the lines of a text end: a browser gives back every end as the same one. Pure.

/// How the lines of a text end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    /// A line feed.
    Unix,
    /// A carriage return and a line feed.
    Windows,
}

impl Ends {
    /// None where there are several kinds, of which a browser would make one.
    pub(super) fn of(text: &str) -> Option<Self> {
        let (pairs, returns, ends) =
            (text.matches("\r\n").count(), text.matches('\r').count(), text.matches('\n').count());
        match (pairs, returns, ends) {
            (0, 0, _) => Some(Self::Unix),
            (pairs, returns, ends) if pairs == returns && pairs == ends => Some(Self::Windows),
            _ => None,
        }
    }

    /// What a form sent, with these ends.
    pub(super) fn restore(self, entered: &str) -> String {
        let plain = entered.replace("\r\n", "\n");
        if self == Self::Windows { plain.replace('\n', "\r\n") } else { plain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_browser_makes_of_line_ends_is_undone() {
        for text in ["", "a", "a\nb\n", "a\r\nb\r\n", "a\r\nb"] {
            let sent = text.replace("\r\n", "\n").replace('\n', "\r\n");
            assert_eq!(Ends::of(text).unwrap().restore(&sent), text, "{text:?}");
        }
        for mixed in ["a\nb\r\n", "a\rb\n", "a\r"] {
            assert_eq!(Ends::of(mixed), None, "{mixed:?}");
        }
    }
}
