//! An inventory that is a folder: its files in their order, without what Ansible leaves out too.

use super::Inventory;
use crate::inventory::import::found::Place;
use crate::inventory::import::{Files, Source};

/// Folders within folders.
const DEEPEST: usize = 4;
/// Files and folders of one inventory.
const MOST_ENTRIES: usize = 200;
/// Endings that are no inventories (`INVENTORY_IGNORE_EXTS`).
const OTHER_ENDINGS: [&str; 12] =
    [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];

/// Reads every inventory file in a folder.
pub(super) fn read(folder: &str, files: &dyn Files, inventory: &mut Inventory) {
    let mut left = MOST_ENTRIES;
    read_at(folder, DEEPEST, &mut left, files, inventory);
}

fn read_at(folder: &str, deeper: usize, left: &mut usize, files: &dyn Files, inventory: &mut Inventory) {
    let place = |path: &str| Place::new(path, 0);
    let entries = match files.list(folder) {
        Ok(entries) => entries,
        Err(why) => return inventory.skip("", &place(folder), why),
    };
    for entry in entries {
        let path = if folder.is_empty() { entry.name.clone() } else { format!("{folder}/{}", entry.name) };
        let is_other = entry.name.starts_with('.')
            || ["group_vars", "host_vars", "vars_plugins"].contains(&entry.name.as_str())
            || OTHER_ENDINGS.iter().any(|ending| entry.name.ends_with(ending));
        if is_other {
            continue;
        }
        let Some(fewer) = left.checked_sub(1) else { return };
        *left = fewer;
        match deeper.checked_sub(1).filter(|_| fewer > 0) {
            None if entry.is_folder || fewer == 0 => {
                inventory.skip("", &place(&path), "There are too many files or folders; this one is not read");
            }
            Some(deeper) if entry.is_folder => read_at(&path, deeper, left, files, inventory),
            _ => match files.read(&path) {
                Ok(Some(text)) => super::read_file(Source { name: &path, text: &text }, inventory),
                Ok(None) => {}
                Err(why) => inventory.skip("", &place(&path), why),
            },
        }
    }
}
