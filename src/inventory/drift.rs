//! What is another than in the file that manages it, as that file was applied last.

use super::plan::{Action, Item, Means, Planned, plan};
use super::problem::Problem;
use super::request::{Request, Source};
use crate::db::Connection;
use crate::error::Result;
use crate::models::inventory_files::InventoryFile;

/// One file, and what differs from it.
#[derive(Debug)]
pub struct Drift {
    /// The file as it was applied last.
    pub file: InventoryFile,
    /// What applying it again would change.
    pub items: Vec<Item>,
    /// Why it cannot be applied again as it is: something that it refers to is gone.
    pub problems: Vec<Problem>,
}

/// Every file with what differs from it.
pub fn drift(connection: &mut Connection, means: Means<'_>) -> Result<Vec<Drift>> {
    let mut found = Vec::new();
    for file in InventoryFile::all(connection)? {
        let source = Source { file: Some(file.name.clone()), called: String::new(), text: file.text.clone() };
        let request = Request { sources: vec![source], ..Request::default() };
        let (items, problems) = match plan(connection, means, &request)? {
            Planned::Ready(plan) => (plan.items, Vec::new()),
            Planned::Rejected(problems) => (Vec::new(), problems),
        };
        let items = items.into_iter().filter(|item| item.action != Action::Unchanged).collect();
        found.push(Drift { file, items, problems });
    }
    Ok(found)
}
