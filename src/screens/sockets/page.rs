//! The page of sockets.

use askama::Template;

use super::list::SocketTable;
use super::query::SocketQuery;
use crate::screens::about::About;
use crate::screens::region::Region;
use crate::web::filters;

/// The page.
#[derive(Template)]
#[template(path = "screens/sockets.html", blocks = ["sockets"])]
pub struct SocketsPage {
    /// The server.
    pub about: About,
    /// What was asked.
    pub query: SocketQuery,
    /// What was told.
    pub table: Region<SocketTable>,
    /// Whether the server is asked at all.
    pub answers: bool,
}

impl SocketsPage {
    /// States to choose from; the one that is chosen is always there.
    fn states(&self) -> Vec<&str> {
        let mut states: Vec<&str> = match &self.table {
            Region::Ready(table, _) => table.states.iter().map(String::as_str).collect(),
            Region::Failed(_) | Region::Waiting => Vec::new(),
        };
        if !self.query.state.is_empty() && !states.contains(&self.query.state.as_str()) {
            states.push(&self.query.state);
        }
        states
    }
}
