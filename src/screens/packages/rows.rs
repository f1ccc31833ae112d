//! Rows of the tables of packages. Pure; every text is the server's own.

use chrono::{DateTime, Utc};

use crate::commands::packages::{Package, PackageName, PackageState, Update};
use crate::web::format;

/// A name with the part that was searched for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Named {
    pub before: String,
    pub hit: String,
    pub after: String,
}

impl Named {
    fn new(name: &str, wanted: &str) -> Self {
        let wanted = wanted.trim().to_lowercase();
        let at = (!wanted.is_empty() && name.is_ascii()).then(|| name.to_lowercase().find(&wanted)).flatten();
        let cut =
            at.and_then(|at| Some((name.get(..at)?, name.get(at..at + wanted.len())?, name.get(at + wanted.len()..)?)));
        let (before, hit, after) = cut.unwrap_or((name, "", ""));
        Self { before: before.to_owned(), hit: hit.to_owned(), after: after.to_owned() }
    }
}

/// One installed package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PackageRow {
    pub name: String,
    pub named: Named,
    pub version: String,
    pub architecture: String,
    pub origin: String,
    pub summary: String,
    pub size: String,
    pub installed_at: Option<DateTime<Utc>>,
    /// A state that somebody should look at.
    pub trouble: Option<&'static str>,
    /// The page that shows what its removal would take along.
    pub removal: Option<String>,
}

impl PackageRow {
    pub(super) fn new(package: Package, wanted: &str, path: &str, may_install: bool) -> Self {
        let can_be_named = may_install && PackageName::read(&package.name).is_some();
        Self {
            named: Named::new(&package.name, wanted),
            removal: can_be_named.then(|| format!("{path}/packages/removals/new?{}", query("package", &package.name))),
            version: package.version,
            architecture: package.architecture,
            origin: package.origin,
            summary: package.summary,
            size: package.size_bytes.map(format::bytes).unwrap_or_default(),
            installed_at: package.installed_at,
            trouble: (package.state != PackageState::Installed).then(|| package.state.label()),
            name: package.name,
        }
    }
}

/// One update.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UpdateRow {
    pub name: String,
    pub named: Named,
    pub installed: String,
    pub available: String,
    pub origin: String,
    pub security: bool,
    /// The page that shows what would be renewed with it.
    pub renewal: Option<String>,
}

impl UpdateRow {
    pub(super) fn new(update: &Update, wanted: &str, path: &str, may_install: bool) -> Self {
        let can_be_named = may_install && PackageName::read(&update.name).is_some();
        let page = || format!("{path}/packages/installations/new?{}", query("package", &update.name));
        Self {
            name: update.name.clone(),
            renewal: can_be_named.then(page),
            named: Named::new(&update.name, wanted),
            installed: update.installed.clone(),
            available: update.available.clone(),
            origin: update.origin.clone(),
            security: update.security,
        }
    }
}

/// One pair of a query string.
pub(super) fn query(name: &str, value: &str) -> String {
    form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish()
}
