//! What GNU find prints for each file: fields between slashes, which no name holds, each file ended by NUL.

use super::{Listed, Listing, is_name};
use crate::commands::ParseError;
use crate::commands::files::entry::{Entry, Kind, Moment, Seen, mode};
use crate::commands::text::{self, SHORT, integer};

/// The longest target of a link that is kept.
const LONGEST: usize = 4096;

/// The number of all, then the entries, at most `limit`.
pub(super) fn parse(output: &[u8], limit: usize) -> Result<Listing, ParseError> {
    let wrong = |why| ParseError::new(why, output);
    let records = output.strip_suffix(b"\0").ok_or_else(|| wrong("the answer ends in the middle of a file"))?;
    let mut records = records.split(|byte| *byte == 0);
    let total = records.next().and_then(|count| integer(count.trim_ascii()));
    let total = total.ok_or_else(|| wrong("the number of files was expected first"))?;
    let (mut entries, mut dropped) = (Vec::new(), 0);
    for (at, record) in records.enumerate() {
        if at >= limit {
            return Err(wrong("more files came than were asked for"));
        }
        match entry(record).filter(|entry| is_name(&entry.name)) {
            Some(entry) => entries.push(entry),
            None => dropped += 1,
        }
    }
    let Listed { entries, dropped, .. } = Listed { entries, dropped, counted: None }.checked(output)?;
    Ok(Listing { entries, total, is_cut: false, dropped })
}

/// `name/f/f/412/1700000000.1/1700000000.1/640/7/1/root/adm/target`
fn entry(record: &[u8]) -> Option<Entry> {
    let mut fields = record.splitn(12, |byte| *byte == b'/');
    let mut next = || fields.next();
    let name = next()?.to_vec();
    let (kind, end) = (Kind::of_letter(next()?)?, next()?);
    let (size, modified, changed) = (integer(next()?)?, Moment::read(next()?)?, Moment::read(next()?)?);
    let (mode, inode, _names) = (mode(next()?)?, integer(next()?)?, integer(next()?)?);
    let (owner, group) = (text::shown(next()?, SHORT), text::shown(next()?, SHORT));
    let target = next()?;
    Some(Entry {
        name,
        kind,
        leads_to: if kind == Kind::Link { Kind::of_letter(end).filter(|end| *end != Kind::Link) } else { None },
        target: target.get(..LONGEST).unwrap_or(target).to_vec(),
        seen: Seen { inode, modified, changed, size },
        mode,
        owner,
        group,
    })
}
