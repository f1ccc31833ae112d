//! Crontabs of servers: reading all of them, putting another text in the place of one, and keeping what stood there.

pub mod run;

use std::sync::Arc;

use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::clock::Clock;
use crate::commands::cron::runs::{CronLog, ListCronRuns};
use crate::commands::cron::{Crontab, Edit, Layout, ListCron, Place, ReplaceCrontab, Tab, Timetables, edit};
use crate::commands::{Acting, Change, Command, Read};
use crate::db::Db;
use crate::error::{Error, RemoteError, Result};
use crate::language::Message;
use crate::models::crontab_versions::{CrontabVersion, NewCrontabVersion};
use crate::models::ids::CrontabVersionId;
use crate::models::permission::Permission;
use crate::remote::host::{Answer, Host, OperableHost};
use crate::remote::new_token;
use crate::secret::seal::Sealer;

/// What crontabs are kept with.
#[derive(Clone)]
pub struct Crontabs {
    /// The database.
    pub db: Db,
    /// What stood in them is sealed.
    pub sealer: Arc<Sealer>,
    /// The time.
    pub clock: Clock,
}

/// A table as it would be, and as it was seen.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Which.
    pub place: Place,
    /// What is there; nothing where no table is.
    pub before: Vec<u8>,
    /// What would be there.
    pub after: Vec<u8>,
    /// What is done, in one line.
    pub what: String,
    exists: bool,
    layout: Layout,
}

/// All timetables of a server, as root where that is possible.
pub async fn read(host: &Host) -> Result<Answer<Timetables>> {
    host.read_seeing_most(|acting| ListCron { acting }).await
}

/// What cron ran lately by its log, as root where that is possible.
pub async fn runs(host: &Host) -> Result<Answer<CronLog>> {
    host.read_seeing_most(|acting| ListCronRuns { acting }).await
}

/// By what a table is known to be the one that was seen: the SHA-256 of all of it.
pub fn digest_of(tab: &Tab) -> String {
    hex::encode(Sha256::digest(tab.table.bytes()))
}

/// What `edit` would make of a table, if it is still the one of `seen`.
pub fn plan(tables: &Timetables, place: &Place, seen: &str, edit: &Edit) -> Result<Plan> {
    let tab = tab_of(tables, place)?;
    if digest_of(&tab) != seen {
        return Err(changed());
    }
    if tab.is_cut {
        return Err(Error::Conflict(Message::new("This table is too long to be changed here")));
    }
    if *place == Place::Anacron && !matches!(edit, Edit::Whole(_)) {
        return Err(Error::Conflict(Message::new("This table is changed as a whole only")));
    }
    let after = edit.of(&tab.table).map_err(|why| Error::field("line", why))?;
    if after.contains(&0) {
        return Err(Error::field("text", "A NUL byte cannot stand in a crontab"));
    }
    // `crontab` takes no table whose last line has no end.
    let after = if matches!(place, Place::User(_)) { edit::ended(after, &tab.table) } else { after };
    Ok(Plan {
        place: place.clone(),
        before: tab.table.bytes(),
        after,
        what: edit.told(),
        exists: tab.exists,
        layout: tab.table.layout,
    })
}

/// A table of a server; one of a user or below `/etc/cron.d` that is not there yet is empty.
pub fn tab_of(tables: &Timetables, place: &Place) -> Result<Tab> {
    if let Some(tab) = tables.tab(place) {
        return Ok(tab.clone());
    }
    let may_be_new = match place {
        Place::User(name) => tables.users.contains(name) && (tables.by_root || *name == tables.user),
        Place::File(_) => tables.by_root,
        Place::Anacron => false,
    };
    if !may_be_new {
        return Err(Error::NotFound("This crontab"));
    }
    let layout = Layout { has_user: place.has_user_column(), flavour: tables.daemon };
    let table = Crontab::read(b"", layout);
    Ok(Tab { place: place.clone(), table, exists: false, is_cut: false, ignored: None, mode: 0o600 })
}

/// Who may not read crontabs reads none of the past either.
async fn may_read(host: &Host) -> Result<()> {
    let looks = ListCron { acting: Acting::User };
    host.permits(Permission::ReadFiles, ListCron::TYPE.name(), &looks.target()).await
}

fn changed() -> Error {
    Error::Conflict(Message::new(
        "The table was changed since you looked at it. Nothing was done. Look again, then repeat",
    ))
}

impl Crontabs {
    /// Puts what was planned in its place, and keeps what stood there. As root where `by_root` saw it, else as the user who signs
    /// in, whose own table it must be.
    pub async fn save(&self, host: &OperableHost, plan: Plan, by_root: bool) -> Result<()> {
        let acting = match (&plan.place, by_root) {
            (_, true) => Acting::Root,
            (Place::User(_), false) => Acting::User,
            _ => {
                let (server, command) = (host.name().to_owned(), ReplaceCrontab::TYPE.label().to_owned());
                return Err(RemoteError::PrivilegeRefused { server, command, said: String::new() }.into());
            }
        };
        let command = ReplaceCrontab {
            seen: plan.exists.then(|| hex::encode(Sha256::digest(&plan.before))),
            mark: new_token()?,
            acting,
            what: plan.what.clone(),
            place: plan.place.clone(),
        };
        // Who may not make it leaves no version behind.
        let target = command.target();
        host.permits(Permission::WriteFiles, ReplaceCrontab::TYPE.name(), &target).await?;
        let kept = self.keep(host, &plan).await?;
        let text = match &plan.place {
            // Its header is written anew by `crontab`.
            Place::User(_) => Crontab::read(&plan.after, plan.layout).without_header(),
            _ => plan.after,
        };
        let mark = command.mark.clone();
        let outcome = async {
            let mut flow = host.feed(command).await?;
            flow.give(Bytes::from(text)).await?;
            flow.give(Bytes::from(mark)).await?;
            flow.finish().await
        };
        match outcome.await {
            Ok(_) => Ok(()),
            Err(error) => {
                // Where nobody knows whether it was replaced, what stood there is kept.
                let may_have_run = matches!(&error, Error::Remote(remote) if remote.may_have_run());
                if let (Some(version), false) = (kept, may_have_run) {
                    self.db.run(move |connection| Ok::<_, Error>(version.forget(connection)?)).await?;
                }
                Err(error)
            }
        }
    }

    async fn keep(&self, host: &OperableHost, plan: &Plan) -> Result<Option<CrontabVersion>> {
        if !plan.exists {
            return Ok(None);
        }
        let (server, place, content) = (host.server().id, plan.place.key(), plan.before.clone());
        let (what, by, now) = (plan.what.clone(), host.actor().name.clone(), self.clock.now());
        let sealer = Arc::clone(&self.sealer);
        let kept = self.db.run(move |connection| {
            let new = NewCrontabVersion {
                server_id: server,
                place: &place,
                content: &content,
                what: &what,
                replaced_by: &by,
                replaced_at: now,
            };
            new.insert(connection, &sealer)
        });
        kept.await.map(Some)
    }

    /// What stood in a table before, the newest first.
    pub async fn versions(&self, host: &Host, place: &Place) -> Result<Vec<CrontabVersion>> {
        may_read(host).await?;
        let (server, place) = (host.server().id, place.key());
        self.db.run(move |connection| Ok::<_, Error>(CrontabVersion::of_table(connection, server, &place)?)).await
    }

    /// One of them with its text.
    pub async fn version(&self, host: &Host, id: CrontabVersionId) -> Result<(CrontabVersion, Vec<u8>)> {
        may_read(host).await?;
        let (server, sealer) = (host.server().id, Arc::clone(&self.sealer));
        let found = self.db.run(move |connection| {
            let version = CrontabVersion::of(connection, server, id)?;
            let content = version.content(connection, &sealer)?;
            Ok::<_, Error>((version, content))
        });
        found.await
    }
}
