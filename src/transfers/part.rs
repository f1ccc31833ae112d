//! Which part of a file somebody wants (RFC 9110, section 14). Pure.

use crate::commands::files::Look;

/// A part of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// From this byte, counted from 0, to that one or to the end.
    From(u64, Option<u64>),
    /// So many bytes at its end.
    Last(u64),
}

impl Part {
    /// Where it begins in something of so many bytes, and how long it is there; none where it is wholly behind the end.
    pub fn within(self, size: u64) -> Option<(u64, u64)> {
        let first = match self {
            Self::From(first, _) => first,
            Self::Last(count) => size.saturating_sub(count),
        };
        let end = match self {
            Self::From(_, Some(last)) => last.saturating_add(1).min(size),
            _ => size,
        };
        (first < end).then(|| (first, end - first))
    }
}

/// What somebody wants who may have the beginning of a file already.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// The rest of it.
    pub part: Part,
    /// Only where the file still is known by this; all of it where not.
    pub if_still: Option<String>,
}

impl Wanted {
    /// Whether a part of this very file is wanted, and not all of what it became.
    pub fn is_of(&self, look: &Look) -> bool {
        self.if_still.as_ref().is_none_or(|seen| !look.may_change_unseen && *seen == look.seen.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_cut_to_what_there_is_and_is_none_behind_the_end() {
        let size = (1 << 32) + 5;
        for (part, expected) in [
            (Part::From(0, None), Some((0, size))),
            (Part::From(1, Some(1)), Some((1, 1))),
            (Part::From(1 << 32, None), Some((1 << 32, 5))),
            (Part::From((1 << 32) - 1, Some(u64::MAX)), Some(((1 << 32) - 1, 6))),
            (Part::From(size, None), None),
            (Part::From(u64::MAX, Some(u64::MAX)), None),
            (Part::Last(5), Some((1 << 32, 5))),
            (Part::Last(u64::MAX), Some((0, size))),
            (Part::Last(0), None),
        ] {
            assert_eq!(part.within(size), expected, "{part:?}");
        }
        assert_eq!(Part::From(0, None).within(0), None);
    }
}
