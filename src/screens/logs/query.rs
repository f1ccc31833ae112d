//! What the toolbar of the logs says, and the links that lead on from there. Pure.

use chrono::{DateTime, NaiveDateTime, SecondsFormat, TimeZone, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use crate::commands::Acting;
use crate::commands::files::{FilePath, NO_ACTING};
use crate::commands::logs::{Cursor, FollowJournal, JournalQuery, Needle, Priority, ReadJournal, SearchLog, Way};
use crate::commands::services::ServiceName;
use crate::error::{FieldErrors, Result};
use crate::logs::Wanted;

/// Lines of one page.
pub const PAGE: usize = 300;
/// Entries on each side of one that is looked at.
const BESIDE: usize = 50;

/// The query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LogQuery {
    /// A file; the journal where it is empty.
    pub path: String,
    /// A unit of the journal.
    pub unit: String,
    /// At least as bad as this.
    pub priority: String,
    /// A boot, by its id.
    pub boot: String,
    /// Not before this, as a person wrote it.
    pub since: String,
    /// Not after this.
    pub until: String,
    /// What the lines hold.
    pub q: String,
    /// `1` where that is a regular expression.
    pub pattern: String,
    /// `1` where the file's older selves are searched as well.
    pub rotated: String,
    /// `root`, or the user who signed in.
    #[serde(rename = "as")]
    pub acting: String,
    /// Entries before this one.
    pub before: String,
    /// Entries after this one.
    pub after: String,
    /// Entries around this one.
    pub around: String,
    /// Lines around this one.
    pub line: String,
    /// `1` where new lines come by themselves.
    pub follow: String,
}

impl LogQuery {
    /// Whether it is about the journal.
    pub fn is_journal(&self) -> bool {
        self.path.is_empty()
    }

    /// Whether new lines come by themselves.
    pub fn follows(&self) -> bool {
        self.follow == "1"
    }

    /// Whether one entry or line is looked at with what stands around it.
    pub fn is_around(&self) -> bool {
        !self.around.is_empty() || !self.line.is_empty()
    }

    /// Whether it is read as root.
    pub fn is_root(&self) -> bool {
        self.acting == Acting::Root.word()
    }

    /// What is asked of the server, for somebody in this time zone.
    pub fn wanted(&self, zone: Tz, count: usize) -> Result<Wanted, FieldErrors> {
        let mut errors = FieldErrors::default();
        let acting = self.acting(&mut errors);
        let needle = self.needle(&mut errors);
        if self.is_journal() {
            let way = self.way(&mut errors);
            let query = JournalQuery { needle, ..self.journal(zone, &mut errors) };
            let count = if matches!(way, Way::Around(_)) { BESIDE } else { count };
            // What stands around something is all of it.
            let query = if matches!(way, Way::Around(_)) {
                JournalQuery { unit: query.unit, ..JournalQuery::default() }
            } else {
                query
            };
            return checked(errors, Wanted::Journal(ReadJournal { query, way, count, acting }));
        }
        let path = FilePath::new(self.path.as_bytes());
        if path.is_none() {
            errors.add("path", "A path begins with /");
        }
        let around = self.line.parse::<u64>().ok().filter(|line| *line > 0);
        let search = SearchLog {
            path: path.unwrap_or_else(FilePath::root),
            needle,
            with_rotated: self.rotated == "1" && around.is_none(),
            around,
            count,
            acting,
        };
        checked(errors, Wanted::File(search))
    }

    /// The same, as it comes from now on, or after an entry that was seen.
    pub fn following(&self, zone: Tz, after: &str) -> Result<FollowJournal, FieldErrors> {
        let mut errors = FieldErrors::default();
        let acting = self.acting(&mut errors);
        let needle = self.needle(&mut errors);
        let query = JournalQuery { needle, ..self.journal(zone, &mut errors) };
        let after = cursor(after, "after", &mut errors);
        checked(errors, FollowJournal { query, after, acting })
    }

    fn acting(&self, errors: &mut FieldErrors) -> Acting {
        let word = if self.acting.is_empty() { Acting::User.word() } else { &self.acting };
        Acting::from_word(word).unwrap_or_else(|| {
            errors.add("as", NO_ACTING);
            Acting::User
        })
    }

    fn needle(&self, errors: &mut FieldErrors) -> Needle {
        Needle::read(self.q.trim(), self.pattern == "1").unwrap_or_else(|| {
            errors.add("q", "A text to search for has one line and at most 512 bytes");
            Needle::default()
        })
    }

    fn way(&self, errors: &mut FieldErrors) -> Way {
        if let Some(cursor) = cursor(&self.around, "around", errors) {
            return Way::Around(cursor);
        }
        if let Some(cursor) = cursor(&self.before, "before", errors) {
            return Way::Before(cursor);
        }
        cursor(&self.after, "after", errors).map_or(Way::End, Way::After)
    }

    fn journal(&self, zone: Tz, errors: &mut FieldErrors) -> JournalQuery {
        let unit = self.unit.trim();
        let name = ServiceName::read(unit);
        if name.is_none() && !unit.is_empty() {
            errors.add("unit", "This cannot be the name of a unit");
        }
        let boot = JournalQuery::boot_id(&self.boot);
        if boot.is_none() && !self.boot.is_empty() {
            errors.add("boot", "This choice is not known");
        }
        let mut time = |text: &str, field| {
            let found = moment(text, zone);
            if found.is_none() && !text.trim().is_empty() {
                errors.add(field, "Give a time like 2026-11-29T12:30");
            }
            found.map(|at| at.timestamp())
        };
        let (since, until) = (time(&self.since, "since"), time(&self.until, "until"));
        let priority = Priority::from_name(&self.priority);
        JournalQuery { unit: name, priority, boot, since, until, needle: Needle::default() }
    }

    /// When its span begins and ends, where both are said: for the charts of that time.
    pub fn span(&self, zone: Tz) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        Some((moment(&self.since, zone)?, moment(&self.until, zone)?))
    }

    /// The query string with other values, without a place in the log: `[("before", cursor)]`.
    pub fn link(&self, other: &[(&str, &str)]) -> String {
        let own = [
            ("path", &*self.path),
            ("unit", self.unit.trim()),
            ("priority", &*self.priority),
            ("boot", &*self.boot),
            ("since", &*self.since),
            ("until", &*self.until),
            ("q", self.q.trim()),
            ("pattern", &*self.pattern),
            ("rotated", &*self.rotated),
            ("as", &*self.acting),
        ];
        let own = own.into_iter().filter(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
        let pairs = own.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default()
    }
}

/// A time as a field of a form has it, in the reader's zone; or with a zone of its own, as links have it.
pub fn moment(text: &str, zone: Tz) -> Option<DateTime<Utc>> {
    let text = text.trim();
    if let Ok(at) = DateTime::parse_from_rfc3339(text) {
        return Some(at.to_utc());
    }
    let forms = ["%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S"];
    let local = forms.iter().find_map(|form| NaiveDateTime::parse_from_str(text, form).ok())?;
    zone.from_local_datetime(&local).earliest().map(|at| at.to_utc())
}

/// The same for a field of a form.
pub fn for_field(text: &str, zone: Tz) -> String {
    match moment(text, zone) {
        Some(at) => at.with_timezone(&zone).format("%Y-%m-%dT%H:%M:%S").to_string(),
        None => text.trim().to_owned(),
    }
}

/// The query of the log between two moments.
pub fn between(from: &DateTime<Utc>, to: &DateTime<Utc>) -> String {
    let text = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
    format!("since={}&until={}", text(from), text(to))
}

/// The query of the log from half a minute before a moment to half a minute after it.
pub fn minute(at: &DateTime<Utc>) -> String {
    let half = chrono::TimeDelta::seconds(30);
    between(&(*at - half), &(*at + half))
}

fn checked<T>(errors: FieldErrors, value: T) -> Result<T, FieldErrors> {
    if errors.is_empty() { Ok(value) } else { Err(errors) }
}

fn cursor(text: &str, field: &'static str, errors: &mut FieldErrors) -> Option<Cursor> {
    let found = Cursor::read(text);
    if found.is_none() && !text.is_empty() {
        errors.add(field, "This names no place in a journal");
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(query: &LogQuery) -> ReadJournal {
        match query.wanted(Tz::Asia__Seoul, PAGE) {
            Ok(Wanted::Journal(read)) => read,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_time_is_the_reader_s_unless_it_names_its_zone() {
        let at = |text: &str| moment(text, Tz::Asia__Seoul).map(|at| at.to_rfc3339());
        assert_eq!(at("2026-11-29T12:30").as_deref(), Some("2026-11-29T03:30:00+00:00"));
        assert_eq!(at("2026-11-29T12:30:05Z").as_deref(), Some("2026-11-29T12:30:05+00:00"));
        assert_eq!(at("yesterday"), None);
        assert_eq!(for_field("2026-11-29T03:30:00Z", Tz::Asia__Seoul), "2026-11-29T12:30:00");
    }

    #[test]
    fn what_is_wrong_is_said_of_its_field() {
        let query = LogQuery {
            unit: "a b".into(),
            since: "soon".into(),
            boot: "x".into(),
            before: "$(id)".into(),
            acting: "me".into(),
            ..LogQuery::default()
        };
        let problems = query.wanted(Tz::UTC, PAGE).unwrap_err();
        for field in ["unit", "since", "boot", "before", "as"] {
            assert!(problems.of(field).is_some(), "{field}");
        }
    }

    #[test]
    fn a_text_that_cannot_be_searched_for_is_not_followed_without_it() {
        let query = LogQuery { q: "a\nb".into(), ..LogQuery::default() };
        assert!(query.wanted(Tz::UTC, PAGE).unwrap_err().of("q").is_some());
        assert!(query.following(Tz::UTC, "").unwrap_err().of("q").is_some());
    }

    #[test]
    fn a_moment_of_a_chart_leads_to_its_minute() {
        let at = "2026-11-29T12:30:05Z".parse().unwrap();
        assert_eq!(minute(&at), "since=2026-11-29T12:29:35Z&until=2026-11-29T12:30:35Z");
    }

    #[test]
    fn what_stands_around_an_entry_is_all_of_it() {
        let query = LogQuery {
            q: "needle".into(),
            priority: "err".into(),
            unit: "ssh.service".into(),
            around: "s=a;i=1".into(),
            ..LogQuery::default()
        };
        let read = journal(&query);
        assert!(read.query.needle.text.is_empty() && read.query.priority.is_none() && read.query.unit.is_some());
    }
}
