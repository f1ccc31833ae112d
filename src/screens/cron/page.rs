//! The page about timetables, as its template needs it.

use askama::Template;

use super::super::about::About;
use super::super::region::Region;
use super::CronQuery;
use super::rows::{Next, View};
use crate::language::Message;
use crate::web::filters;

/// The page.
#[derive(Template)]
#[template(path = "screens/cron.html", blocks = ["cron"])]
pub(super) struct CronPage {
    pub(super) about: About,
    pub(super) query: CronQuery,
    pub(super) tables: Region<View>,
    /// Why the tables are not shown to this person.
    pub(super) refused: Option<Message>,
    /// Why this person changes none.
    pub(super) why_not: Option<Message>,
    /// Why this person runs none now.
    pub(super) why_not_run: Option<Message>,
}
