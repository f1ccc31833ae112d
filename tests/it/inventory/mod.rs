//! Servers as text.

mod applying;
mod bad_input;
mod documentation;
mod files;
mod host_keys;
mod import;
mod round_trip;
mod scope;
mod secrets;
mod together;

use std::collections::BTreeMap;

use diesel::Connection as _;
use hannun::inventory::{self, Action, Applied, Done, Means, Plan, Planned, Problem, Prune, Request, Source};
use hannun::models::actor::{Actor, Scope};
use hannun::models::audit::{AuditEvent, AuditFilter};
use hannun::models::data_keys::DataKey;
use hannun::models::servers::Server;
use hannun::secret::seal::Sealer;

use crate::harness::database::TestDatabase;

/// A registry to apply files to.
pub(crate) struct Registry {
    pub(crate) database: TestDatabase,
    pub(crate) sealer: Sealer,
    pub(crate) actor: Actor,
    _folder: tempfile::TempDir,
}

impl Registry {
    pub(crate) fn new() -> Self {
        let (database, folder) = (TestDatabase::new(), tempfile::tempdir().unwrap());
        let sealer = DataKey::open_sealer(&mut database.connection(), &folder.path().join("secret.key")).unwrap();
        Self { database, sealer, actor: Actor::system("test"), _folder: folder }
    }

    fn means(&self) -> Means<'_> {
        Means { actor: &self.actor, sealer: &self.sealer, now: self.database.now() }
    }

    /// What applying would do.
    pub(crate) fn plan_of(&self, request: &Request) -> Planned {
        inventory::plan(&mut self.database.connection(), self.means(), request).unwrap()
    }

    /// The same, where nothing is wrong.
    #[track_caller]
    pub(crate) fn plan(&self, text: &str) -> Plan {
        match self.plan_of(&request(text)) {
            Planned::Ready(plan) => *plan,
            Planned::Rejected(problems) => panic!("{}", said(&problems)),
        }
    }

    /// What is wrong, a line each.
    #[track_caller]
    pub(crate) fn refusal(&self, text: &str) -> String {
        self.refusal_of(&request(text))
    }

    #[track_caller]
    pub(crate) fn refusal_of(&self, request: &Request) -> String {
        let before = self.everything();
        let refused = match self.apply_request(request, None) {
            Applied::Rejected(problems) => said(&problems),
            other => panic!("it was not refused: {other:?}"),
        };
        assert_eq!(self.everything(), before, "something was changed");
        refused
    }

    pub(crate) fn apply_request(&self, request: &Request, seen: Option<&str>) -> Applied {
        let mut connection = self.database.connection();
        connection.transaction(|connection| inventory::apply(connection, self.means(), request, seen)).unwrap()
    }

    /// Applies `servers.yml` with this text.
    #[track_caller]
    pub(crate) fn apply(&self, text: &str) -> Done {
        self.done(&request(text))
    }

    #[track_caller]
    pub(crate) fn done(&self, request: &Request) -> Done {
        match self.apply_request(request, None) {
            Applied::Done(done) => *done,
            Applied::Rejected(problems) => panic!("{}", said(&problems)),
            Applied::Otherwise(plan) => panic!("another plan: {plan:?}"),
        }
    }

    /// The server of a name.
    #[track_caller]
    pub(crate) fn server(&self, name: &str) -> Server {
        Server::by_name(&mut self.database.connection(), &Scope::All, name).unwrap()
    }

    /// The newest events in short, newest first: `change_server web-1`.
    pub(crate) fn audit(&self) -> Vec<String> {
        let events = self.events();
        events.iter().map(|event| format!("{} {}", event.action, event.target)).collect()
    }

    pub(crate) fn events(&self) -> Vec<AuditEvent> {
        AuditEvent::latest(&mut self.database.connection(), &AuditFilter::default(), 1_000).unwrap()
    }

    /// All that is known, as text, with the number of audit events and applied files.
    fn everything(&self) -> String {
        let extras = inventory::Extras { commands: true };
        let export = inventory::export(&mut self.database.connection(), &Actor::system("test"), extras).unwrap();
        let files = hannun::models::inventory_files::InventoryFile::all(&mut self.database.connection()).unwrap();
        format!("{export}{files:?}{}", self.events().len())
    }
}

/// `servers.yml` with this text.
pub(crate) fn request(text: &str) -> Request {
    Request { sources: vec![source("servers.yml", text)], ..Request::default() }
}

/// The same; what is not in it any more goes.
pub(crate) fn pruning(text: &str) -> Request {
    Request { prune: Prune::Everything, ..request(text) }
}

pub(crate) fn source(file: &str, text: &str) -> Source {
    Source { file: Some(file.to_owned()), called: String::new(), text: text.to_owned() }
}

/// A text that no file manages.
pub(crate) fn unnamed(text: &str) -> Request {
    let source = Source { file: None, called: "standard input".to_owned(), text: text.to_owned() };
    Request { sources: vec![source], ..Request::default() }
}

pub(crate) fn said(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}

/// What a plan would do: `add web-1`, `change web-2: port 22 → 2222`.
pub(crate) fn deeds(plan: &Plan) -> Vec<String> {
    let changes = plan.items.iter().filter(|item| item.action != Action::Unchanged);
    changes
        .map(|item| {
            let fields: BTreeMap<&str, String> = item
                .fields
                .iter()
                .filter(|_| item.action == Action::Change)
                .map(|field| {
                    let shown = match &field.shown {
                        inventory::Shown::Secret => "changed".to_owned(),
                        inventory::Shown::Values { before, after } => format!("{before} → {after}"),
                    };
                    (field.field, shown)
                })
                .collect();
            let fields = fields.iter().map(|(name, shown)| format!(": {name} {shown}")).collect::<Vec<_>>().concat();
            format!("{} {}{fields}", item.action.name(), item.name)
        })
        .collect()
}
