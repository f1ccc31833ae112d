//! What the page of logins is asked for. Pure.

use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Deserialize;

use crate::models::login_events::LoginOutcome;

/// Spans that one can choose: key, length, label, and how many bars there are in its strip.
pub const SPANS: [(&str, TimeDelta, &str, i32); 4] = [
    ("24h", TimeDelta::hours(24), "24 h", 96),
    ("7d", TimeDelta::days(7), "7 d", 84),
    ("30d", TimeDelta::days(30), "30 d", 90),
    ("1y", TimeDelta::days(365), "1 y", 73),
];

/// Rows of the table at most.
pub const ROWS: usize = 200;

/// The query string.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct LoginQuery {
    /// `accepted`, `now`, or what failed.
    pub show: String,
    /// A key of [`SPANS`].
    pub range: String,
    /// Text in name, address, host or fingerprint.
    pub q: String,
    /// `none`: one row for each login; `address`, `network`, `user`: one for each of those.
    pub group: String,
    /// Rows after this one: `TIME_NUMBER`.
    pub after: String,
    /// The address whose drawer is open.
    pub ip: String,
}

/// What is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Show {
    /// Who was let in.
    Accepted,
    /// Who was not.
    Failed,
    /// Who is there now.
    Now,
}

/// What has one row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GroupBy {
    /// Each login.
    Nothing,
    /// Each address.
    Address,
    /// Each network.
    Network,
    /// Each name.
    User,
}

impl LoginQuery {
    /// What is shown.
    pub fn show(&self) -> Show {
        match self.show.as_str() {
            "accepted" => Show::Accepted,
            "now" => Show::Now,
            _ => Show::Failed,
        }
    }

    /// How the logins that are shown ended.
    pub fn outcome(&self) -> LoginOutcome {
        if self.show() == Show::Failed { LoginOutcome::Failed } else { LoginOutcome::Accepted }
    }

    /// What has one row: of what failed each address, unless something else is asked.
    pub fn group_by(&self) -> GroupBy {
        match (self.show(), self.group.as_str()) {
            (_, "network") => GroupBy::Network,
            (_, "user") => GroupBy::User,
            (_, "address") => GroupBy::Address,
            (Show::Failed, group) if group != "none" => GroupBy::Address,
            _ => GroupBy::Nothing,
        }
    }

    /// The span: its key, and how long and how finely it is shown.
    pub fn span(&self) -> (&'static str, TimeDelta, i32) {
        let (key, length, _, parts) = SPANS.iter().find(|(key, ..)| *key == self.range).unwrap_or(&SPANS[0]);
        (key, *length, *parts)
    }

    /// The text to look for.
    pub fn text(&self) -> Option<String> {
        Some(self.q.trim()).filter(|text| !text.is_empty()).map(str::to_owned)
    }

    /// The address whose drawer is open.
    pub fn address(&self) -> Option<IpAddr> {
        self.ip.parse::<IpAddr>().ok().map(|address| address.to_canonical())
    }

    /// The row after which those are that are wanted.
    pub fn before(&self) -> Option<(DateTime<Utc>, i64)> {
        let (micros, id) = self.after.split_once('_')?;
        Some((DateTime::from_timestamp_micros(micros.parse().ok()?)?, id.parse().ok()?))
    }

    /// The query string with other values, without the open drawer and the place in the list.
    pub fn link(&self, other: &[(&str, &str)]) -> String {
        let own = [("show", &*self.show), ("range", &*self.range), ("q", self.q.trim()), ("group", &*self.group)];
        let own = own.into_iter().filter(|(name, _)| !other.iter().any(|(replaced, _)| replaced == name));
        let pairs = own.chain(other.iter().copied()).filter(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs.collect::<Vec<_>>()).unwrap_or_default()
    }

    /// As it is, without an open drawer.
    pub fn plain(&self) -> String {
        self.link(&[])
    }

    /// With this address open.
    pub fn opening(&self, address: &str) -> String {
        self.link(&[("ip", address)])
    }

    /// Only what holds `text`, by another grouping.
    pub fn narrowed(&self, group: &str, text: &str) -> String {
        self.link(&[("group", group), ("q", text)])
    }

    /// The same place in the list.
    pub fn renewing(&self) -> String {
        self.link(&[("after", &self.after)])
    }

    /// Without a text to look for.
    pub fn unfiltered(&self) -> String {
        self.link(&[("q", "")])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_failed_is_shown_by_address_and_who_was_let_in_one_by_one() {
        let asked = |show: &str, group: &str| {
            LoginQuery { show: show.into(), group: group.into(), ..LoginQuery::default() }.group_by()
        };
        assert_eq!([asked("", ""), asked("", "none")], [GroupBy::Address, GroupBy::Nothing]);
        assert_eq!([asked("accepted", ""), asked("accepted", "address")], [GroupBy::Nothing, GroupBy::Address]);
        assert_eq!([asked("", "user"), asked("accepted", "network")], [GroupBy::User, GroupBy::Network]);
    }

    #[test]
    fn a_link_keeps_what_it_does_not_replace() {
        let query =
            LoginQuery { show: "accepted".into(), q: " a b ".into(), ip: "::1".into(), ..LoginQuery::default() };
        assert_eq!(query.link(&[("show", "")]), "q=a+b");
        assert_eq!(query.opening("::1"), "show=accepted&q=a+b&ip=%3A%3A1");
    }

    #[test]
    fn what_is_no_address_opens_nothing() {
        let query = |ip: &str| LoginQuery { ip: ip.into(), ..LoginQuery::default() }.address();
        assert_eq!(query("::ffff:10.0.0.1"), Some([10, 0, 0, 1].into()));
        assert!(query("10.0.0").is_none() && query("<script>").is_none() && query("").is_none());
    }
}
