//! The rows of a directory, as people read them. Pure.

use chrono::{DateTime, Utc};

use super::place::{Place, file_query};
use crate::commands::files::path::shown;
use crate::commands::files::{Entry, Kind, Listing};
use crate::language::Message;
use crate::web::format;

/// One file in the table. The name is the server's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct FileRow {
    /// The symbol of its kind.
    pub(super) icon: &'static str,
    /// What its kind is called, for those who see no symbol.
    pub(super) kind: &'static str,
    pub(super) name: String,
    /// Where a link says to go.
    pub(super) target: String,
    /// Where its name leads: into the directory, or to what is told of it.
    pub(super) href: String,
    /// To what is told of it.
    pub(super) details: String,
    pub(super) download: Option<String>,
    pub(super) size: String,
    /// `-rw-r----- 0640`
    pub(super) mode: String,
    pub(super) owner: String,
    pub(super) modified: Option<DateTime<Utc>>,
    pub(super) is_open: bool,
}

/// A page of a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Directory {
    pub(super) rows: Vec<FileRow>,
    /// `1–200 of 50,000`
    pub(super) count: Message,
    /// What is not shown, or not known.
    pub(super) remarks: Vec<Message>,
    pub(super) previous: Option<String>,
    pub(super) next: Option<String>,
}

impl Directory {
    /// A page of what was listed at `place` on the page of `server`.
    pub(super) fn new(listing: &Listing, place: &Place, server: &str) -> Self {
        let shown = listing.entries.len();
        // Where it begins was entered by somebody. What is left out was listed too.
        let end = place.from.saturating_add(listing.listed());
        let total = listing.total;
        let number = |number: usize| format::number(i64::try_from(number).unwrap_or(i64::MAX));
        let all = format::number(i64::try_from(total).unwrap_or(i64::MAX));
        let count = if place.from == 0 && shown as u64 >= total {
            Message::new("{n} entries").with("n", &all)
        } else {
            Message::new("{from}–{to} of {n} entries")
                .with("from", number(place.from.saturating_add(1)))
                .with("to", number(place.from.saturating_add(shown)))
                .with("n", &all)
        };
        let mut remarks = Vec::new();
        if listing.is_cut {
            remarks.push(Message::new(
                "The server lists its first 10,000 names only, fewer where they are long: order and filter are of those, the others are not looked at",
            ));
        }
        if listing.dropped > 0 {
            let why = "{n} entries are left out: what the server said of them is no file of this directory";
            remarks.push(Message::new(why).with("n", listing.dropped));
        }
        let at = |from| Place { from, ..place.closed() }.query();
        let page = super::place::PAGE;
        let more = end < usize::try_from(total).unwrap_or(usize::MAX) && listing.listed() == page;
        Self {
            previous: (place.from > 0).then(|| at(place.from.saturating_sub(page))),
            next: more.then(|| at(end)),
            rows: listing.entries.iter().filter_map(|entry| FileRow::new(entry, place, server)).collect(),
            count,
            remarks,
        }
    }
}

impl FileRow {
    fn new(entry: &Entry, place: &Place, server: &str) -> Option<Self> {
        let path = place.path.join(&entry.name)?;
        let (icon, kind) = sign(entry);
        let details = place.opened(&entry.name).query();
        let is_file = entry.kind == Kind::File || entry.leads_to == Some(Kind::File);
        Some(Self {
            icon,
            kind,
            name: shown(&entry.name),
            target: shown(&entry.target),
            href: if entry.is_directory() { place.at(path.clone()).query() } else { details.clone() },
            details,
            download: is_file.then(|| format!("/servers/{server}/files/content{}", file_query(&path, place.acting))),
            size: if entry.kind == Kind::File { format::bytes(entry.seen.size) } else { String::new() },
            mode: format!("{} {:04o}", entry.letters(), entry.mode),
            owner: format!("{}:{}", entry.owner, entry.group),
            modified: entry.seen.modified.at(),
            is_open: place.open.as_ref() == Some(&entry.name),
        })
    }
}

fn sign(entry: &Entry) -> (&'static str, &'static str) {
    match entry.kind {
        Kind::Directory => ("folder", "Directory"),
        Kind::File => ("file", "File"),
        Kind::Link => ("link", "Link"),
        Kind::Special => ("zap", "Special file"),
    }
}
