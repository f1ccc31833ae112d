//! The server that a page is about, as its head and its links need it. Plain values.

use crate::language::Message;
use crate::metrics::health::Level;

/// One server, on one of its pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct About {
    /// Its name, which is safe in addresses (`[a-z0-9.-]`).
    pub name: String,
    /// `/servers/web-1`
    pub path: String,
    /// The page's own path.
    pub here_path: String,
    /// The page's own path and query.
    pub here: String,
    /// How it is.
    pub level: Level,
    /// Why its numbers are not of now.
    pub away: Option<Message>,
}
