//! The journal: a page of it, filtered and searched on the server, and what is added to it from one entry on.
//!
//! A page is `@journal`, entries behind `@newest-first` and `@oldest-first`, and what is to be said of it: `@hidden` where only
//! root sees all, `@cut` where the search was given up because it took too long.

use std::time::Duration;

use super::Needle;
use super::entries::{Cursor, Entry, entry};
use crate::commands::script::{Parameters, Value};
use crate::commands::services::ServiceName;
use crate::commands::text;
use crate::commands::{Acting, Command, CommandType, ParseError, Read};

pub(in crate::commands) const FORMATS: &[&str] = &["journal-json"];
pub(in crate::commands) const FOLLOW_FORMATS: &[&str] = &["journal-lines"];

/// How bad an entry is at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// The system cannot be used.
    Emergency,
    /// Somebody must act at once.
    Alert,
    /// Critical.
    Critical,
    /// An error.
    Error,
    /// A warning.
    Warning,
    /// Something usual that is worth a look.
    Notice,
    /// What happens.
    Info,
    /// For those who look for faults.
    Debug,
}

impl Priority {
    /// All of them, the worst first.
    pub const ALL: [Self; 8] = [
        Self::Emergency,
        Self::Alert,
        Self::Critical,
        Self::Error,
        Self::Warning,
        Self::Notice,
        Self::Info,
        Self::Debug,
    ];

    /// The word that `journalctl -p` takes, and URLs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Emergency => "emerg",
            Self::Alert => "alert",
            Self::Critical => "crit",
            Self::Error => "err",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }

    /// What such a word says.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.name() == name)
    }

    /// The priority of a number.
    pub fn of(level: u8) -> Option<Self> {
        Self::ALL.get(usize::from(level)).copied()
    }

    /// The English words for people; pages translate them.
    pub fn label(self) -> &'static str {
        match self {
            Self::Emergency => "emergency",
            Self::Alert => "alert",
            Self::Critical => "critical",
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Notice => "notice",
            Self::Info => "info",
            Self::Debug => "debug",
        }
    }
}

/// Which entries are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct JournalQuery {
    /// Of this unit alone.
    pub unit: Option<ServiceName>,
    /// At least as bad as this.
    pub priority: Option<Priority>,
    /// Of this boot alone: its id.
    pub boot: Option<String>,
    /// Not before this, seconds since 1970.
    pub since: Option<i64>,
    /// Not after this.
    pub until: Option<i64>,
    /// Messages that hold this.
    pub needle: Needle,
}

fn words(text: &str) -> Value {
    Value::Text(text.as_bytes().to_vec())
}

impl JournalQuery {
    /// The id of a boot, if that is one: 32 digits.
    pub fn boot_id(text: &str) -> Option<String> {
        let is_id = text.len() == 32 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_id.then(|| text.to_owned())
    }

    fn parameters(&self) -> Parameters {
        Parameters::default()
            .with("unit", words(self.unit.as_ref().map(ServiceName::as_str).unwrap_or_default()))
            .with("priority", Value::OneOf(self.priority.map(Priority::name).unwrap_or_default()))
            .with("pattern", words(&self.pattern()))
    }

    /// Which time it is about: nothing for what is yet to come.
    fn span(&self, parameters: Parameters) -> Parameters {
        let moment = |at: Option<i64>| words(&at.map(|at| format!("@{at}")).unwrap_or_default());
        parameters
            .with("boot", words(self.boot.as_deref().unwrap_or_default()))
            .with("since", moment(self.since))
            .with("until", moment(self.until))
    }

    /// What is searched for as a regular expression: a text is one in which nothing means anything.
    fn pattern(&self) -> String {
        if self.needle.is_pattern {
            return self.needle.text.clone();
        }
        let is_plain = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '_') || !c.is_ascii();
        self.needle.text.chars().flat_map(|c| if is_plain(c) { vec![c] } else { vec!['\\', c] }).collect()
    }
}

/// From where a page goes which way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Way {
    /// The last ones.
    #[default]
    End,
    /// The last ones from their beginning, however long that takes: for a text to take away.
    Whole,
    /// Those before an entry.
    Before(Cursor),
    /// Those after an entry.
    After(Cursor),
    /// Those around an entry, with it.
    Around(Cursor),
}

/// Reads a page of the journal.
#[derive(Debug, Clone)]
pub struct ReadJournal {
    /// Which entries.
    pub query: JournalQuery,
    /// From where.
    pub way: Way,
    /// How many at most; around an entry, on each side.
    pub count: usize,
    /// As whom.
    pub acting: Acting,
}

/// A page of the journal.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JournalPage {
    /// In their order.
    pub entries: Vec<Entry>,
    /// Only root, or who is in a group for it, sees all.
    pub is_partial: bool,
    /// The search was given up: there may be more.
    pub is_cut: bool,
}

impl Command for ReadJournal {
    const TYPE: CommandType = CommandType::ReadJournal;
    // A search of all of it may find nothing for as long as its script lets it.
    const SILENCE: Option<Duration> = Some(Duration::from_mins(11));
    type Output = JournalPage;

    fn parameters(&self) -> Parameters {
        let (way, cursor) = match &self.way {
            Way::End => ("end", ""),
            Way::Whole => ("whole", ""),
            Way::Before(cursor) => ("before", cursor.as_str()),
            Way::After(cursor) => ("after", cursor.as_str()),
            Way::Around(cursor) => ("around", cursor.as_str()),
        };
        let count = i64::try_from(self.count).unwrap_or(i64::MAX);
        self.query
            .span(self.query.parameters())
            .with("way", Value::OneOf(way))
            .with("cursor", words(cursor))
            .with("count", Value::Integer(count))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<JournalPage, ParseError> {
        page(format, output)
    }
}

impl Read for ReadJournal {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        match &self.query.unit {
            Some(unit) => format!("journal of {unit}"),
            None => "journal".to_owned(),
        }
    }
}

pub(in crate::commands) fn page(format: &str, output: &[u8]) -> Result<JournalPage, ParseError> {
    if format != "journal-json" {
        return Err(ParseError::unknown_format(format));
    }
    let mut page = JournalPage::default();
    let (mut begun, mut falling, mut rising) = (false, Vec::new(), Vec::new());
    let mut newest_first = false;
    for (number, line) in text::lines(output) {
        match line {
            b"@journal" => begun = true,
            _ if !begun => return Err(ParseError::at(number, "this does not begin like a page of the journal", line)),
            b"@hidden" => page.is_partial = true,
            b"@cut" => page.is_cut = true,
            b"@newest-first" => newest_first = true,
            b"@oldest-first" => newest_first = false,
            line if newest_first => falling.push(entry(number, line)?),
            line => rising.push(entry(number, line)?),
        }
    }
    if !begun {
        return Err(ParseError::new("this is no page of the journal", output));
    }
    falling.reverse();
    page.entries = falling;
    page.entries.extend(rising);
    Ok(page)
}

/// What is added to the journal after an entry, or from now on: a line each, as it comes.
#[derive(Debug, Clone)]
pub struct FollowJournal {
    /// Which entries.
    pub query: JournalQuery,
    /// After this one; the last ten and what follows where it is none.
    pub after: Option<Cursor>,
    /// As whom.
    pub acting: Acting,
}

impl Command for FollowJournal {
    const TYPE: CommandType = CommandType::FollowJournal;
    // A unit may be quiet for days.
    const SILENCE: Option<Duration> = None;
    type Output = ();

    fn parameters(&self) -> Parameters {
        let cursor = self.after.as_ref().map(Cursor::as_str).unwrap_or_default();
        self.query.parameters().with("cursor", words(cursor))
    }

    fn acting(&self) -> Option<Acting> {
        Some(self.acting)
    }

    fn parse(&self, format: &str, output: &[u8]) -> Result<(), ParseError> {
        nothing_left(format, output)
    }
}

impl Read for FollowJournal {
    const READS_FILES: bool = true;

    fn target(&self) -> String {
        match &self.query.unit {
            Some(unit) => format!("journal of {unit}, following"),
            None => "journal, following".to_owned(),
        }
    }
}

/// Reads what is left when nobody follows any more.
pub(in crate::commands) fn nothing_left(format: &str, output: &[u8]) -> Result<(), ParseError> {
    match format {
        "journal-lines" if output.is_empty() => Ok(()),
        "journal-lines" => Err(ParseError::new("nothing more was expected", output)),
        other => Err(ParseError::unknown_format(other)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_searched_for_as_it_stands() {
        let pattern = |text: &str, is_pattern| {
            JournalQuery { needle: Needle::read(text, is_pattern).unwrap(), ..JournalQuery::default() }.pattern()
        };
        assert_eq!(pattern("a.b (c) 한글_1", false), "a\\.b \\(c\\) 한글_1");
        assert_eq!(pattern("a.*b", true), "a.*b");
        assert_eq!(Needle::read("a\nb", false), None);
    }

    #[test]
    fn a_page_says_what_is_missing_and_stands_in_its_order() {
        let line = |at: u64| format!(r#"{{"__CURSOR":"s=a;i={at}","__REALTIME_TIMESTAMP":"{at}","MESSAGE":"m{at}"}}"#);
        let answer =
            format!("@journal\n@hidden\n@newest-first\n{}\n{}\n@oldest-first\n{}\n@cut\n", line(2), line(1), line(3));
        let page = page("journal-json", answer.as_bytes()).unwrap();
        assert!(page.is_partial && page.is_cut);
        let told: Vec<_> = page.entries.iter().filter_map(|entry| entry.message.as_deref()).collect();
        assert_eq!(told, ["m1", "m2", "m3"]);
    }

    #[test]
    fn sec_x03_what_is_no_page_is_refused() {
        for answer in ["", "hello\n", "@hidden\n", "@journal\nhello\n"] {
            assert!(page("journal-json", answer.as_bytes()).is_err(), "{answer}");
        }
    }
}
