//! Tests that cannot run on a machine: named with the reason, counted by `script/test`.

use std::fs::OpenOptions;
use std::io::Write;

/// Writes down that `test` was skipped and why; `script/test` prints and counts these lines.
#[expect(clippy::print_stderr, reason = "whoever looks at the output sees it at once")]
pub(crate) fn skip(test: &str, why: &str) {
    let path = concat!(env!("CARGO_TARGET_TMPDIR"), "/skipped-tests");
    let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
    writeln!(file, "{test}: {why}").unwrap();
    eprintln!("skipped {test}: {why}");
}
