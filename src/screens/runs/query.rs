//! Which runs are looked for: what the address says, and the form that says the same. Pure.

use chrono::{DateTime, SecondsFormat, Utc};
use chrono_tz::Tz;
use serde::Deserialize;

use super::super::logs::query::{for_field, moment};
use crate::error::FieldErrors;
use crate::models::ids::ScenarioId;
use crate::models::runs::{RunSearch, RunState};

/// The word for all that have not ended.
const OPEN: &str = "open";
/// Longer than any run, milliseconds.
const LONGEST_MS: f64 = 1e12;

/// What is looked for, as it was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RunsQuery {
    /// A state, or `open`.
    pub state: String,
    /// The number of a scenario.
    pub scenario: String,
    /// Not before this.
    pub from: String,
    /// Not after this.
    pub until: String,
    /// Those that took so many seconds at least.
    pub least: String,
    /// Those that took so many seconds at most.
    pub most: String,
}

impl RunsQuery {
    fn states(&self) -> Vec<RunState> {
        let all = RunState::ALL.iter().copied();
        match self.state.as_str() {
            OPEN => all.filter(|state| state.is_open()).collect(),
            word => RunState::from_name(word).map_or_else(|| all.collect(), |state| vec![state]),
        }
    }

    /// Every choice with its English word, and whether it is chosen.
    pub(super) fn choices(&self) -> Vec<(&'static str, &'static str, bool)> {
        let ended = RunState::ALL.iter().filter(|state| !state.is_open());
        let ended = ended.map(|state| (state.name(), state.label()));
        let choices = [("", "All"), (OPEN, "Going on")].into_iter().chain(ended);
        choices.map(|(word, label)| (word, label, word == self.state)).collect()
    }

    /// The scenario that it is about, where it is about one.
    pub(super) fn scenario(&self) -> Option<ScenarioId> {
        self.scenario.trim().parse().ok().map(ScenarioId)
    }

    /// Whether a span of time or of lengths is looked for.
    pub(super) fn has_box(&self) -> bool {
        [&self.from, &self.until, &self.least, &self.most].iter().any(|text| !text.trim().is_empty())
    }

    /// What is looked for among all scenarios, and what is wrong with it, which does not narrow.
    pub(super) fn search(&self, zone: Tz) -> (RunSearch, FieldErrors) {
        let mut problems = FieldErrors::default();
        let mut at = |field: &'static str, text: &str| {
            let found = moment(text, zone);
            if found.is_none() && !text.trim().is_empty() {
                problems.add(field, "Enter a date and a time: 2026-12-24 08:50");
            }
            found
        };
        let (from, until) = (at("from", &self.from), at("until", &self.until));
        let mut length = |field: &'static str, text: &str| {
            let found = milliseconds(text);
            if found.is_none() && !text.trim().is_empty() {
                problems.add(field, "Enter how many seconds: 2.5");
            }
            found
        };
        let (least_ms, most_ms) = (length("least", &self.least), length("most", &self.most));
        (RunSearch { scenarios: Vec::new(), states: self.states(), from, until, least_ms, most_ms }, problems)
    }

    /// A time of it for a field of the form.
    pub(super) fn field(&self, name: &str, zone: Tz) -> String {
        for_field(if name == "from" { &self.from } else { &self.until }, zone)
    }

    /// The query string; without the box where that is not wanted.
    pub(super) fn link(&self, with_box: bool) -> String {
        let in_utc = |text: &str| match DateTime::parse_from_rfc3339(text) {
            Ok(at) => at.with_timezone(&Utc).to_rfc3339_opts(SecondsFormat::Secs, true),
            Err(_) => text.to_owned(),
        };
        let (from, until) = (in_utc(&self.from), in_utc(&self.until));
        let mut pairs = vec![("state", &self.state), ("scenario", &self.scenario)];
        if with_box {
            pairs.extend([("from", &from), ("until", &until), ("least", &self.least), ("most", &self.most)]);
        }
        pairs.retain(|(_, value)| !value.is_empty());
        serde_urlencoded::to_string(pairs).unwrap_or_default()
    }
}

/// Seconds as people write them, in milliseconds.
fn milliseconds(text: &str) -> Option<i64> {
    let ms = text.trim().parse::<f64>().ok()? * 1_000.0;
    #[expect(clippy::cast_possible_truncation, reason = "it was looked at")]
    (ms.is_finite() && (0.0..=LONGEST_MS).contains(&ms)).then_some(ms.round() as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(from: &str, least: &str) -> RunsQuery {
        RunsQuery { from: from.to_owned(), least: least.to_owned(), ..RunsQuery::default() }
    }

    #[test]
    fn times_are_the_reader_s_and_lengths_are_seconds() {
        let (search, problems) = query("2026-11-29T12:30", "2.5").search(Tz::Asia__Seoul);
        assert_eq!(search.from.map(|at| at.to_rfc3339()).as_deref(), Some("2026-11-29T03:30:00+00:00"));
        assert_eq!((search.least_ms, search.most_ms, problems.is_empty()), (Some(2_500), None, true));
        assert_eq!(search.states.len(), RunState::ALL.len());
    }

    #[test]
    fn what_cannot_be_read_is_said_and_narrows_nothing() {
        for least in ["soon", "-1", "1e300", "NaN"] {
            let (search, problems) = query("yesterday", least).search(Tz::UTC);
            assert_eq!((search.from, search.least_ms), (None, None), "{least}");
            assert!(problems.of("from").is_some() && problems.of("least").is_some(), "{least}");
        }
    }

    #[test]
    fn a_link_leads_back_and_without_its_box_to_all() {
        let looked = RunsQuery { state: "failed".to_owned(), ..query("2026-11-29T12:30:00+09:00", "2.5") };
        assert_eq!(looked.link(true), "state=failed&from=2026-11-29T03%3A30%3A00Z&least=2.5");
        assert_eq!(looked.link(false), "state=failed");
        assert!(looked.has_box() && !RunsQuery::default().has_box());
    }
}
