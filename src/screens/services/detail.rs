//! One service as its drawer shows it: facts, what it hangs together with, and the files that it is made of.

use futures_util::future::join_all;

use crate::commands::Acting;
use crate::commands::files::path::encoded;
use crate::commands::files::{FilePath, Part, ReadFile};
use crate::commands::logs::{JournalQuery, ReadJournal, Way};
use crate::commands::services::{Action, Kind, ServiceDetails, ServiceName};
use crate::language::Message;
use crate::remote::host::Host;
use crate::screens::logs::rows::clock;
use crate::web::format;

use super::list::at_boot;

/// Files of which the text is shown.
const MOST_FILES: usize = 6;
/// Lines of the log that are shown.
const LOG_LINES: usize = 20;
/// How much of each, bytes.
const MOST_TEXT: usize = 32 << 10;

/// One service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// What was read.
    pub found: ServiceDetails,
    /// What makes sense to be done.
    pub actions: Vec<Action>,
    /// Its memory as people read it.
    pub memory: String,
    /// Whether it starts with the server.
    pub at_boot: Message,
    /// Why it failed, in one line.
    pub failure: Option<Message>,
}

/// A file of a service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileText {
    /// Its path, for people.
    pub path: String,
    /// The query that opens it among the files.
    pub link: String,
    /// What it says; or why that is not shown.
    pub text: Result<String, Message>,
}

impl Detail {
    /// What was found.
    pub fn new(found: ServiceDetails) -> Self {
        let failure = match (found.result.as_str(), found.exit_status) {
            ("", _) => None,
            (result, Some(status)) => Some(
                Message::new("It ended badly: {result}, status {status}").with("result", result).with("status", status),
            ),
            (result, None) => Some(Message::new("It ended badly: {result}").with("result", result)),
        };
        Self {
            actions: Action::ALL.into_iter().filter(|action| action.is_for(&found)).collect(),
            memory: found.service.memory_bytes.map(format::bytes).unwrap_or_default(),
            at_boot: at_boot(&found.service),
            failure,
            found,
        }
    }

    /// Whether its name must be written before this is done.
    pub fn must_be_named(&self, action: &Action) -> bool {
        action.takes_away() && self.found.is_way_in()
    }

    /// Whether it is a timer.
    pub fn is_timer(&self) -> bool {
        self.found.service.kind == Kind::Timer
    }
}

/// The last lines of a service's log.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LastLines {
    /// As lines of logs say it.
    pub lines: Vec<String>,
    /// Only root sees all of it.
    pub is_partial: bool,
    /// Where following begins.
    pub last: Option<String>,
}

/// The last lines of a service's log; none where there is no journal, or where it cannot be read.
pub async fn log(host: &Host, name: &ServiceName, zone: chrono_tz::Tz) -> Option<LastLines> {
    let query = JournalQuery { unit: Some(name.clone()), ..JournalQuery::default() };
    let read = ReadJournal { query, way: Way::End, count: LOG_LINES, acting: Acting::User };
    let page = host.read(read).await.ok()?.value;
    let line = |entry: &crate::commands::logs::Entry| {
        format!("{}  {}  {}", clock(entry, zone), entry.who(), entry.message.as_deref().unwrap_or("…"))
    };
    Some(LastLines {
        lines: page.entries.iter().map(line).collect(),
        is_partial: page.is_partial,
        last: page.entries.last().map(|entry| entry.cursor.as_str().to_owned()),
    })
}

/// What stands in the files of a service, as far as the user who signed in may read them.
pub async fn files(host: &Host, detail: &Detail) -> Vec<FileText> {
    let paths = detail.found.files.iter().take(MOST_FILES);
    let files = paths.filter_map(|path| Some((path.clone(), FilePath::new(path.as_bytes())?)));
    join_all(files.map(|(path, file)| text(host, path, file))).await
}

async fn text(host: &Host, path: String, file: FilePath) -> FileText {
    let parent = file.parent().unwrap_or_else(FilePath::root);
    let link = format!("?path={}&open={}", parent.to_url(), encoded(file.name()));
    let read = ReadFile { path: file, part: Part::Head, acting: Acting::User };
    let text = match host.read(read).await {
        Ok(answer) => {
            let bytes = answer.value.bytes;
            Ok(String::from_utf8_lossy(bytes.get(..MOST_TEXT).unwrap_or(&bytes)).into_owned())
        }
        Err(error) => Err(error.message()),
    };
    FileText { path, link, text }
}
