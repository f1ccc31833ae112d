//! What programs called stat print, for systems whose find prints nothing of its own: the names first, each ended by NUL,
//! then a line for each that was still there.

use super::{Listed, is_name};
use crate::commands::ParseError;
use crate::commands::files::entry::{Entry, Kind, Moment, Seen, account, mode};
use crate::commands::text::integer;

/// The number of all names, the names up to an empty one, then the lines. Names may hold line ends: a line belongs to the
/// next name that it begins with.
pub(super) fn parse(output: &[u8]) -> Result<Listed, ParseError> {
    let wrong = |why| ParseError::new(why, output);
    let mut parts = output.split(|byte| *byte == 0);
    let total = parts.next().and_then(|count| integer(count.trim_ascii()));
    let total = total.ok_or_else(|| wrong("the number of files was expected first"))?;
    let mut names = Vec::new();
    let mut has_ended = false;
    for part in parts.by_ref() {
        if part.is_empty() {
            has_ended = true;
            break;
        }
        names.push(part);
    }
    if !has_ended || names.len() > super::MOST {
        return Err(wrong("the names end in an empty one, and are not more than were asked for"));
    }
    let mut rest = parts.next().unwrap_or_default();
    if parts.next().is_some() {
        return Err(wrong("there is something after the files"));
    }
    let (mut entries, mut dropped) = (Vec::with_capacity(names.len()), 0);
    for name in names {
        // A name without a line is one that was deleted meanwhile.
        let Some(fields) = rest.strip_prefix(name).and_then(|after| after.strip_prefix(b"/")) else { continue };
        let end = fields.iter().position(|byte| *byte == b'\n').ok_or_else(|| wrong("a line has no end"))?;
        let (line, after) = fields.split_at_checked(end).unwrap_or_default();
        let plain = name.strip_prefix(b"./").filter(|plain| is_name(plain));
        match plain.and_then(|plain| entry(plain, line)) {
            Some(entry) => entries.push(entry),
            None => dropped += 1,
        }
        rest = after.strip_prefix(b"\n").unwrap_or_default();
    }
    if !rest.is_empty() {
        return Err(ParseError::new("this file was not named before", rest));
    }
    Listed { entries, dropped, counted: Some(total) }.checked(output)
}

/// `regular file/412/1700000000/1700000000/640/7/1/root/adm/target`
fn entry(name: &[u8], line: &[u8]) -> Option<Entry> {
    let mut fields = line.splitn(10, |byte| *byte == b'/');
    let mut next = || fields.next();
    let kind = Kind::of_words(next()?)?;
    let (size, modified, changed) = (integer(next()?)?, Moment::read(next()?)?, Moment::read(next()?)?);
    let (mode, inode, _names) = (mode(next()?)?, integer(next()?)?, integer(next()?)?);
    let (owner, group) = (account(next()?), account(next()?));
    let target = next().unwrap_or_default().to_vec();
    let seen = Seen { inode, modified, changed, size };
    Some(Entry { name: name.to_vec(), kind, leads_to: None, target, seen, mode, owner, group })
}
