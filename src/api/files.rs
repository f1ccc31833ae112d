//! `/servers/{server}/files`: what is in a directory, and what one file is. Paths are percent-encoded: their bytes may be any.

pub mod changes;
pub mod content;

use actix_web::HttpRequest;
use actix_web::http::header::{ETAG, HeaderValue};
use actix_web::web::{Data, Json, Path};
use actix_web::{HttpResponse, HttpResponseBuilder};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::evidence::{EvidenceView, ask};
use super::input::Parameters;
use super::preconditions::{bare, quoted};
use crate::app::App;
use crate::commands::Acting;
use crate::commands::files::path::{IS_ROOT, NO_PATH, shown, value_of};
use crate::commands::files::{DescribeFile, Entry, FilePath, Kind, ListDirectory, NO_ACTING, Order, Seen};
use crate::error::{Error, Result};
use crate::language::Message;
use crate::remote::host::Host;
use crate::web::extract::Asking;

/// Entries of one answer, unless `limit` says otherwise.
const DEFAULT_LIMIT: usize = 100;
/// The highest `limit`.
const MAXIMUM_LIMIT: usize = 500;

/// Which file, and as whom.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct FileQuery {
    /// Its absolute path, percent-encoded byte by byte.
    #[serde(default)]
    #[param(example = "/var/log/syslog", required = true)]
    #[expect(dead_code, reason = "read from the query string itself, whose bytes a text cannot hold")]
    path: String,
    /// `user`, who signs in to the server, unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
}

/// Which directory, in which order.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DirectoryQuery {
    /// Its absolute path, percent-encoded byte by byte.
    #[serde(default)]
    #[param(example = "/var/log", required = true)]
    #[expect(dead_code, reason = "read from the query string itself, whose bytes a text cannot hold")]
    path: String,
    /// `user`, who signs in to the server, unless it is `root`.
    #[serde(default, rename = "as")]
    acts_as: Option<String>,
    /// Keeps names that contain this text, whatever its case.
    #[serde(default)]
    q: Option<String>,
    /// `name`, `size`, `owner` or `modified`; `-` before it reverses the order.
    #[serde(default)]
    sort: Option<String>,
    /// How many entries at most: 1 to 500, 100 unless given.
    #[serde(default, deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 500)]
    limit: Option<usize>,
    /// `next` of the page before.
    #[serde(default)]
    cursor: Option<String>,
}

/// A file. Every text is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = File)]
pub struct FileView {
    /// Its path, percent-encoded: give it back as it is.
    pub path: String,
    /// Its name for people; bytes that are no UTF-8 as `\xff`.
    pub name: String,
    /// `directory`, `file`, `link` or `special`.
    pub kind: &'static str,
    /// Where a link says to go, for people.
    pub target: Option<String>,
    /// Its size, bytes.
    pub size_bytes: u64,
    /// Its permission bits in octal digits.
    #[schema(example = "0640")]
    pub mode: String,
    /// Whose it is.
    pub owner: String,
    /// Which group's.
    pub group: String,
    /// When its content was changed.
    pub modified_at: Option<DateTime<Utc>>,
    /// By what it is known again: give it as `If-Match` or `seen`, and nothing is done to another file.
    pub etag: String,
}

/// A part of a directory.
#[derive(Debug, Serialize, ToSchema)]
pub struct Directory {
    /// The files, in the order that was asked for.
    pub items: Vec<FileView>,
    /// Give this as `cursor` to get what follows; null at the end. The server is asked anew each time.
    pub next: Option<String>,
    /// How many it holds that fit.
    pub total: u64,
    /// The server lists its first 10,000 names only, fewer where they are long: order and filter are of those.
    pub is_cut: bool,
    /// How many of what the server listed is left out here: it is no file of this directory, such as a name with a slash.
    pub left_out: usize,
    /// How we know.
    pub evidence: EvidenceView,
}

impl FileView {
    fn new(entry: Entry, directory: &FilePath) -> Option<Self> {
        let path = directory.join(&entry.name)?;
        Some(Self {
            path: path.to_url(),
            name: shown(&entry.name),
            kind: entry.kind.name(),
            target: (entry.kind == Kind::Link && !entry.target.is_empty()).then(|| shown(&entry.target)),
            size_bytes: entry.seen.size,
            mode: format!("{:04o}", entry.mode),
            owner: entry.owner,
            group: entry.group,
            modified_at: entry.seen.modified.at(),
            etag: entry.seen.to_string(),
        })
    }
}

/// What is in a directory, one page of it, sorted on the server.
#[utoipa::path(
    operation_id = "list_files",
    get, path = "/api/v1/servers/{server}/files", tag = "files",
    params(("server" = String, Path, description = "Its name"), DirectoryQuery),
    responses((status = 200, body = Directory)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<DirectoryQuery>,
) -> Result<Json<Directory>> {
    let query = query.0;
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let (path, acting) = place(&request, query.acts_as.as_deref())?;
    let limit = query.limit.unwrap_or(DEFAULT_LIMIT);
    if !(1..=MAXIMUM_LIMIT).contains(&limit) {
        return Err(Error::field("limit", "Give a number from 1 to 500"));
    }
    let sort = query.sort.unwrap_or_default();
    let order = match sort.trim_start_matches('-') {
        "" => Some(Order::Name),
        word => Order::from_name(word),
    };
    let order = order.ok_or_else(|| Error::field("sort", "Sort by name, size, owner or modified"))?;
    let from = match query.cursor.as_deref() {
        None | Some("") => 0,
        Some(cursor) => cursor.parse().map_err(|_none| Error::field("cursor", "This cursor is none of ours"))?,
    };
    let (falling, filter) = (sort.starts_with('-'), query.q.unwrap_or_default());
    let list = ListDirectory { order, falling, filter, from, ..ListDirectory::new(path.clone(), acting, limit) };
    let answer = ask(&request, &host, list).await?;
    let listing = answer.value;
    let end = from.saturating_add(listing.listed());
    let goes_on = listing.listed() == limit && (end as u64) < listing.total;
    Ok(Json(Directory {
        items: listing.entries.into_iter().filter_map(|entry| FileView::new(entry, &path)).collect(),
        next: goes_on.then(|| end.to_string()),
        total: listing.total,
        is_cut: listing.is_cut,
        left_out: listing.dropped,
        evidence: answer.evidence.into(),
    }))
}

/// The path of a request's query, in its bytes, and as whom.
fn place(request: &HttpRequest, acts_as: Option<&str>) -> Result<(FilePath, Acting)> {
    let path = value_of(request.query_string(), "path").and_then(|bytes| FilePath::new(&bytes));
    let path = path.ok_or_else(|| Error::field("path", NO_PATH))?;
    Ok((path, acting(acts_as)?))
}

/// The same where it is to be changed: the root is not.
fn place_to_change(request: &HttpRequest, acts_as: Option<&str>) -> Result<(FilePath, Acting)> {
    let (path, acting) = place(request, acts_as)?;
    Ok((but_root("path", path)?, acting))
}

fn but_root(field: &'static str, path: FilePath) -> Result<FilePath> {
    if path.is_root() { Err(Error::field(field, IS_ROOT)) } else { Ok(path) }
}

pub(super) fn acting(word: Option<&str>) -> Result<Acting> {
    Acting::from_word(word.unwrap_or("user")).ok_or_else(|| Error::field("as", NO_ACTING))
}

/// A path in a JSON body of what is to be changed, percent-encoded as in addresses.
fn body_path(field: &'static str, text: &str) -> Result<FilePath> {
    but_root(field, FilePath::from_url(text).ok_or_else(|| Error::field(field, NO_PATH))?)
}

/// What a caller says that it saw, with or without the quotes of a header.
fn seen(text: &str) -> Result<Seen> {
    let problem = |()| Error::BadRequest(Message::new("This etag is none of ours"));
    bare(text).parse().map_err(problem)
}

/// Done, and by what the file is known now. What was done stays done where the server does not tell that any more.
async fn done(host: &Host, (path, acting): (FilePath, Acting), mut answer: HttpResponseBuilder) -> HttpResponse {
    let now = host.read(DescribeFile { path, acting }).await;
    if let Some(etag) = now.ok().and_then(|now| etag(now.value.seen)) {
        answer.insert_header((ETAG, etag));
    }
    answer.finish()
}

fn etag(seen: Seen) -> Option<HeaderValue> {
    HeaderValue::from_str(&quoted(seen)).ok()
}
