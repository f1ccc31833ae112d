//! The page of services: its table, and the drawer of one.

use askama::Template;

use super::detail::{Detail, FileText, LastLines};
use super::list::ServiceTable;
use super::query::ServiceQuery;
use crate::commands::services::State;
use crate::language::Message;
use crate::screens::about::About;
use crate::screens::logs::query::LogQuery;
use crate::screens::region::Region;
use crate::web::filters;

/// One service beside the list.
#[derive(Debug)]
pub(super) struct Drawer {
    /// Its name, as it was asked for.
    pub(super) name: String,
    /// What was found; nothing where there is no such service.
    pub(super) found: Region<Option<Detail>>,
    /// Its files, where the reader may read files.
    pub(super) texts: Vec<FileText>,
    /// The last lines of its log, where it has one and the reader may read logs.
    pub(super) log: Option<LastLines>,
    /// What an action runs, in one line; none where the server has no command for it.
    pub(super) command: Option<String>,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/services.html", blocks = ["services", "drawer"])]
pub(super) struct ServicesPage {
    pub(super) about: About,
    pub(super) query: ServiceQuery,
    pub(super) table: Region<ServiceTable>,
    pub(super) drawer: Option<Drawer>,
    /// Whether the server is asked at all.
    pub(super) answers: bool,
    /// Why nothing may be done here.
    pub(super) why_no_action: Option<Message>,
}

impl Drawer {
    /// The query of its log.
    fn log_query(&self) -> String {
        LogQuery { unit: self.name.clone(), ..LogQuery::default() }.link(&[])
    }

    /// The command of an action, as a shell would be given it.
    fn command_of(&self, action: &str) -> String {
        let line = self.command.as_deref().unwrap_or_default();
        line.replace("\"$action\"", action).replace("\"$unit\"", &format!("'{}'", self.name))
    }
}
