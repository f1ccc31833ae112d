//! `/servers/{server}/logs`: what there is to read, a page of the journal, lines of a file.

pub mod stream;

use actix_web::HttpRequest;
use actix_web::web::{Data, Json, Path};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::evidence::{EvidenceView, ask};
use super::input::Parameters;
use crate::app::App;
use crate::commands::Acting;
use crate::commands::files::{FilePath, NO_ACTING};
use crate::commands::logs::files::LogLines;
use crate::commands::logs::sources::Seen;
use crate::commands::logs::{Cursor, Entry, JournalQuery, ListLogs, Needle, Priority, ReadJournal, SearchLog, Way};
use crate::commands::services::ServiceName;
use crate::error::{FieldErrors, Result};
use crate::web::extract::Asking;

/// Lines of one answer, unless `lines` says otherwise.
const LINES: u16 = 200;
/// The highest `lines`.
const MOST_LINES: u16 = 1000;

/// What is wanted of a log.
#[derive(Debug, Default, Clone, Deserialize, IntoParams)]
#[serde(default, deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct LogQuery {
    /// `journal`, or the path of a file.
    pub source: Option<String>,
    /// A text that the lines hold.
    pub q: Option<String>,
    /// `true` where `q` is a regular expression.
    #[serde(deserialize_with = "super::input::number")]
    pub pattern: Option<bool>,
    /// How many lines at most: 1 to 1000, 200 unless given. The last ones.
    #[serde(deserialize_with = "super::input::number")]
    #[param(minimum = 1, maximum = 1000)]
    pub lines: Option<u16>,
    /// A unit of the journal.
    pub unit: Option<String>,
    /// At least as bad as this: `emerg`, `alert`, `crit`, `err`, `warning`, `notice`, `info` or `debug`.
    pub priority: Option<String>,
    /// A boot of the journal, by its id.
    pub boot: Option<String>,
    /// Not before this moment.
    pub since: Option<DateTime<Utc>>,
    /// Not after this moment.
    pub until: Option<DateTime<Utc>>,
    /// Entries of the journal before this one: its `cursor`.
    pub before: Option<String>,
    /// Entries of the journal after this one.
    pub after: Option<String>,
    /// `true` where the file's older selves are searched as well.
    #[serde(deserialize_with = "super::input::number")]
    pub rotated: Option<bool>,
    /// `user` (the one who signs in) or `root`.
    #[serde(rename = "as")]
    pub acting: Option<String>,
}

/// What there is to read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogSources)]
pub struct SourcesView {
    /// How much of the journal is seen: `all`, `some` (the rest is for root) or `none` (there is none).
    pub journal: &'static str,
    /// The boots that it tells of, this one first.
    pub boots: Vec<BootView>,
    /// Files below `/var/log`.
    pub files: Vec<FileView>,
    /// How we know.
    pub evidence: EvidenceView,
}

/// A boot of which the journal tells.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LoggedBoot)]
pub struct BootView {
    /// 0 is this one, -1 the one before.
    pub number: i64,
    /// Its id.
    pub id: String,
}

/// A file of a log. Its path is the server's own: treat it as hostile.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogFile)]
pub struct FileView {
    /// Where it is.
    pub path: String,
    /// Its size, bytes.
    pub size_bytes: Option<u64>,
    /// When it was written last.
    pub written_at: Option<DateTime<Utc>>,
    /// Whether the user who signs in may read it.
    pub can_be_read: bool,
    /// It is an older self of another file.
    pub is_rotated: bool,
}

/// Lines of a log.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogPage)]
pub struct PageView {
    /// In their order.
    pub lines: Vec<LineView>,
    /// Only root, or who is in a group for it, sees all of the journal.
    pub is_partial: bool,
    /// The search was given up because it took too long: there may be more.
    pub is_cut: bool,
    /// What the file holds is no text.
    pub is_binary: bool,
    /// How we know.
    pub evidence: EvidenceView,
}

/// One line. Every text is written by anybody: treat it as hostile.
#[derive(Debug, Default, Serialize, ToSchema)]
#[schema(as = LogLine)]
pub struct LineView {
    /// When it was written; null where the log does not tell it apart.
    pub at: Option<DateTime<Utc>>,
    /// The file that it stands in; null for the journal.
    pub file: Option<String>,
    /// Its number in the file.
    pub number: Option<u64>,
    /// Its place in the journal.
    pub cursor: Option<String>,
    /// How bad it is, from 0 (emergency) to 7 (debug).
    pub priority: Option<u8>,
    /// Who wrote it.
    pub identifier: Option<String>,
    /// The process that wrote it.
    pub pid: Option<u32>,
    /// The unit that wrote it.
    pub unit: Option<String>,
    /// What it says; null where the server leaves it out because it is too long.
    pub text: Option<String>,
}

impl LogQuery {
    fn acting(&self, errors: &mut FieldErrors) -> Acting {
        let word = self.acting.as_deref().unwrap_or("user");
        Acting::from_word(word).unwrap_or_else(|| {
            errors.add("as", NO_ACTING);
            Acting::User
        })
    }

    fn needle(&self, errors: &mut FieldErrors) -> Needle {
        let text = self.q.as_deref().unwrap_or_default();
        Needle::read(text, self.pattern.unwrap_or(false)).unwrap_or_else(|| {
            errors.add("q", "A text to search for has one line and at most 512 bytes");
            Needle::default()
        })
    }

    fn count(&self, errors: &mut FieldErrors) -> usize {
        let lines = self.lines.unwrap_or(LINES);
        if !(1..=MOST_LINES).contains(&lines) {
            errors.add("lines", "Give a number from 1 to 1000");
        }
        usize::from(lines)
    }

    fn journal(&self) -> Result<ReadJournal> {
        let mut errors = FieldErrors::default();
        let mut cursor = |text: &Option<String>, field| {
            let found = text.as_deref().map(Cursor::read);
            if matches!(found, Some(None)) {
                errors.add(field, "This names no place in a journal");
            }
            found.flatten()
        };
        let (before, after) = (cursor(&self.before, "before"), cursor(&self.after, "after"));
        let unit = self.unit.as_deref().map(ServiceName::read);
        if matches!(unit, Some(None)) {
            errors.add("unit", "This cannot be the name of a unit");
        }
        let priority = self.priority.as_deref().map(Priority::from_name);
        if matches!(priority, Some(None)) {
            errors.add("priority", "This choice is not known");
        }
        let boot = self.boot.as_deref().map(JournalQuery::boot_id);
        if matches!(boot, Some(None)) {
            errors.add("boot", "This choice is not known");
        }
        let (acting, count, needle) = (self.acting(&mut errors), self.count(&mut errors), self.needle(&mut errors));
        let query = JournalQuery {
            unit: unit.flatten(),
            priority: priority.flatten(),
            boot: boot.flatten(),
            since: self.since.map(|at| at.timestamp()),
            until: self.until.map(|at| at.timestamp()),
            needle,
        };
        let way = match (before, after) {
            (Some(before), _) => Way::Before(before),
            (None, Some(after)) => Way::After(after),
            (None, None) => Way::End,
        };
        errors.or(ReadJournal { query, way, count, acting })
    }

    fn file(&self, path: &str) -> Result<SearchLog> {
        let mut errors = FieldErrors::default();
        let path = FilePath::new(path.as_bytes());
        if path.is_none() {
            errors.add("source", "A path begins with /");
        }
        let (acting, count, needle) = (self.acting(&mut errors), self.count(&mut errors), self.needle(&mut errors));
        errors.or(SearchLog {
            path: path.unwrap_or_else(FilePath::root),
            needle,
            with_rotated: self.rotated.unwrap_or(false),
            around: None,
            count,
            acting,
        })
    }
}

impl From<Entry> for LineView {
    fn from(entry: Entry) -> Self {
        let some = |text: String| Some(text).filter(|text| !text.is_empty());
        Self {
            at: Some(entry.at),
            cursor: Some(entry.cursor.as_str().to_owned()),
            priority: entry.priority,
            identifier: some(entry.identifier),
            pid: entry.pid,
            unit: some(entry.unit),
            text: entry.message,
            ..Self::default()
        }
    }
}

/// Of several files the last `most` lines of all.
fn lines_of(found: LogLines, most: usize) -> Vec<LineView> {
    let files = found.files.into_iter().flat_map(|file| {
        file.lines.into_iter().map(move |line| LineView {
            file: Some(file.path.clone()),
            number: Some(line.number),
            text: Some(line.text),
            ..LineView::default()
        })
    });
    let mut lines: Vec<LineView> = files.collect();
    let left = lines.len().saturating_sub(most);
    lines.drain(..left);
    lines
}

/// The last lines of the journal or of a file that fit. Role: operator.
#[utoipa::path(
    operation_id = "read_log",
    get, path = "/api/v1/servers/{server}/logs", tag = "logs",
    params(("server" = String, Path, description = "Its name"), LogQuery),
    responses((status = 200, body = PageView)),
)]
pub async fn index(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
    query: Parameters<LogQuery>,
) -> Result<Json<PageView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let query = query.0;
    Ok(Json(match query.source.as_deref() {
        None | Some("journal") => {
            let answer = ask(&request, &host, query.journal()?).await?;
            PageView {
                lines: answer.value.entries.into_iter().map(LineView::from).collect(),
                is_partial: answer.value.is_partial,
                is_cut: answer.value.is_cut,
                is_binary: false,
                evidence: answer.evidence.into(),
            }
        }
        Some(path) => {
            let search = query.file(path)?;
            let count = search.count;
            let answer = ask(&request, &host, search).await?;
            PageView {
                is_partial: false,
                is_cut: answer.value.is_cut,
                is_binary: answer.value.files.iter().any(|file| file.is_binary),
                lines: lines_of(answer.value, count),
                evidence: answer.evidence.into(),
            }
        }
    }))
}

/// What there is to read: the journal, its boots, files below `/var/log`.
#[utoipa::path(
    operation_id = "list_logs",
    get, path = "/api/v1/servers/{server}/logs/sources", tag = "logs",
    params(("server" = String, Path, description = "Its name")),
    responses((status = 200, body = SourcesView)),
)]
pub async fn sources(
    request: HttpRequest,
    app: Data<App>,
    asking: Asking,
    name: Path<String>,
) -> Result<Json<SourcesView>> {
    let host = app.hosts.open(asking.0, name.into_inner()).await?;
    let answer = ask(&request, &host, ListLogs).await?;
    let found = answer.value;
    let journal = match found.journal {
        Seen::All => "all",
        Seen::Some => "some",
        Seen::None => "none",
    };
    let files = found.files.into_iter().map(|file| FileView {
        is_rotated: file.is_rotated(),
        path: file.path,
        size_bytes: file.bytes,
        written_at: file.written,
        can_be_read: file.can_be_read,
    });
    let boots = found.boots.into_iter().map(|boot| BootView { number: boot.number, id: boot.id });
    Ok(Json(SourcesView { journal, boots: boots.collect(), files: files.collect(), evidence: answer.evidence.into() }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::logs::files::{LogLine, LogText};

    #[test]
    fn of_several_files_no_more_lines_are_told_than_were_asked_for() {
        let file = |path: &str, numbers: [u64; 2]| LogText {
            path: path.to_owned(),
            is_binary: false,
            lines: numbers.map(|number| LogLine { number, is_hit: true, text: String::new() }).to_vec(),
        };
        let found = LogLines { files: vec![file("x.1", [7, 8]), file("x", [1, 2])], is_cut: false };
        let lines = lines_of(found, 3);
        let told: Vec<_> = lines.iter().map(|line| (line.file.as_deref(), line.number)).collect();
        assert_eq!(told, [(Some("x.1"), Some(8)), (Some("x"), Some(1)), (Some("x"), Some(2))]);
    }
}
