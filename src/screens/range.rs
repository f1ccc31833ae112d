//! The span of time that a page's charts show, from its query: `?range=24h`, or `?from=…&to=…` after a zoom.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde::Deserialize;

/// The spans one can choose: key in the query, length, label.
const CHOICES: [(&str, TimeDelta, &str); 8] = [
    ("15m", TimeDelta::minutes(15), "15 min"),
    ("1h", TimeDelta::hours(1), "1 h"),
    ("6h", TimeDelta::hours(6), "6 h"),
    ("24h", TimeDelta::hours(24), "24 h"),
    ("7d", TimeDelta::days(7), "7 d"),
    ("30d", TimeDelta::days(30), "30 d"),
    ("90d", TimeDelta::days(90), "90 d"),
    ("1y", TimeDelta::days(365), "1 y"),
];

/// No chart shows less; the finest points are a second apart.
const SHORTEST: TimeDelta = TimeDelta::seconds(30);

/// What the query says about time.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct RangeQuery {
    /// A key of the choices.
    pub range: Option<String>,
    /// The left edge of a zoom.
    pub from: Option<DateTime<Utc>>,
    /// Its right edge.
    pub to: Option<DateTime<Utc>>,
    /// A moment that somebody asks about: what used most then?
    pub at: Option<DateTime<Utc>>,
}

/// A span of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Its begin.
    pub from: DateTime<Utc>,
    /// Its end.
    pub to: DateTime<Utc>,
    /// The key of the choice; none for a zoom.
    pub key: Option<&'static str>,
}

/// One entry of the range control.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// `24h`
    pub key: &'static str,
    /// `24 h`
    pub label: &'static str,
    /// Whether the page shows it.
    pub current: bool,
}

impl Range {
    /// The span that `query` asks for; what makes no sense becomes `default`.
    pub fn of(query: &RangeQuery, default: &str, now: DateTime<Utc>) -> Self {
        if let (Some(from), Some(to)) = (query.from, query.to) {
            let to = to.min(now);
            if to - from >= SHORTEST && to - from <= TimeDelta::days(3660) {
                return Self { from, to, key: None };
            }
        }
        let wanted = query.range.as_deref().unwrap_or(default);
        let find = |key: &str| CHOICES.iter().find(|(known, _, _)| *known == key);
        let (key, length, _) = find(wanted).or_else(|| find(default)).unwrap_or(&CHOICES[0]);
        Self { from: now - *length, to: now, key: Some(key) }
    }

    /// How long it is.
    pub fn length(&self) -> TimeDelta {
        self.to - self.from
    }

    /// Whether it ends now, so that new measurements belong to it.
    pub fn follows(&self) -> bool {
        self.key.is_some()
    }

    /// The first `count` choices for the range control.
    pub fn choices(&self, count: usize) -> Vec<Choice> {
        let choice = |(key, _, label): &(&'static str, TimeDelta, &'static str)| Choice {
            key,
            label,
            current: self.key == Some(key),
        };
        CHOICES.iter().take(count).map(choice).collect()
    }

    /// The query that leads back to it.
    pub fn query(&self) -> String {
        let text = |at: DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::Secs, true);
        match self.key {
            Some(key) => format!("range={key}"),
            None => format!("from={}&to={}", text(self.from), text(self.to)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        "2026-11-24T05:32:00Z".parse().unwrap()
    }

    fn query(range: &str) -> RangeQuery {
        RangeQuery { range: Some(range.to_owned()), ..RangeQuery::default() }
    }

    #[test]
    fn a_key_is_a_span_that_ends_now_and_an_unknown_key_is_the_default() {
        let day = Range::of(&query("24h"), "1h", now());
        assert_eq!((day.length(), day.key, day.follows()), (TimeDelta::hours(24), Some("24h"), true));
        assert_eq!(Range::of(&query("a century"), "1h", now()).key, Some("1h"));
    }

    #[test]
    fn a_zoom_is_a_span_of_its_own_that_leads_back_to_itself() {
        let query = RangeQuery {
            from: Some(now() - TimeDelta::hours(2)),
            to: Some(now() - TimeDelta::hours(1)),
            ..RangeQuery::default()
        };
        let zoom = Range::of(&query, "1h", now());
        assert!(!zoom.follows());
        assert_eq!(zoom.query(), "from=2026-11-24T03:32:00Z&to=2026-11-24T04:32:00Z");
    }

    #[test]
    fn a_zoom_backwards_or_into_nothing_is_the_default() {
        for (from, to) in [(1, 2), (0, 0)] {
            let query = RangeQuery {
                from: Some(now() - TimeDelta::hours(from)),
                to: Some(now() - TimeDelta::hours(to)),
                ..RangeQuery::default()
            };
            assert_eq!(Range::of(&query, "1h", now()).key, Some("1h"));
        }
    }
}
