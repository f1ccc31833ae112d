//! The biggest directories of a filesystem, measured when somebody asks: begin, follow, stop, go deeper.

mod shown_first;

use actix_web::{HttpResponse, web};
use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::filesystems::Share;
use super::gather::{self, Stored};
use super::history::{HistoryPage, Plan};
use super::range::RangeQuery;
use super::region::EvidenceLine;
use crate::app::App;
use crate::commands::Acting;
use crate::commands::directories::{self, MeasureDirectories, Measured, Room};
use crate::error::{Error, FieldErrors, Result};
use crate::language::Message;
use crate::metrics::directories::{End, Known, Other};
use crate::models::actor::Role;
use crate::models::allowance::Allowance;
use crate::models::permission::Permission;
use crate::web::errors::Fail;
use crate::web::extract::{Form, SignedIn, ValidForm};
use crate::web::format;
use crate::web::render::Render;

pub use shown_first::ShownFirst;

/// Directories in the table.
const MOST: usize = 100;

/// The region.
#[derive(Debug, Clone)]
pub struct Directories {
    /// The path as people read it; the server's own text.
    pub path: String,
    /// The same as an address has it.
    pub encoded: String,
    /// The same inside an address.
    pub address: String,
    /// The directory above, as an address has it.
    pub above: Option<String>,
    /// It is measured as root, or asked for so.
    pub as_root: bool,
    /// Whoever asks may choose to be root.
    pub may_be_root: bool,
    /// Why whoever asks may not have it measured.
    pub refused: Option<Message>,
    /// What would be run; none where nobody knows yet which system it is.
    pub shown_first: Option<ShownFirst>,
    /// What is known; none where nobody has measured it.
    pub shown: Option<Shown>,
}

/// One measurement.
#[derive(Debug, Clone)]
pub struct Shown {
    /// It goes on.
    pub runs: bool,
    /// Since when.
    pub began: DateTime<Utc>,
    /// Biggest first.
    pub rows: Vec<Row>,
    /// How many more there are.
    pub more: usize,
    /// All of it.
    pub total: String,
    /// What is to be known about how complete it is.
    pub notes: Vec<Message>,
    /// The server did not do it.
    pub failed: Option<Box<Fail>>,
    /// How we know, once it ended well.
    pub evidence: Option<EvidenceLine>,
}

/// One directory. Its name is the server's own text.
#[derive(Debug, Clone)]
pub struct Row {
    /// Its name alone.
    pub name: String,
    /// Its path, as an address has it; none where the row is of the files directly in the directory.
    pub encoded: Option<String>,
    /// What it holds.
    pub size: String,
    /// Of the whole.
    pub share: Option<Share>,
}

impl Directories {
    /// The region for `path`, as an address has it; none where that is no path.
    pub async fn load(
        app: &App,
        stored: &Stored,
        person: &SignedIn,
        (path, acting): (&str, Acting),
    ) -> Result<Option<Self>> {
        let Some(command) = MeasureDirectories::from_url(path, acting) else { return Ok(None) };
        let role = stored.role_of(&person.actor);
        let refused = if stored.allows(&person.actor, Permission::ReadFiles) {
            let server = stored.server.clone();
            let allowed = app.db.run(move |connection| server.narrowest_allowance(connection)).await?.allow;
            let why = "hannun may not read files on this server, whoever asks. An administrator can change that";
            (allowed < Allowance::ReadFiles).then(|| Message::new(why))
        } else {
            Some(Message::new("Measuring directories takes the permission to read files."))
        };
        let shown_first = ShownFirst::of(app, stored, &command).await?;
        let known = app.measurements.of((stored.server.id, person.actor.kind), &command);
        let whole = command.path();
        let above = (whole != b"/").then(|| {
            let end = whole.iter().rposition(|byte| *byte == b'/').unwrap_or_default();
            directories::encode(whole.get(..end.max(1)).unwrap_or(whole))
        });
        Ok(Some(Self {
            path: String::from_utf8_lossy(whole).into_owned(),
            address: address(whole),
            encoded: directories::encode(whole),
            above,
            as_root: acting == Acting::Root,
            may_be_root: stored.allows(&person.actor, Permission::Root),
            refused,
            shown_first,
            shown: known.map(|known| Shown::of(known.known(), role)),
        }))
    }
}

impl Directories {
    /// How the query goes on where it is measured as root.
    pub fn role(&self) -> &'static str {
        if self.as_root { "&as=root" } else { "" }
    }

    /// Whether it is being measured.
    pub fn runs(&self) -> bool {
        self.shown.as_ref().is_some_and(|shown| shown.runs)
    }
}

impl Shown {
    fn of(known: Known, role: Role) -> Self {
        let Known { measured, line, began, end } = known;
        let took = end.as_ref().and_then(|(at, _)| (*at - began).to_std().ok());
        let done = matches!(end, Some((_, End::Done)));
        let evidence =
            took.filter(|_| done).map(|took| EvidenceLine { line, status: Some(0), took, at: began, every: None });
        let mut notes = Vec::new();
        let mut failed = None;
        match end.as_ref().map(|(_, end)| end) {
            None | Some(End::Done) => {}
            Some(End::Stopped) => {
                notes.push(Message::new("Stopped. These are the directories that were done by then."));
            }
            Some(End::TooLong) => {
                notes.push(Message::new("Given up after 10 minutes. Measure a directory further down."));
            }
            Some(End::TooMuch) => notes.push(Message::new("There are too many directories to list. Some are missing.")),
            Some(End::BrokenOff) => {
                notes.push(Message::new(
                    "It broke off on the server. These are the directories that were done by then.",
                ));
            }
            Some(End::Refused) => notes.push(Message::new("hannun did not ask the server. Try again.")),
            Some(End::Failed(error)) => failed = Some(Box::new(Fail::new(error, role))),
        }
        if let Some(unread @ 1..) = measured.unread {
            let why = "{n} directories could not be read (Permission denied, or gone meanwhile), so this is a part of the whole.";
            notes.push(Message::new(why).with("n", unread));
        }
        if measured.odd > 0 {
            let why = "{n} names could not be told apart, because there are line ends in them. They are left out.";
            notes.push(Message::new(why).with("n", measured.odd));
        }
        let total = measured.total_bytes;
        let mut rows = rows(measured);
        let more = rows.len().saturating_sub(MOST);
        rows.truncate(MOST);
        let total = total.map(format::bytes).unwrap_or_default();
        Self { runs: end.is_none(), began, rows, more, total, notes, failed, evidence }
    }
}

fn rows(measured: Measured) -> Vec<Row> {
    let total = measured.total_bytes;
    #[expect(clippy::cast_precision_loss, reason = "a percentage")]
    let share = |bytes: u64| {
        total.filter(|total| *total > 0).map(|total| Share::plain((bytes as f64 / total as f64 * 100.0).min(100.0)))
    };
    let name = |path: &[u8]| {
        String::from_utf8_lossy(path.rsplit(|byte| *byte == b'/').next().unwrap_or_default()).into_owned()
    };
    let row = |Room { bytes, path }| Row {
        name: path.as_deref().map(name).unwrap_or_default(),
        encoded: path.as_deref().map(directories::encode),
        size: format::bytes(bytes),
        share: share(bytes),
    };
    measured.biggest_first().into_iter().map(row).collect()
}

/// A path as the value of a query.
pub fn address(path: &[u8]) -> String {
    directories::encode(path).replace('%', "%25")
}

/// As whom, by the word in addresses and forms.
pub(super) fn acting(word: &str) -> Option<Acting> {
    [Acting::User, Acting::Root]
        .into_iter()
        .find(|acting| acting.word() == word || (word.is_empty() && *acting == Acting::User))
}

/// What to do with the measurement of a path.
#[derive(Debug, Deserialize)]
pub struct MeasurementForm {
    /// Encoded; without one, all of the server.
    #[serde(default = "root")]
    path: String,
    /// `root`, or the login user.
    #[serde(default, rename = "as")]
    acts_as: String,
    #[serde(default)]
    stop: String,
}

fn root() -> String {
    "/".to_owned()
}

/// The form, checked.
#[derive(Debug)]
pub struct Wish {
    command: MeasureDirectories,
    encoded: String,
    stop: bool,
}

impl Form for MeasurementForm {
    type Valid = Wish;

    fn check(&self) -> Result<Wish, FieldErrors> {
        let acting =
            acting(&self.acts_as).ok_or_else(|| FieldErrors::default().and("as", "This choice is not known"))?;
        let command = MeasureDirectories::from_url(&self.path, acting)
            .ok_or_else(|| FieldErrors::default().and("path", "Enter a path that begins with /"))?;
        let encoded = directories::encode(command.path());
        Ok(Wish { command, encoded, stop: !self.stop.is_empty() })
    }
}

/// Begins or stops measuring what is below a path.
///
/// `POST /servers/{server}/disks/measurements`
pub async fn create(
    person: SignedIn,
    server: web::Path<String>,
    form: ValidForm<MeasurementForm>,
    app: web::Data<App>,
    render: Render,
) -> Result<HttpResponse> {
    let stored = Stored::load(&app, person.actor.scope(), &server).await?;
    let host = app.hosts.of(person.actor.clone(), stored.server.clone());
    let Wish { command, encoded, stop } = form.0;
    let acting = command.whose();
    let role = if acting == Acting::Root { "&as=root" } else { "" };
    let address = format!("/servers/{}/disks?path={}{role}", stored.server.name, address(command.path()));
    if stop {
        app.measurements.stop((stored.server.id, person.actor.kind));
    } else {
        let runs_by = (app.hosts.pool().runtime(), app.clock.clone());
        app.measurements.begin(host, command, Other::Stops, runs_by).await?;
    }
    if !render.wants_fragment() {
        return render.go(&address);
    }
    let query = RangeQuery::default();
    let (about, numbers, reading) = gather::history(&app, &stored, &[], &query, &render.shell).await?;
    let mut page = HistoryPage::new(super::disks::SCREEN.label, about, Plan::default(), &numbers, &reading);
    page.about.here_path = format!("/servers/{}/disks", stored.server.name);
    page.csrf_token.clone_from(&render.shell.csrf_token);
    page.directories = Directories::load(&app, &stored, &person, (&encoded, acting)).await?;
    if page.directories.is_none() {
        return Err(Error::NotFound("The directory"));
    }
    render.page(&page.as_directories())
}
