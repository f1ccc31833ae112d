//! The table of packages: what the query string asks of it. Pure.

use std::cmp::Ordering;

use serde::Deserialize;

use super::rows::{PackageRow, UpdateRow};
use crate::commands::packages::{Package, Update, UpdateList};
use crate::language::Message;

/// Rows that come at once.
const PER_PAGE: usize = 200;

/// The query string of the page.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct PackageQuery {
    /// The filter box.
    pub q: String,
    /// `updates`, `history`, or what is installed.
    pub view: String,
    /// A column; `-` before it turns the order round.
    pub sort: String,
    /// How many rows are left out, which the page before showed.
    pub after: usize,
}

/// What the page shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    /// What is there.
    Installed,
    /// What could be renewed.
    Updates,
    /// What ran.
    History,
}

/// A table as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listing {
    /// Rows of what is installed; empty in the other view.
    pub packages: Vec<PackageRow>,
    /// Rows of updates; empty in the other view.
    pub updates: Vec<UpdateRow>,
    /// The column heads: key, label, whether numbers stand below, `ascending` or `descending`, and the query of a click.
    pub heads: Vec<Head>,
    /// `17 of 684`
    pub count: Message,
    /// The query of the rows that follow.
    pub more: Option<String>,
    /// When the server fetched its lists.
    pub lists_from: Option<chrono::DateTime<chrono::Utc>>,
}

/// One column head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Head {
    pub label: &'static str,
    pub is_number: bool,
    pub order: Option<&'static str>,
    pub link: String,
}

impl PackageQuery {
    pub(super) fn view(&self) -> View {
        match self.view.as_str() {
            "updates" => View::Updates,
            "history" => View::History,
            _ => View::Installed,
        }
    }

    /// Label, address and whether it is the page.
    pub(super) fn tabs(&self) -> Vec<(&'static str, String, bool)> {
        let tab = |label, view: &str, is: View| {
            let link = if view.is_empty() { "?".to_owned() } else { format!("?view={view}") };
            (label, link, self.view() == is)
        };
        vec![
            tab("Installed", "", View::Installed),
            tab("Updates", "updates", View::Updates),
            tab("History", "history", View::History),
        ]
    }

    fn with(&self, sort: &str, after: usize) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for (name, value) in [("view", self.view.as_str()), ("q", &self.q), ("sort", sort)] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        if after > 0 {
            query.append_pair("after", &after.to_string());
        }
        query.finish()
    }

    fn order(&self) -> (&str, bool) {
        self.sort.strip_prefix('-').map_or((self.sort.as_str(), false), |key| (key, true))
    }

    fn head(&self, key: &'static str, label: &'static str, is_number: bool) -> Head {
        let (sorted, turned) = self.order();
        let is_sorted = sorted == key || (sorted.is_empty() && key == "name");
        let order = is_sorted.then_some(if turned { "descending" } else { "ascending" });
        let next = if is_sorted && !turned { format!("-{key}") } else { key.to_owned() };
        Head { label, is_number, order, link: self.with(&next, 0) }
    }
}

impl Listing {
    pub(super) fn installed(mut found: Vec<Package>, query: &PackageQuery, path: &str, may_install: bool) -> Self {
        let all = found.len();
        let wanted = query.q.trim().to_lowercase();
        found.retain(|package| {
            wanted.is_empty()
                || package.name.to_lowercase().contains(&wanted)
                || package.version.contains(&wanted)
                || package.origin.to_lowercase().contains(&wanted)
                || package.summary.to_lowercase().contains(&wanted)
        });
        let (key, turned) = query.order();
        found.sort_by(|one, other| {
            let order = match key {
                "version" => one.version.cmp(&other.version),
                "from" => one.origin.cmp(&other.origin),
                "size" => one.size_bytes.cmp(&other.size_bytes),
                "installed" => one.installed_at.cmp(&other.installed_at),
                _ => Ordering::Equal,
            };
            let order = order.then_with(|| one.name.cmp(&other.name)).then_with(|| one.version.cmp(&other.version));
            if turned { order.reverse() } else { order }
        });
        let heads = vec![
            query.head("name", "Name", false),
            query.head("version", "Version", false),
            query.head("from", "From", false),
            query.head("size", "Size", true),
            query.head("installed", "Installed", false),
        ];
        let count = Message::new("{n} of {all}").with("n", found.len()).with("all", all);
        let end = query.after + PER_PAGE;
        let more = (found.len() > end).then(|| query.with(&query.sort, end));
        let rows = found.into_iter().skip(query.after).take(PER_PAGE);
        let packages = rows.map(|package| PackageRow::new(package, &query.q, path, may_install)).collect();
        Self { packages, updates: Vec::new(), heads, count, more, lists_from: None }
    }

    pub(super) fn updates(found: &UpdateList, query: &PackageQuery, path: &str, may_install: bool) -> Self {
        let wanted = query.q.trim().to_lowercase();
        let fits = |update: &&Update| wanted.is_empty() || update.name.to_lowercase().contains(&wanted);
        let mut updates: Vec<&Update> = found.updates.iter().filter(fits).collect();
        let (_, turned) = query.order();
        // What mends a hole comes first, whatever the order.
        updates.sort_by(|one, other| {
            let names = one.name.cmp(&other.name);
            other.security.cmp(&one.security).then(if turned { names.reverse() } else { names })
        });
        let security = updates.iter().filter(|update| update.security).count();
        let count = if found.tells_security {
            Message::new("{n} updates, {security} for security").with("security", security)
        } else {
            Message::new("{n} updates; this server does not tell which are for security")
        };
        let plain = |label| Head { label, is_number: false, order: None, link: String::new() };
        Self {
            packages: Vec::new(),
            heads: vec![query.head("name", "Name", false), plain("Installed"), plain("Available"), plain("From")],
            count: count.with("n", updates.len()),
            more: None,
            lists_from: found.lists_from,
            updates: updates.into_iter().map(|update| UpdateRow::new(update, &query.q, path, may_install)).collect(),
        }
    }

    /// Whether nothing is listed.
    pub(super) fn is_empty(&self) -> bool {
        self.packages.is_empty() && self.updates.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn packages() -> Vec<Package> {
        (0..500_u64)
            .map(|number| Package {
                name: format!("lib{number:03}"),
                version: "1".into(),
                size_bytes: Some(1000 - number),
                ..Package::default()
            })
            .collect()
    }

    #[test]
    fn rows_come_in_pages_and_in_the_order_that_is_asked_for() {
        let query = PackageQuery { sort: "-size".into(), ..PackageQuery::default() };
        let listing = Listing::installed(packages(), &query, "/servers/a", true);
        assert_eq!((listing.packages.len(), listing.more.as_deref()), (PER_PAGE, Some("sort=-size&after=200")));
        assert_eq!(listing.heads[3].order, Some("descending"));
        let last = PackageQuery { after: 400, ..query };
        assert_eq!(Listing::installed(packages(), &last, "/servers/a", true).more, None);
    }

    #[test]
    fn what_mends_a_hole_comes_first() {
        let update = |name: &str, security| Update { name: name.into(), security, ..Update::default() };
        let found = UpdateList {
            updates: vec![update("a", false), update("z", true)],
            tells_security: true,
            ..UpdateList::default()
        };
        let listing = Listing::updates(&found, &PackageQuery::default(), "/servers/web-1", true);
        assert!(listing.updates[0].security);
        assert_eq!(listing.count.to_string(), "2 updates, 1 for security");
    }

    #[test]
    fn an_update_leads_to_what_it_would_renew_for_who_may_install() {
        let update = |name: &str| Update { name: name.into(), ..Update::default() };
        let found = UpdateList { updates: vec![update("g++"), update("-rf")], ..UpdateList::default() };
        let shown = |may_install| {
            let listing = Listing::updates(&found, &PackageQuery::default(), "/servers/web-1", may_install);
            listing.updates.into_iter().filter_map(|row| row.renewal).collect::<Vec<String>>()
        };
        assert_eq!(shown(true), ["/servers/web-1/packages/installations/new?package=g%2B%2B"]);
        assert_eq!(shown(false), [""; 0]);
    }
}
