//! The `table` format of changes that undo themselves: which one, and what became of it.

use super::{ChangeReport, ChangeState};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed, optional};
use crate::commands::table;
use crate::commands::text::{SHORT, shown};

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::word(
    "change",
    &[optional("id", "Which one", "4f1c2a"), needed("state", "armed, kept, undone, undo_failed or unknown", "armed")],
)];

pub(in crate::commands) fn parse(format: &str, output: &[u8]) -> Result<ChangeReport, ParseError> {
    if format != "table" {
        return Err(ParseError::unknown_format(format));
    }
    let mut report = None;
    for row in table::rows(output, 3) {
        let row = row?;
        if row.column(0) != Some(b"change") || report.is_some() {
            return Err(row.error("one row that begins with change was expected"));
        }
        let state = row.read(2, "state", ChangeState::from_name)?;
        let state = state.ok_or_else(|| row.error("the column state is missing"))?;
        report = Some(ChangeReport { id: row.column(1).map(|id| shown(id, SHORT)).unwrap_or_default(), state });
    }
    report.ok_or_else(|| ParseError::new("nothing was said", output))
}
