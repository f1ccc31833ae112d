//! Where results go: standard output, as lines for people or JSON for programs. Progress goes to standard error.

use std::fmt::Display;
use std::io::{self, IsTerminal, Write};

use serde::Serialize;

use crate::telemetry::escape;

/// One line of result.
pub(super) fn line(text: impl Display) -> io::Result<()> {
    writeln!(io::stdout().lock(), "{text}")
}

/// One value as indented JSON.
pub(super) fn json(value: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, value)?;
    writeln!(out)
}

/// What is going on, for a person who waits; silent where nobody watches.
pub(super) fn progress(text: impl Display) {
    let mut out = io::stderr().lock();
    if out.is_terminal() {
        // Nobody can be told that standard error is gone.
        drop(writeln!(out, "{text}"));
    }
}

/// Columns under headings, two blanks apart. Control characters of a cell are written out (X04).
pub(super) fn table(headings: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    let rows: Vec<Vec<String>> = rows.iter().map(|row| row.iter().map(|cell| escape(cell)).collect()).collect();
    let mut out = io::stdout().lock();
    for text in lay_out(headings, &rows) {
        writeln!(out, "{text}")?;
    }
    out.flush()
}

fn lay_out(headings: &[&str], rows: &[Vec<String>]) -> Vec<String> {
    let heading: Vec<String> = headings.iter().map(|text| text.to_uppercase()).collect();
    let all: Vec<&Vec<String>> = std::iter::once(&heading).chain(rows).collect();
    let widths: Vec<usize> = (0..headings.len())
        .map(|column| all.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max().unwrap_or(0))
        .collect();
    all.iter()
        .map(|row| {
            let cells: Vec<String> =
                row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}", width = *width)).collect();
            cells.join("  ").trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = vec![vec!["web-1".to_owned(), "up".to_owned()], vec!["b".to_owned(), "unreachable".to_owned()]];
        assert_eq!(lay_out(&["name", "state"], &rows), ["NAME   STATE", "web-1  up", "b      unreachable"]);
    }
}
