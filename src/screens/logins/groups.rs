//! Logins by name and by network, as the table shows them.

use std::collections::HashMap;
use std::net::IpAddr;

use chrono::{DateTime, Utc};

use crate::ip_lookup::{Databases, Network};
use crate::models::login_events::groups::LoginGroup;
use crate::web::format;

/// Addresses that stand beside a group.
const TOP: usize = 3;

/// What has a name or a network in common.
#[derive(Debug, Clone)]
pub struct GroupRow {
    /// The name, hostile; or the network, or its number: `AS204428`. None where the reader may not see the name.
    pub key: Option<String>,
    /// The server has no such user.
    pub is_unknown_user: bool,
    /// Whose network it is, where a file knows.
    pub network: Option<Network>,
    /// The addresses with most.
    pub top: Vec<String>,
    /// How many addresses there are besides.
    pub more: i64,
    /// How often.
    pub tried: String,
    /// When last.
    pub last_at: DateTime<Utc>,
    /// When first in this span.
    pub first_at: DateTime<Utc>,
}

impl GroupRow {
    /// By name.
    pub fn of_user(found: LoginGroup) -> Self {
        let key = (!found.is_hidden).then(|| found.key.clone());
        Self::new(found, key, None)
    }

    /// By network: those of which `databases` know that they belong to one network are put together, at most `limit`.
    pub fn of_networks(found: Vec<LoginGroup>, databases: &Databases, limit: usize) -> Vec<Self> {
        let mut places: HashMap<String, usize> = HashMap::new();
        let mut groups: Vec<(LoginGroup, String, Option<Network>)> = Vec::new();
        for group in found {
            let first = group.top.first().and_then(|address| address.parse::<IpAddr>().ok());
            let network = first.and_then(|address| databases.of(address));
            let asn = network.as_ref().map(|network| network.asn.clone()).filter(|asn| !asn.is_empty());
            let key = asn.unwrap_or_else(|| group.key.clone());
            if let Some((known, ..)) = places.get(&key).and_then(|at| groups.get_mut(*at)) {
                add(known, group);
            } else {
                places.insert(key.clone(), groups.len());
                groups.push((group, key, network));
            }
        }
        groups.sort_by_key(|(group, ..)| std::cmp::Reverse((group.tried, group.last_at)));
        groups.truncate(limit);
        groups.into_iter().map(|(group, key, network)| Self::new(group, Some(key), network)).collect()
    }

    /// The text that all its addresses begin with.
    pub fn begins(&self) -> Option<String> {
        let key = self.key.as_deref()?;
        let four = key.strip_suffix(".0/24").map(|begin| format!("{begin}."));
        four.or_else(|| key.strip_suffix(":/48").map(str::to_owned))
    }

    fn new(found: LoginGroup, key: Option<String>, network: Option<Network>) -> Self {
        let shown = i64::try_from(found.top.len()).unwrap_or_default();
        Self {
            key,
            is_unknown_user: found.is_unknown_user,
            network,
            more: (found.others - shown).max(0),
            top: found.top,
            tried: format::number(found.tried),
            last_at: found.last_at,
            first_at: found.first_at,
        }
    }
}

/// `other` is of the same network as `group`, which has more.
fn add(group: &mut LoginGroup, other: LoginGroup) {
    group.tried += other.tried;
    group.others += other.others;
    group.last_at = group.last_at.max(other.last_at);
    group.first_at = group.first_at.min(other.first_at);
    group.top.extend(other.top);
    group.top.truncate(TOP);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(key: &str, address: &str, tried: i64) -> LoginGroup {
        LoginGroup {
            key: key.into(),
            is_hidden: false,
            is_unknown_user: false,
            tried,
            last_at: DateTime::UNIX_EPOCH,
            first_at: DateTime::UNIX_EPOCH,
            others: 2,
            top: vec![address.into()],
        }
    }

    #[test]
    fn without_a_database_each_network_is_a_row_of_its_own() {
        let found = vec![group("203.0.113.0/24", "203.0.113.5", 9), group("198.51.100.0/24", "198.51.100.7", 4)];
        let rows = GroupRow::of_networks(found, &Databases::default(), 1);
        assert_eq!(rows.len(), 1);
        assert_eq!((rows[0].key.as_deref(), rows[0].more, rows[0].tried.as_str()), (Some("203.0.113.0/24"), 1, "9"));
    }

    #[test]
    fn the_addresses_of_a_network_are_found_by_what_they_begin_with() {
        let begins = |key: &str| GroupRow::new(group(key, "::1", 1), Some(key.into()), None).begins();
        assert_eq!(begins("203.0.113.0/24").as_deref(), Some("203.0.113."));
        assert_eq!(begins("2001:db8:7::/48").as_deref(), Some("2001:db8:7:"));
        assert_eq!(begins("AS204428"), None);
    }

    #[test]
    fn a_name_that_may_not_be_seen_is_none() {
        let hidden = LoginGroup { is_hidden: true, is_unknown_user: true, ..group("", "203.0.113.5", 3) };
        assert_eq!(GroupRow::of_user(hidden).key, None);
        assert_eq!(GroupRow::of_user(group("root", "203.0.113.5", 3)).key.as_deref(), Some("root"));
    }
}
