//! The line with which a part of the answer begins: `@name`, and words behind tabulators.

use crate::commands::ParseError;
use crate::commands::text::{self, integer};

/// `name`, and what stands behind it.
pub(super) struct Head<'a> {
    number: usize,
    line: &'a [u8],
}

impl<'a> Head<'a> {
    /// The head on this line of the answer.
    pub(super) fn of(number: usize, line: &'a [u8]) -> Self {
        Self { number, line }
    }

    pub(super) fn word(&self, at: usize) -> &'a [u8] {
        self.line.split(|byte| *byte == b'\t').nth(at).unwrap_or_default()
    }

    pub(super) fn text(&self, at: usize) -> String {
        text::shown(self.word(at), text::SHORT)
    }

    pub(super) fn number(&self, at: usize) -> Result<u64, ParseError> {
        integer(self.word(at)).ok_or_else(|| self.error("a number was expected"))
    }

    pub(super) fn error(&self, why: &str) -> ParseError {
        ParseError::at(self.number, why, self.line)
    }
}
