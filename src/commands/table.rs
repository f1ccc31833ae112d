//! The `table` format: tab-separated rows with a command type's own columns, for commands that administrators write.
//!
//! One row per line. A column that is empty, `-` or left out at the end is not known.

use super::ParseError;
use super::text::{self, SHORT};

/// One row.
pub(super) struct Row<'a> {
    number: usize,
    line: &'a [u8],
}

/// The rows of an answer, each of `columns` at most; blank lines are none.
pub(super) fn rows(output: &[u8], columns: usize) -> impl Iterator<Item = Result<Row<'_>, ParseError>> {
    text::lines(output).filter(|(_, line)| !line.trim_ascii().is_empty()).map(move |(number, line)| {
        let row = Row { number, line: line.strip_suffix(b"\r").unwrap_or(line) };
        let found = row.line.split(|byte| *byte == b'\t').count();
        if found > columns { Err(row.error(&format!("more than {columns} columns"))) } else { Ok(row) }
    })
}

impl<'a> Row<'a> {
    /// What stands in a column, if anything.
    pub(super) fn column(&self, at: usize) -> Option<&'a [u8]> {
        self.line.split(|byte| *byte == b'\t').nth(at).filter(|value| !matches!(*value, b"" | b"-"))
    }

    /// The text of a column that must be there.
    pub(super) fn text(&self, at: usize, name: &str, limit: usize) -> Result<String, ParseError> {
        let value = self.column(at).ok_or_else(|| self.error(&format!("the column {name} is missing")))?;
        Ok(text::shown(value, limit))
    }

    /// The number in a column that may be unknown.
    pub(super) fn number(&self, at: usize, name: &str) -> Result<Option<u64>, ParseError> {
        self.read(at, name, text::integer)
    }

    /// The number in a column that must be there.
    pub(super) fn needed(&self, at: usize, name: &str) -> Result<u64, ParseError> {
        self.number(at, name)?.ok_or_else(|| self.error(&format!("the column {name} is missing")))
    }

    /// What `read` makes of a column that may be unknown.
    pub(super) fn read<T>(
        &self,
        at: usize,
        name: &str,
        read: impl FnOnce(&[u8]) -> Option<T>,
    ) -> Result<Option<T>, ParseError> {
        let Some(value) = self.column(at) else { return Ok(None) };
        match read(value) {
            Some(value) => Ok(Some(value)),
            None => Err(self.error(&format!("{} is no {name}", text::shown(value, SHORT)))),
        }
    }

    /// What is wrong with this row.
    pub(super) fn error(&self, why: &str) -> ParseError {
        ParseError::at(self.number, why, self.line)
    }
}
