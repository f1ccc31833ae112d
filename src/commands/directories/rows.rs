//! The `table` format: path, bytes. The row of the directory itself is the total.

use super::{MeasureDirectories, Measured};
use crate::commands::ParseError;
use crate::commands::shape::{Shape, needed};
use crate::commands::table;

pub(in crate::commands) const SHAPES: &[Shape] = &[Shape::rows(&[
    needed("path", "The directory", "/var/log"),
    needed("bytes", "What it holds, in bytes", "734003200"),
])];

pub(super) fn parse(command: &MeasureDirectories, output: &[u8]) -> Result<Measured, ParseError> {
    let mut measured = Measured::default();
    for row in table::rows(output, 2) {
        let row = row?;
        let path = row.column(0).ok_or_else(|| row.error("the column path is missing"))?;
        command.add(&mut measured, path, row.needed(1, "bytes")?);
    }
    if measured == Measured::default() {
        return Err(ParseError::new("the answer lists no directory", output));
    }
    Ok(measured)
}
