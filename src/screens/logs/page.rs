//! The page of logs: what there is to read, the filters, the lines.

use askama::Template;
use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};

use super::query::LogQuery;
use super::rows::Shown;
use crate::commands::logs::LogSources;
use crate::commands::logs::Priority;
use crate::commands::logs::sources::Seen;
use crate::error::FieldErrors;
use crate::screens::about::About;
use crate::screens::files::told;
use crate::web::errors::Fail;
use crate::web::filters;
use crate::web::format;

/// The page.
#[derive(Template)]
#[template(path = "screens/logs.html", blocks = ["log"])]
pub(super) struct LogsPage {
    pub(super) about: About,
    pub(super) query: LogQuery,
    pub(super) sources: Source,
    /// What was read; nothing while that takes longer than a page waits, or where nothing could be asked.
    pub(super) shown: Option<told::Told<Shown>>,
    /// What of the filter makes no sense.
    pub(super) problems: FieldErrors,
    pub(super) may_be_root: bool,
    /// Whether the server is asked at all.
    pub(super) answers: bool,
    pub(super) since: String,
    pub(super) until: String,
    /// The span that was asked for.
    pub(super) span: Option<(DateTime<Utc>, DateTime<Utc>)>,
}

/// What there is to read, as the toolbar offers it.
#[derive(Debug, Clone, Default)]
pub(super) struct Source {
    pub(super) has_journal: bool,
    /// The id of each boot of the journal, with its number.
    pub(super) boots: Vec<(String, i64)>,
    /// Files with what is said of each.
    pub(super) files: Vec<(String, String)>,
}

impl Source {
    /// What was found; the file that is open is always there.
    pub(super) fn all(found: LogSources, query: &LogQuery) -> Self {
        let mut files: Vec<(String, String)> = found
            .files
            .iter()
            .filter(|file| !file.is_rotated() || file.path == query.path)
            .map(|file| (file.path.clone(), file.bytes.map(format::bytes).unwrap_or_default()))
            .collect();
        if !query.path.is_empty() && !files.iter().any(|(path, _)| *path == query.path) {
            files.insert(0, (query.path.clone(), String::new()));
        }
        Self {
            has_journal: found.journal != Seen::None || query.is_journal(),
            boots: found.boots.into_iter().map(|boot| (boot.id, boot.number)).collect(),
            files,
        }
    }
}

impl LogsPage {
    /// Whether a command ran and could not do it: a server that is away is away for root too.
    fn root_may_help(&self, fail: &Fail) -> bool {
        self.may_be_root && !self.query.is_root() && fail.command.is_some()
    }

    /// The same from its end.
    fn plain(&self) -> String {
        self.query.link(&[])
    }

    /// The same with everything in it.
    fn unsearched(&self) -> String {
        self.query.link(&[("q", ""), ("pattern", "")])
    }

    /// The same as root.
    fn as_root(&self) -> String {
        self.query.link(&[("as", "root")])
    }

    /// The same, following; or not.
    fn toggled(&self) -> String {
        self.query.link(&[("follow", if self.query.follows() { "" } else { "1" })])
    }

    /// The address that its region is asked for at.
    fn here(&self) -> String {
        let place = [
            ("before", self.query.before.as_str()),
            ("after", self.query.after.as_str()),
            ("around", self.query.around.as_str()),
            ("line", self.query.line.as_str()),
            ("follow", self.query.follow.as_str()),
        ];
        self.query.link(&place)
    }

    /// Where its lines come from as they are written, if it can be followed.
    fn stream(&self) -> String {
        if self.query.is_journal() {
            return format!("{}/logs/stream?{}", self.about.path, self.query.link(&[]));
        }
        let path = crate::commands::files::path::encoded(self.query.path.as_bytes());
        let role = if self.query.is_root() { "&as=root" } else { "" };
        format!("{}/files/follow?path={path}{role}", self.about.path)
    }

    /// The charts of the span that is looked at, with some time around it.
    fn charts(&self) -> Option<String> {
        let (from, to) = self.span?;
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        let room = TimeDelta::minutes(5);
        Some(format!("{}/cpu?from={}&to={}", self.about.path, text(from - room), text(to + room)))
    }

    /// Whether something narrows the lines.
    fn narrows(&self) -> bool {
        let query = &self.query;
        [&query.unit, &query.priority, &query.boot, &query.since, &query.until, &query.q]
            .iter()
            .any(|text| !text.trim().is_empty())
    }
}
