//! The page of processes: its table, and the drawer of one process.

use askama::Template;

use super::detail::{Detail, May};
use super::list::ProcessTable;
use super::query::{ProcessQuery, State};
use crate::commands::Signal;
use crate::screens::about::About;
use crate::screens::region::Region;
use crate::web::filters;

/// One process beside the list.
#[derive(Debug)]
pub struct Drawer {
    /// Its number.
    pub pid: u32,
    /// What was found; nothing where it has ended.
    pub found: Region<Option<Detail>>,
    /// What the reader may do with it.
    pub may: May,
}

/// The page.
#[derive(Template)]
#[template(path = "screens/processes.html", blocks = ["processes", "more", "drawer"])]
pub struct ProcessesPage {
    /// The server.
    pub about: About,
    /// What was asked.
    pub query: ProcessQuery,
    /// What runs.
    pub table: Region<ProcessTable>,
    /// The open process.
    pub drawer: Option<Drawer>,
    /// Whether the server is asked at all.
    pub answers: bool,
}

impl ProcessesPage {
    /// The page without an open process.
    pub fn new(about: About, query: ProcessQuery, table: Region<ProcessTable>, answers: bool) -> Self {
        Self { about, query, table, drawer: None, answers }
    }

    /// When the list asks again: at once, where the next reading tells more or the first is still to come.
    fn triggers(&self) -> &'static str {
        let soon = match &self.table {
            Region::Ready(table, _) => table.is_first,
            Region::Failed(_) => false,
            Region::Waiting => true,
        };
        match (soon, self.query.is_paused()) {
            (true, true) => "load, processes from:body, refresh",
            (false, true) => "processes from:body, refresh",
            (true, false) => "load, every 5s, processes from:body, missed from:body, refresh",
            (false, false) => "every 5s, processes from:body, missed from:body, refresh",
        }
    }

    /// The user that the list is narrowed to has no process now.
    fn user_is_away(&self) -> bool {
        !self.query.user.is_empty() && !self.users().iter().any(|(user, _)| *user == self.query.user)
    }

    fn users(&self) -> &[(String, usize)] {
        match &self.table {
            Region::Ready(table, _) => &table.users,
            Region::Failed(_) | Region::Waiting => &[],
        }
    }
}
