//! Names of user numbers, as `/etc/passwd` has them.

use super::text::{self, SHORT, integer32};

/// The number and the name of one line of `/etc/passwd`.
pub(super) fn account(line: &[u8]) -> Option<(u32, String)> {
    let mut fields = line.split(|byte| *byte == b':');
    let name = fields.next().filter(|name| !name.is_empty())?;
    Some((integer32(fields.nth(1)?)?, text::shown(name, SHORT)))
}
